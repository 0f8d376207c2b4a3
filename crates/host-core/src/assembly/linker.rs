//! The linker of one entry, made from the names in its list alone.
//!
//! An interface that the component imports is linked whole, under the version that its crate registers, because only
//! the crate's own resource types and destructors let the component load. Where the interface is not granted, each
//! function that the component imports is then shadowed by a stub. That is sound only if the stub lands on the very
//! name that the crate registered, so it is checked: before shadowing is allowed, defining the stub must fail because
//! the name is taken. Where it does not fail, the entry does not load.

use super::component_imports::{ComponentImports, ImportedInterface};
use super::stub::{Unprovided, stub};
use crate::error::{Error, ErrorKind, Result};
use crate::import::{Grants, HostImport, ImportMeta, Registration, Registry, track};
use crate::instance::{NotGranted, StoreData};
use std::marker::PhantomData;
use wasmtime::Engine;
use wasmtime::component::{Linker, ResourceType};

/// What [`HostImport::link`] links into.
pub struct ImportLinker<'a, I> {
    target: &'a mut dyn Target,
    import: PhantomData<fn() -> I>,
}

impl<'a, I: HostImport> ImportLinker<'a, I> {
    pub(crate) fn new(target: &'a mut LinkTarget<'_>) -> Self {
        Self { target, import: PhantomData }
    }

    /// Links one interface: `name` with the version that [`HostImport::META`] gives, for example
    /// `wasi:clocks/wall-clock@0.2.12`. `link` adds the whole interface to Wasmtime's linker under that name; it runs
    /// only if the component imports the interface, and its functions take effect only if the entry grants it.
    ///
    /// # Errors
    /// Where the metadata has no such interface, or `link` fails.
    pub fn interface(
        &mut self,
        name: &str,
        link: impl FnOnce(&mut Linker<StoreData>) -> wasmtime::Result<()>,
    ) -> Result<()> {
        let mut link = Some(link);
        self.target.interface(&I::META, name, &mut |linker| match link.take() {
            Some(link) => link(linker),
            None => Ok(()),
        })
    }
}

type Link<'l> = &'l mut dyn FnMut(&mut Linker<StoreData>) -> wasmtime::Result<()>;

trait Target {
    fn interface(&mut self, meta: &'static ImportMeta, name: &str, link: Link<'_>) -> Result<()>;
}

/// A linker under construction.
pub struct LinkTarget<'a> {
    linker: Linker<StoreData>,
    entry: &'a str,
    grants: &'a Grants,
    imports: &'a ComponentImports,
    linked: Vec<&'static str>,
}

impl Target for LinkTarget<'_> {
    fn interface(&mut self, meta: &'static ImportMeta, name: &str, link: Link<'_>) -> Result<()> {
        let Some(interface) = meta.interfaces.iter().find(|interface| interface.full_name() == name) else {
            return Err(Error::internal(format!("{} links {name}, which its metadata does not name", meta.name)));
        };
        let wanted: Vec<&ImportedInterface> = self
            .imports
            .interfaces
            .iter()
            .filter(|import| import.name == interface.name && track(&import.version) == interface.track())
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        link(&mut self.linker)
            .map_err(|error| Error::internal(format!("{}: cannot link {name}: {error:#}", meta.name)))?;
        self.linked.push(interface.name);
        if self.grants.allows(interface.name, interface.version) {
            return Ok(());
        }
        wanted.into_iter().try_for_each(|import| self.shadow(meta, name, import))
    }
}

impl LinkTarget<'_> {
    /// Replaces the functions of an interface that is not granted; see the module's documentation.
    fn shadow(&mut self, meta: &ImportMeta, name: &str, import: &ImportedInterface) -> Result<()> {
        for function in &import.functions {
            let denial = NotGranted {
                function: format!("{}#{}", import.name, function.name),
                entry: self.entry.to_owned(),
                hint: format!("entry {} does not import it; add \"{}\" to its imports", self.entry, meta.name),
            };
            let mut define = |allow: bool| {
                self.linker.allow_shadowing(allow);
                let defined = self
                    .linker
                    .instance(name)
                    .and_then(|mut instance| stub(&mut instance, &function.name, denial.clone()));
                self.linker.allow_shadowing(false);
                defined
            };
            if define(false).is_ok() {
                return Err(Error::invalid(format!(
                    "{}: the component imports {}#{}, which {name} does not have",
                    self.entry, import.full_name, function.name
                ))
                .with_remedy(format!("build the guest against {name} or older")));
            }
            define(true).map_err(|error| Error::internal(format!("cannot stub {}: {error:#}", denial.function)))?;
        }
        Ok(())
    }

    /// Stubs what no import of the host provides.
    fn unprovided(&mut self, registry: &Registry) -> wasmtime::Result<()> {
        let denial = |function: String| NotGranted {
            function,
            entry: self.entry.to_owned(),
            hint: format!("no import of this host provides it to entry {}", self.entry),
        };
        let linker = &mut self.linker;
        for import in &self.imports.interfaces {
            if registry.provider(&import.name, track(&import.version)).is_some() {
                continue;
            }
            let mut instance = linker.instance(&import.full_name)?;
            for resource in &import.resources {
                instance.resource(resource, ResourceType::host::<Unprovided>(), |_, _| Ok(()))?;
            }
            for function in &import.functions {
                stub(&mut instance, &function.name, denial(format!("{}#{}", import.full_name, function.name)))?;
            }
        }
        for function in &self.imports.functions {
            stub(&mut linker.root(), &function.name, denial(function.name.clone()))?;
        }
        Ok(())
    }
}

/// A finished linker.
pub(crate) struct Linked {
    pub(crate) linker: Linker<StoreData>,
    /// The interfaces that the component imports and an import provides, granted or not.
    pub(crate) interfaces: Vec<&'static str>,
}

/// Makes the linker of an entry for one component.
pub(crate) fn assemble(
    engine: &Engine,
    registry: &Registry,
    entry: &str,
    grants: &Grants,
    imports: &ComponentImports,
) -> Result<Linked> {
    let mut target = LinkTarget { linker: Linker::new(engine), entry, grants, imports, linked: Vec::new() };
    for import in registry.imports().iter().filter(|import| imports_any_of(imports, import)) {
        import.link(&mut target)?;
    }
    target
        .unprovided(registry)
        .map_err(|error| Error::new(ErrorKind::Invalid, format!("{entry}: cannot stub an import: {error:#}")))?;
    Ok(Linked { linker: target.linker, interfaces: target.linked })
}

fn imports_any_of(imports: &ComponentImports, import: &Registration) -> bool {
    import.meta().interfaces.iter().any(|interface| imports.interfaces.iter().any(|i| i.name == interface.name))
}
