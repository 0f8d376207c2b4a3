//! What the names of an `imports` list grant, and what the entry's transport gives besides: a set of interfaces, each on
//! its tracks.

use super::meta::{ImportMeta, Interface, track};
use super::name::{ImportName, nearest};
use super::registry::Registry;
use std::collections::{BTreeMap, BTreeSet};

/// What an entry may use. Nothing else decides it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Grants {
    requests: Vec<Grant>,
    /// What the transport gives, each with the import that provides it.
    given: Vec<(&'static str, Interface)>,
    /// Granted interfaces and tracks, for look-up.
    interfaces: BTreeSet<(&'static str, &'static str)>,
}

/// One name of the list and what it grants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Grant {
    /// The name as the entry writes it.
    pub text: String,
    /// The imports that it leads to: one, or several for an alias that several share.
    pub imports: Vec<&'static str>,
    /// The interfaces.
    pub interfaces: Vec<Interface>,
}

/// A name that grants nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameProblem {
    /// Its index in the list.
    pub index: usize,
    /// What is wrong, with the text `unsupported wasm host import: <name>`, or that it stands there twice.
    pub message: String,
    /// What to write instead, and the names that this build has.
    pub remedy: String,
}

impl Grants {
    /// Resolves a list. The names that lead nowhere come back beside what the others grant.
    pub fn resolve<S: AsRef<str>>(registry: &Registry, names: &[S]) -> (Self, Vec<NameProblem>) {
        let mut grants = Self::default();
        let mut problems = Vec::new();
        let mut seen = BTreeMap::new();
        for (index, text) in names.iter().enumerate() {
            let text = text.as_ref();
            let name = ImportName::parse(text);
            let key = (name.base.clone(), name.track().map(str::to_owned));
            if let Some(first) = seen.insert(key, index) {
                problems.push(NameProblem {
                    index,
                    message: format!("import listed twice: {text}"),
                    remedy: format!("remove one of the two; the first is number {}", first + 1),
                });
                continue;
            }
            match registry.lookup(&name) {
                Ok(grant) => {
                    grants.interfaces.extend(grant.iter().map(|(_, i)| (i.name, i.track())));
                    let mut imports: Vec<_> = grant.iter().map(|(import, _)| *import).collect();
                    imports.dedup();
                    let interfaces = grant.into_iter().map(|(_, interface)| interface).collect();
                    grants.requests.push(Grant { text: text.to_owned(), imports, interfaces });
                }
                Err((message, remedy)) => problems.push(NameProblem { index, message, remedy }),
            }
        }
        (grants, problems)
    }

    /// Adds the interfaces that the entry's transport gives. A name that is no interface of the registry adds nothing: a
    /// component that imports it gets a stub.
    #[must_use]
    pub fn with_given<S: AsRef<str>>(mut self, registry: &Registry, interfaces: &[S]) -> Self {
        for text in interfaces {
            let name = ImportName::parse(text.as_ref());
            for import in registry.imports() {
                let wanted =
                    |i: &&Interface| i.name == name.base && name.track().is_none_or(|track| track == i.track());
                for interface in import.meta().interfaces.iter().filter(wanted) {
                    self.interfaces.insert((interface.name, interface.track()));
                    self.given.push((import.meta().name, *interface));
                }
            }
        }
        self
    }

    /// Whether an interface (name without version) is granted on the track of `version`.
    pub fn allows(&self, interface: &str, version: &str) -> bool {
        let track = track(version);
        self.interfaces.iter().any(|(name, granted)| *name == interface && *granted == track)
    }

    /// The name in the list that grants the whole of an import, if one does: functions of core modules belong to no
    /// interface, so one that grants a single interface, or one track of several, grants none of them.
    pub fn whole(&self, import: &ImportMeta) -> Option<&str> {
        let whole = |grant: &&Grant| {
            grant.imports.contains(&import.name) && import.interfaces.iter().all(|i| grant.interfaces.contains(i))
        };
        self.requests.iter().find(whole).map(|grant| grant.text.as_str())
    }

    /// The names and what each grants, in the order of the list.
    pub fn requests(&self) -> &[Grant] {
        &self.requests
    }

    /// Whether anything of the import is granted.
    pub(crate) fn allows_any_of(&self, import: &str) -> bool {
        self.requests.iter().any(|grant| grant.imports.contains(&import))
            || self.given.iter().any(|(provider, _)| *provider == import)
    }
}

type Granted = Vec<(&'static str, Interface)>;

fn granted_track(granted: &Granted) -> &'static str {
    granted.first().map_or("", |(_, interface)| interface.track())
}

impl Registry {
    /// What a name grants, or why it grants nothing and what to write instead.
    fn lookup(&self, name: &ImportName) -> Result<Granted, (String, String)> {
        let granted = self.named(&name.base);
        if granted.is_empty() {
            return Err(self.unknown(name));
        }
        if let Some(text) = name.no_version() {
            return Err((
                format!("unsupported wasm host import: {}@{text}: \"{text}\" is no version", name.base),
                format!(
                    "write the version as numbers, behind the whole name: \"{}@{}\"",
                    name.base,
                    granted_track(&granted)
                ),
            ));
        }
        let Some(wanted) = name.track() else { return Ok(granted) };
        let narrowed: Granted = granted.iter().filter(|(_, i)| i.track() == wanted).copied().collect();
        if narrowed.is_empty() {
            let mut tracks: Vec<_> = granted.iter().map(|(_, i)| i.track()).collect();
            tracks.sort_unstable();
            tracks.dedup();
            let written: Vec<_> = tracks.iter().map(|track| format!("\"{}@{track}\"", name.base)).collect();
            return Err((
                format!("unsupported wasm host import: {}@{}: this build has no such version", name.base, wanted),
                format!("write {}", written.join(" or ")),
            ));
        }
        Ok(narrowed)
    }

    fn named(&self, base: &str) -> Granted {
        let mut granted = Vec::new();
        for import in self.imports() {
            let meta = import.meta();
            let mut add = |wanted: &dyn Fn(&Interface) -> bool| {
                let found = meta.interfaces.iter().filter(|i| wanted(i));
                granted.extend(found.map(|interface| (meta.name, *interface)));
            };
            if meta.name == base {
                add(&|_| true);
            } else if let Some(alias) = meta.aliases.iter().find(|alias| alias.name == base) {
                add(&|i| alias.interfaces.is_empty() || alias.interfaces.contains(&i.name));
            } else {
                add(&|i| i.name == base);
            }
        }
        granted
    }

    fn unknown(&self, name: &ImportName) -> (String, String) {
        let package = name.base.split('/').next().unwrap_or(&name.base);
        if let Some(feature) = self.feature_of(package) {
            return (
                format!(
                    "unsupported wasm host import: {}: this build has the Cargo feature \"{feature}\" off",
                    name.base
                ),
                format!("build with --features {feature}, or remove the line"),
            );
        }
        let names: Vec<&str> = self.imports().iter().map(|import| import.meta().name).collect();
        let aliases = self.imports().iter().flat_map(|i| i.meta().aliases.iter().map(|alias| alias.name));
        let interfaces = self.imports().iter().flat_map(|i| i.meta().interfaces.iter().map(|i| i.name));
        let all = names.iter().copied().chain(aliases).chain(interfaces);
        let hint = nearest(&name.base, all).map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
        (format!("unsupported wasm host import: {}", name.base), format!("{hint}this build has: {}", names.join(", ")))
    }
}
