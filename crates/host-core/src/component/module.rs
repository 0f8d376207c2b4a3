//! A core module and the signatures of its functions, made into a component.

use super::text::listed;
use super::wit::{Bounds, Wit};
use crate::error::{Error, Result};
use crate::import::track;
use std::collections::BTreeSet;
use std::thread;
use wasmparser::{Parser, Payload, TypeRef};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Function, InterfaceId, Resolve, WorldItem, WorldKey};

/// The module of the functions of preview 1.
const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Enough for whatever nesting the limits of a `wit` text let through; only what is used is ever in memory.
const STACK: usize = 64 << 20;

/// The component that `wit` makes of a core module. On a thread with a stack of its own: those who read and write WIT
/// recurse, and a fault of theirs must cost no more than this module.
pub(super) fn encode(module: &[u8], wit: &str, packages: &[&str]) -> Result<Vec<u8>> {
    thread::scope(|scope| {
        let encoder = thread::Builder::new().name("wippy-wit".into()).stack_size(STACK);
        let encoder = encoder
            .spawn_scoped(scope, || encoded(module, wit, packages))
            .map_err(|error| Error::internal("no thread to make a component with").with_source(error))?;
        encoder.join().unwrap_or_else(|_| {
            Err(Error::internal("making a component of the module and its wit text failed")
                .with_remedy("this is a fault of the host: please report it with the module and the text"))
        })
    })
}

fn encoded(module: &[u8], text: &str, packages: &[&str]) -> Result<Vec<u8>> {
    let names = Names::of(module)?;
    if names.imports.iter().any(|(module, _)| module == PREVIEW1) {
        return Err(Error::invalid(
            "the module imports preview 1 functions (wasi_snapshot_preview1), which wit cannot explain",
        )
        .with_remedy(
            "build it as a component (for Rust: --target wasm32-wasip2), or run it as a command, without wit, where it \
                 exports _start",
        ));
    }
    let wit = Wit::read(text, packages)?;
    let bounds = Bounds::of(&wit.resolve)?;
    imports_are_explained(&wit, &names)?;
    exports_are_there(&wit, &names, &bounds)?;
    let mut module = module.to_vec();
    wit_component::embed_component_metadata(&mut module, &wit.resolve, wit.world, StringEncoding::UTF8)
        .and_then(|()| ComponentEncoder::default().validate(true).module(&module)?.encode())
        .map_err(|error| refused(&wit, &format!("{error:#}")))
}

/// What a module imports and exports, by name.
struct Names {
    imports: BTreeSet<(String, String)>,
    exports: BTreeSet<String>,
}

impl Names {
    fn of(module: &[u8]) -> Result<Self> {
        let mut names = Self { imports: BTreeSet::new(), exports: BTreeSet::new() };
        let broken = |error: wasmparser::BinaryReaderError| {
            Error::invalid(format!("the module is damaged or not valid: {error}")).with_remedy("copy or build it again")
        };
        wasmparser::Validator::new().validate_all(module).map_err(broken)?;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(broken)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(broken)?;
                        if !matches!(import.ty, TypeRef::Func(_)) {
                            return Err(Error::invalid(format!(
                                "the module imports {} {}, which is no function",
                                import.module, import.name
                            ))
                            .with_remedy("a component gives a module functions alone: let the module have its own"));
                        }
                        names.imports.insert((import.module.to_owned(), import.name.to_owned()));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        names.exports.insert(export.map_err(broken)?.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

/// Each import of the module must be one of the world. What the component model itself defines is left to the encoder.
fn imports_are_explained(wit: &Wit, names: &Names) -> Result<()> {
    let Some(world) = wit.resolve.worlds.get(wit.world) else { return Ok(()) };
    let mut unexplained = Vec::new();
    for (module, name) in &names.imports {
        if name.starts_with('[') || module.starts_with(['[', '_']) || module.starts_with("cm32p2") {
            continue;
        }
        let explained = match module.as_str() {
            "$root" => world.imports.contains_key(&WorldKey::Name(name.clone())),
            module => interface(&wit.resolve, world.imports.iter(), module)
                .and_then(|id| wit.resolve.interfaces.get(id))
                .is_some_and(|interface| interface.functions.contains_key(name)),
        };
        if !explained {
            unexplained.push((module, name));
        }
    }
    let Some((module, name)) = unexplained.first() else { return Ok(()) };
    let more = match unexplained.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let remedy = match module.as_str() {
        "$root" => format!("add `import {name}: func(…) -> …;` to the world"),
        module if module.contains(':') && module.contains('/') => {
            format!("add `import {module};` to the world, and the function to that interface where you write it out")
        }
        module => format!(
            "add `import {module}: interface {{ {name}: func(…) -> …; }}` to the world; the entry's imports must grant what \
             it leads to"
        ),
    };
    Err(Error::invalid(format!("the module imports {module} {name}{more}, which the wit text does not explain"))
        .with_remedy(remedy))
}

/// The interface that a module's import names: by its name in the world, or in any version of the same track.
fn interface<'a>(
    resolve: &Resolve,
    mut items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>,
    module: &str,
) -> Option<InterfaceId> {
    let split = |name: &str| {
        let (base, version) = name.split_once('@').unwrap_or((name, ""));
        (base.to_owned(), track(version).to_owned())
    };
    let wanted = split(module);
    items.find_map(|(key, item)| match item {
        WorldItem::Interface { id, .. } if split(&resolve.name_world_key(key)) == wanted => Some(*id),
        _ => None,
    })
}

/// Each export of the world must be one of the module, which must also be able to take its values.
fn exports_are_there(wit: &Wit, names: &Names, bounds: &Bounds) -> Result<()> {
    for (interface, function) in exported(wit) {
        let interface = interface.as_deref();
        let written = [function.legacy_core_export_name(interface), function.standard32_core_export_name(interface)];
        if !written.iter().any(|name| names.exports.contains(&**name)) {
            let [name, _] = &written;
            let has = listed(names.exports.iter().map(String::as_str), 12);
            let remedy = if has.is_empty() {
                "the module exports nothing".to_owned()
            } else {
                format!("the module exports: {has}")
            };
            return Err(wit
                .error(function.span, format!("the wit text exports {name}, and the module does not"))
                .with_remedy(remedy));
        }
        let takes = function.params.iter().any(|parameter| bounds.is_dynamic(&parameter.ty));
        let gives = function.result.as_ref().is_some_and(|result| bounds.is_dynamic(result));
        let lacks = |name: &str| !names.exports.contains(name) && !names.exports.contains(&format!("cm32p2_{name}"));
        if takes && lacks("cabi_realloc") && lacks("realloc") {
            let message = format!("{} takes a string or a list, and the module exports no cabi_realloc", function.name);
            return Err(wit.error(function.span, message).with_remedy(
                "export the function that reserves memory for it: \
                 (func (export \"cabi_realloc\") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) \
                 (result i32) …)",
            ));
        }
        if (takes || gives) && lacks("memory") {
            let message = format!("{} passes a string or a list, and the module exports no memory", function.name);
            return Err(wit.error(function.span, message).with_remedy("export it: (memory (export \"memory\") 1)"));
        }
    }
    Ok(())
}

/// The functions that the world exports, each with its interface.
fn exported(wit: &Wit) -> Vec<(Option<String>, &Function)> {
    let mut all = Vec::new();
    let exports = wit.resolve.worlds.get(wit.world).map(|world| &world.exports);
    for (key, item) in exports.into_iter().flatten() {
        match item {
            WorldItem::Function(function) => all.push((None, function)),
            WorldItem::Interface { id, .. } => {
                let name = wit.resolve.name_world_key(key);
                let functions = wit.resolve.interfaces.get(*id).map(|interface| &interface.functions);
                all.extend(functions.into_iter().flatten().map(|(_, function)| (Some(name.clone()), function)));
            }
            WorldItem::Type { .. } => {}
        }
    }
    all
}

/// What the encoder says, at the function that it names.
fn refused(wit: &Wit, cause: &str) -> Error {
    // The outer messages say what the encoder was about.
    let cause = cause.find("type mismatch for function").and_then(|at| cause.get(at..)).unwrap_or(cause);
    let named = |function: &&Function| cause.contains(&format!("`{}`", function.name));
    let message = format!("the module does not fit its wit text: {cause}");
    let error = match exported(wit).into_iter().map(|(_, function)| function).find(named) {
        Some(function) => wit.error(function.span, message),
        None => Error::invalid(message),
    };
    error.with_remedy("let the signature and the function of the module agree")
}
