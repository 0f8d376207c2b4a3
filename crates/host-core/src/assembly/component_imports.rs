//! What a component imports, read from its type.

use crate::import::{Registry, track};
use crate::value::Signature;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ResourceType};

/// The imports of a component: interfaces, and functions outside any interface.
#[derive(Default)]
pub(crate) struct ComponentImports {
    pub(crate) interfaces: Vec<ImportedInterface>,
    /// Functions that the component imports by a plain name.
    pub(crate) functions: Vec<ImportedFunction>,
    /// Imports of a kind that no host can provide, for example a core module.
    pub(crate) impossible: Vec<String>,
}

pub(crate) struct ImportedInterface {
    /// The name as the component has it: `wasi:io/poll@0.2.6`.
    pub(crate) full_name: String,
    /// Without version.
    pub(crate) name: String,
    /// Empty where the component names none.
    pub(crate) version: String,
    pub(crate) functions: Vec<ImportedFunction>,
    pub(crate) resources: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct ImportedFunction {
    pub(crate) name: String,
    pub(crate) ty: Signature,
}

impl ImportedInterface {
    /// Whether the component calls into it. One that holds types alone needs no grant: but a resource can be dropped
    /// without any function, so resources do not count.
    pub(crate) fn is_used(&self) -> bool {
        !self.functions.is_empty()
    }
}

impl ComponentImports {
    /// Every function, with its interface where it is in one.
    pub(crate) fn all_functions(&self) -> impl Iterator<Item = (Option<&ImportedInterface>, &ImportedFunction)> {
        let in_interfaces = self.interfaces.iter();
        let in_interfaces =
            in_interfaces.flat_map(|interface| interface.functions.iter().map(move |f| (Some(interface), f)));
        in_interfaces.chain(self.functions.iter().map(|function| (None, function)))
    }

    /// Whether it uses an interface that serves one call at a time.
    pub(crate) fn need_one_call(&self, registry: &Registry) -> bool {
        self.interfaces.iter().filter(|interface| interface.is_used()).any(|used| {
            registry.provider(&used.name, track(&used.version)).is_some_and(|(_, interface)| interface.one_call)
        })
    }

    pub(crate) fn of(component: &Component) -> Self {
        let engine = component.engine();
        let mut imports = Self::default();
        for (name, import) in component.component_type().imports(engine) {
            match import.ty {
                ComponentItem::ComponentInstance(instance) => {
                    let (base, version) = name.split_once('@').unwrap_or((name, ""));
                    let mut interface = ImportedInterface {
                        full_name: name.to_owned(),
                        name: base.to_owned(),
                        version: version.to_owned(),
                        functions: Vec::new(),
                        resources: Vec::new(),
                    };
                    for (item, export) in instance.exports(engine) {
                        match export.ty {
                            ComponentItem::ComponentFunc(function) => {
                                interface.functions.push(ImportedFunction::new(item, &function));
                            }
                            ComponentItem::Resource(ResourceType { .. }) => interface.resources.push(item.to_owned()),
                            ComponentItem::Type(_) => {}
                            _ => imports.impossible.push(format!("{name}#{item}")),
                        }
                    }
                    imports.interfaces.push(interface);
                }
                ComponentItem::ComponentFunc(function) => {
                    imports.functions.push(ImportedFunction::new(name, &function));
                }
                ComponentItem::Type(_) | ComponentItem::Resource(_) => {}
                _ => imports.impossible.push(name.to_owned()),
            }
        }
        imports
    }
}

impl ImportedFunction {
    fn new(name: &str, function: &ComponentFunc) -> Self {
        Self { name: name.to_owned(), ty: Signature::of(function) }
    }
}
