//! The linker of an entry whose code is a core module: what its imports grant, and stubs for the rest.

use super::preflight::{Finding, Preflight};
use super::stub::{Denial, Why};
use crate::EntryInfo;
use crate::error::{Error, Result};
use crate::import::{Grants, Registration, Registry};
use crate::instance::StoreData;
use wasmtime::{Linker, Module};

/// A finished linker.
pub(crate) struct LinkedModule {
    pub(crate) linker: Linker<StoreData>,
    /// The imports that are granted and used.
    pub(crate) used: Vec<Registration>,
    /// The modules that the functions are imported from.
    pub(crate) modules: Vec<&'static str>,
}

/// Makes the linker of an entry for one module. The stubs come last: they take the place of what is not granted, whoever
/// linked it.
pub(crate) fn assemble_module(
    registry: &Registry,
    entry: &EntryInfo,
    grants: &Grants,
    module: &Module,
) -> Result<LinkedModule> {
    let mut linked = LinkedModule { linker: Linker::new(module.engine()), used: Vec::new(), modules: Vec::new() };
    linked.linker.allow_shadowing(true);
    for import in registry.imports().iter().filter(|import| grants.whole(import.meta()).is_some()) {
        let functions = import.module_functions().iter();
        let wanted = functions.filter(|functions| imports_any(module, |from, name| functions.contains(from, name)));
        let modules: Vec<_> = wanted.map(|functions| functions.module).collect();
        if !modules.is_empty() {
            import.link_module(&mut linked.linker)?;
            linked.used.push(*import);
            linked.modules.extend(modules);
        }
    }
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let providers = providers(registry, from, name);
        if providers.iter().any(|provider| grants.whole(provider.meta()).is_some()) {
            continue;
        }
        let why = providers.first().map_or(Why::Nobody, |provider| Why::NotListed(provider.meta().name));
        let denial = Denial::new(format!("{from}#{name}"), why);
        let ty = import.ty();
        let Some(ty) = ty.func() else { continue };
        let defined = linked.linker.func_new(from, name, ty.clone(), move |caller, _, _| denial.refuse(caller.data()));
        defined.map_err(|error| Error::internal(format!("{}: cannot stub {from} {name}: {error:#}", entry.id())))?;
    }
    Ok(linked)
}

impl Preflight {
    pub(crate) fn of_module(registry: &Registry, entry: &str, grants: &Grants, module: &Module) -> Self {
        let mut findings = Vec::new();
        // Apart: a hostile module has as many as it likes, and the others are searched.
        let mut unprovided = Vec::new();
        for import in module.imports() {
            let (from, name) = (import.module(), import.name());
            let interface = from.to_owned();
            let providers = providers(registry, from, name);
            let by = providers.iter().find_map(|provider| grants.whole(provider.meta()));
            let finding = match (by, providers.first()) {
                (Some(by), _) => Finding::Used { interface, by: by.to_owned() },
                (None, Some(provider)) => {
                    Finding::NotGranted { interface, functions: Vec::new(), add: provider.meta().name.to_owned() }
                }
                (None, None) => {
                    unprovided.push(Finding::Unprovided { interface: format!("{from} {name}") });
                    continue;
                }
            };
            let known = findings.iter().position(|known| match (known, &finding) {
                (Finding::NotGranted { add: known, .. }, Finding::NotGranted { add, .. }) => known == add,
                (known, finding) => known == finding,
            });
            let at = known.unwrap_or_else(|| {
                findings.push(finding);
                findings.len() - 1
            });
            if let Some(Finding::NotGranted { functions, .. }) = findings.get_mut(at) {
                functions.push(name.to_owned());
            }
        }
        findings.append(&mut unprovided);
        for (index, request) in grants.requests().iter().enumerate() {
            let mut imports = registry.imports().iter().filter(|import| request.imports.contains(&import.meta().name));
            let used = imports.any(|import| {
                let functions = import.module_functions();
                imports_any(module, |from, name| functions.iter().any(|functions| functions.contains(from, name)))
            });
            if !used {
                findings.push(Finding::Unused { name: request.text.clone(), index });
            }
        }
        Self { entry: entry.to_owned(), findings }
    }
}

/// The imports that a function of a core module belongs to.
fn providers<'r>(registry: &'r Registry, module: &str, function: &str) -> Vec<&'r Registration> {
    let provides =
        |import: &&Registration| import.module_functions().iter().any(|functions| functions.contains(module, function));
    registry.imports().iter().filter(provides).collect()
}

fn imports_any(module: &Module, wanted: impl Fn(&str, &str) -> bool) -> bool {
    module.imports().any(|import| wanted(import.module(), import.name()))
}
