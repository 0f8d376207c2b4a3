//! The `wit` text of an entry: from signatures, as short as they may be, to one world.

mod bounds;
mod wrap;

use crate::error::{Error, Result};
use std::collections::HashSet;
use std::fmt;
use wit_parser::{
    PackageId, PackageName, ParseError, Resolve, ResolveError, ResolveErrorKind, SourceMap, Span,
    UnresolvedPackageGroup, WorldId,
};
use wrap::Wrapped;

pub(super) use bounds::Bounds;

/// The largest text: more than all of WASI together.
const MAX_TEXT: usize = 256 << 10;

/// The name under which errors speak of the entry's own text.
const SOURCE: &str = "wit";

/// What is wrong with a `wit` text, or with a module that does not do what the text says, at its place in the text. It is
/// the source of the [`Error`](crate::Error) that [`Host::compile_module`](crate::Host::compile_module) gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WitError {
    /// What is wrong, without the place.
    pub message: String,
    /// The line in the text as it was given, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for WitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at line {}, column {} of the wit text", self.message, self.line, self.column)
    }
}

impl std::error::Error for WitError {}

/// A text that was read: its world, and where everything in it stands.
pub(super) struct Wit {
    pub(super) resolve: Resolve,
    pub(super) world: WorldId,
    wrapped: Wrapped,
}

impl Wit {
    /// Reads a text. `packages` are WIT texts, one package each, that it may use without writing them out.
    pub(super) fn read(text: &str, packages: &[&str]) -> Result<Self> {
        if text.len() > MAX_TEXT {
            return Err(Error::invalid(format!("the wit text is larger than {} KiB", MAX_TEXT >> 10))
                .with_remedy("leave out what the module does not import or export"));
        }
        let wrapped = wrap::wrap(text);
        let mut map = SourceMap::new();
        map.push_str(SOURCE, wrapped.text());
        let group = map.parse().map_err(|(map, error)| syntax(&wrapped, &map, &error))?;
        let dependencies = dependencies(&group, packages);
        // Which functions there are is a matter of the module; a gate on one would only hide it.
        let mut resolve = Resolve { all_features: true, ..Resolve::new() };
        let package = match resolve.push_groups(group, dependencies) {
            Ok(package) => package,
            Err(error) => return Err(unresolved(&wrapped, &resolve, &error, packages)),
        };
        let world = the_world(&resolve, package)?;
        Ok(Self { resolve, world, wrapped })
    }

    /// An error at a place in the text.
    pub(super) fn error(&self, span: Span, message: impl Into<String>) -> Error {
        located(&self.wrapped, &self.resolve.render_location(span), message.into())
    }
}

/// An error that says its place, and carries it; without one where the place lies in another text.
fn located(wrapped: &Wrapped, location: &str, message: String) -> Error {
    let place = location.strip_prefix(SOURCE).and_then(|rest| {
        let (line, column) = rest.strip_prefix(':')?.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    });
    let Some((line, column)) = place else { return Error::invalid(message) };
    let error = WitError { message, line, column: wrapped.column(line, column) };
    Error::invalid(error.to_string()).with_source(error)
}

fn syntax(wrapped: &Wrapped, map: &SourceMap, error: &ParseError) -> Error {
    let what = error.to_string();
    let what = what.lines().next().unwrap_or_default();
    located(wrapped, &map.render_location(error.kind().span()), format!("the wit text is not valid: {what}"))
        .with_remedy("mend it there; a signature is written `export add: func(a: s32, b: s32) -> s32;`")
}

fn unresolved(wrapped: &Wrapped, resolve: &Resolve, error: &ResolveError, packages: &[&str]) -> Error {
    let location = resolve.render_location(error.kind().span());
    if let ResolveErrorKind::PackageNotFound { requested, .. } = error.kind() {
        let same = |name: &&PackageName| name.namespace == requested.namespace && name.name == requested.name;
        let known: Vec<PackageName> = packages.iter().filter_map(|text| package_name(text)).collect();
        let near: Vec<String> = known.iter().filter(same).map(PackageName::to_string).collect();
        let remedy = if near.is_empty() {
            let all: Vec<String> = known.iter().map(PackageName::to_string).collect();
            format!("write its interfaces out, `package {requested} {{ … }}`; this build knows: {}", all.join(", "))
        } else {
            format!("write {}", near.join(" or "))
        };
        let message = format!("the wit text uses the package {requested}, which is not known");
        return located(wrapped, &location, message).with_remedy(remedy);
    }
    let what = error.to_string();
    let what = what.lines().next().unwrap_or_default();
    located(wrapped, &location, format!("the wit text is not valid: {what}")).with_remedy("mend it there")
}

/// The packages that a text uses and does not define, and those that they use.
fn dependencies(group: &UnresolvedPackageGroup, packages: &[&str]) -> Vec<UnresolvedPackageGroup> {
    let mut known: HashSet<PackageName> = group.nested.iter().map(|package| package.name.clone()).collect();
    known.insert(group.main.name.clone());
    let own = group.nested.iter().chain([&group.main]);
    let mut wanted: Vec<PackageName> = own.flat_map(|package| package.foreign_deps.keys().cloned()).collect();
    let mut found = Vec::new();
    while let Some(name) = wanted.pop() {
        if !known.insert(name.clone()) {
            continue;
        }
        let Some(text) = packages.iter().find(|text| package_name(text).as_ref() == Some(&name)) else { continue };
        let mut map = SourceMap::new();
        map.push_str(&name.to_string(), *text);
        if let Ok(package) = map.parse() {
            wanted.extend(package.main.foreign_deps.keys().cloned());
            found.push(package);
        }
    }
    found
}

/// The name in the line `package NAME;` of a text.
fn package_name(text: &str) -> Option<PackageName> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("package "))?;
    let line = line.split(';').next()?.trim();
    let (name, version) = line.split_once('@').unwrap_or((line, ""));
    let (namespace, name) = name.split_once(':')?;
    let version = if version.is_empty() { None } else { Some(version.parse().ok()?) };
    Some(PackageName { namespace: namespace.to_owned(), name: name.to_owned(), version })
}

fn the_world(resolve: &Resolve, package: PackageId) -> Result<WorldId> {
    let worlds = resolve.packages.get(package).map(|package| &package.worlds);
    match worlds.map(|worlds| worlds.iter().collect::<Vec<_>>()).unwrap_or_default().as_slice() {
        [(_, world)] => Ok(**world),
        [] => Err(Error::invalid("the wit text has no world")
            .with_remedy("write what the module exports: `world module { export add: func(a: s32, b: s32) -> s32; }`")),
        several => {
            let names = super::text::listed(several.iter().map(|(name, _)| name.as_str()), 12);
            Err(Error::invalid(format!("the wit text has several worlds: {names}"))
                .with_remedy("leave the one that the module implements"))
        }
    }
}
