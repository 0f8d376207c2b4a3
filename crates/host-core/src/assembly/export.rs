//! The exported function that an entry's `method` names.

use crate::assembly::preflight::listed;
use crate::import::track;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex};

/// An exported function.
pub(crate) struct Export {
    pub(crate) index: ComponentExportIndex,
    pub(crate) ty: ComponentFunc,
    /// The full name: `run`, `demo:values/math@1.0.0#add`.
    pub(crate) name: String,
}

/// Why no export could be found: the message and the remedy.
pub(crate) struct NoExport {
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// Finds `run`, or `iface#func` with or without the interface's package and version.
pub(crate) fn find_export(component: &Component, method: &str) -> Result<Export, NoExport> {
    let all = exports(component);
    let matches: Vec<&(Option<String>, String, ComponentFunc)> =
        all.iter().filter(|(interface, function, _)| is_named(method, interface.as_deref(), function)).collect();
    let exact = matches.iter().find(|(interface, function, _)| full_name(interface.as_deref(), function) == method);
    let found = match (exact, matches.as_slice()) {
        (Some(exact), _) => exact,
        (None, [one]) => one,
        (None, []) => return Err(not_found(method, &all)),
        (None, several) => {
            let names: Vec<_> = several.iter().map(|(i, f, _)| full_name(i.as_deref(), f)).collect();
            return Err(NoExport {
                message: format!("method {method} is ambiguous"),
                remedy: format!("write one of: {}", names.join(", ")),
            });
        }
    };
    let (interface, function, ty) = found;
    let index = match interface {
        Some(interface) => component
            .get_export_index(None, interface)
            .and_then(|instance| component.get_export_index(Some(&instance), function)),
        None => component.get_export_index(None, function),
    };
    match index {
        Some(index) => Ok(Export { index, ty: ty.clone(), name: full_name(interface.as_deref(), function) }),
        None => Err(not_found(method, &all)),
    }
}

/// Every exported function: its interface, its name and its type.
pub(crate) fn exports(component: &Component) -> Vec<(Option<String>, String, ComponentFunc)> {
    let engine = component.engine();
    let mut all = Vec::new();
    for (name, export) in component.component_type().exports(engine) {
        match export.ty {
            ComponentItem::ComponentFunc(function) => all.push((None, name.to_owned(), function)),
            ComponentItem::ComponentInstance(instance) => {
                for (function, export) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(ty) = export.ty {
                        all.push((Some(name.to_owned()), function.to_owned(), ty));
                    }
                }
            }
            _ => {}
        }
    }
    all
}

fn full_name(interface: Option<&str>, function: &str) -> String {
    match interface {
        Some(interface) => format!("{interface}#{function}"),
        None => function.to_owned(),
    }
}

fn is_named(method: &str, interface: Option<&str>, function: &str) -> bool {
    let Some(interface) = interface else { return method == function };
    let Some((wanted, wanted_function)) = method.split_once('#') else { return false };
    if wanted_function != function {
        return false;
    }
    let (base, version) = interface.split_once('@').unwrap_or((interface, ""));
    let (wanted_base, wanted_version) = wanted.split_once('@').unwrap_or((wanted, ""));
    let version_fits = wanted_version.is_empty() || track(wanted_version) == track(version);
    let short = base.rsplit('/').next().unwrap_or(base);
    version_fits && (wanted_base == base || wanted_base == short)
}

/// Exports that are listed where the method is none of them.
const EXPORTS: usize = 40;

fn not_found(method: &str, all: &[(Option<String>, String, ComponentFunc)]) -> NoExport {
    let mut names: Vec<_> =
        all.iter().map(|(interface, function, _)| full_name(interface.as_deref(), function)).collect();
    // Of many, the one that is meant comes first.
    if names.len() > EXPORTS {
        names.sort_by_cached_key(|name| strsim::osa_distance(method, name));
    }
    let remedy = if names.is_empty() {
        "the component exports no function".to_owned()
    } else {
        format!("the component exports: {}", listed(&names, EXPORTS))
    };
    NoExport { message: format!("method {method} is not exported"), remedy }
}
