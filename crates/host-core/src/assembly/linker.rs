//! The linker of one entry, made from the names in its list alone.
//!
//! An interface that the component imports is linked whole, under the version that its crate registers, because only
//! the crate's own resource types and destructors let the component load. Once everything is linked, each function that
//! the component imports of an interface that is not granted is shadowed by a stub. That is sound only if the stub
//! stands where the component's import leads, so both halves are checked, and where one does not hold, the entry does
//! not load:
//!
//! - the stub lands on the very name that the crate registered: before shadowing is allowed, defining the stub must
//!   fail because the name is taken;
//! - the import leads to that name, and not to another version that some crate linked beside it: see
//!   [`Linked::prove`].

use super::bindings::{Bindings, full_name};
use super::bound::Bound;
use super::component_imports::{ComponentImports, ImportedFunction, ImportedInterface};
use super::stub::{Denial, Unprovided, Why, concurrent_stub, stub};
use crate::EntryInfo;
use crate::error::{Error, Result};
use crate::import::{Grants, HostImport, ImportMeta, Registration, Registry, track};
use crate::instance::StoreData;
use std::fmt;
use std::marker::PhantomData;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

/// What [`HostImport::link`] links into.
pub struct ImportLinker<'a, I> {
    target: &'a mut dyn Target,
    import: PhantomData<fn() -> I>,
}

impl<I> fmt::Debug for ImportLinker<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportLinker").finish_non_exhaustive()
    }
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

    /// Links the types of an interface of another import that functions of this one mention, for example
    /// `wasi:io/poll@0.2.12` for a pollable. It takes effect only in a build that does not have the other import: then
    /// `link` brings the resource types that components need to load, and each of its functions is a stub.
    ///
    /// # Errors
    /// Where `link` fails.
    pub fn types(
        &mut self,
        name: &str,
        link: impl FnOnce(&mut Linker<StoreData>) -> wasmtime::Result<()>,
    ) -> Result<()> {
        let mut link = Some(link);
        self.target.types(&I::META, name, &mut |linker| match link.take() {
            Some(link) => link(linker),
            None => Ok(()),
        })
    }

    /// The same linker for another import, whose metadata names the same interfaces: for an import that wraps another, and
    /// calls its [`HostImport::link`].
    ///
    /// ```
    /// use wippy_host_core::{HostImport, ImportLinker, Result};
    ///
    /// fn link_wrapped<Outer: HostImport, Inner: HostImport>(linker: &mut ImportLinker<'_, Outer>) -> Result<()> {
    ///     Inner::link(&mut linker.wrapped())
    /// }
    /// ```
    pub fn wrapped<J: HostImport>(&mut self) -> ImportLinker<'_, J> {
        ImportLinker { target: self.target, import: PhantomData }
    }
}

type Link<'l> = &'l mut dyn FnMut(&mut Linker<StoreData>) -> wasmtime::Result<()>;

trait Target {
    fn interface(&mut self, meta: &'static ImportMeta, name: &str, link: Link<'_>) -> Result<()>;
    fn types(&mut self, meta: &'static ImportMeta, name: &str, link: Link<'_>) -> Result<()>;
}

/// A linker under construction.
pub struct LinkTarget<'a> {
    linker: Linker<StoreData>,
    registry: &'a Registry,
    entry: &'a EntryInfo,
    grants: &'a Grants,
    bindings: &'a Bindings<'a>,
    imports: &'a ComponentImports,
    linked: Vec<&'static str>,
    /// Names under which types alone are linked, of imports that this build does not have.
    types: Vec<String>,
    denied: Vec<Denied<'a>>,
}

impl fmt::Debug for LinkTarget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkTarget")
            .field("entry", self.entry.id())
            .field("linked", &self.linked)
            .finish_non_exhaustive()
    }
}

/// An import of an interface that is linked and not granted.
struct Denied<'a> {
    import: &'a ImportedInterface,
    /// The name under which the interface is linked.
    linked_as: String,
    why: Why,
}

impl Target for LinkTarget<'_> {
    fn interface(&mut self, meta: &'static ImportMeta, name: &str, link: Link<'_>) -> Result<()> {
        let Some(interface) = meta.interfaces.iter().find(|interface| interface.full_name() == name) else {
            return Err(Error::internal(format!("{} links {name}, which its metadata does not name", meta.name)));
        };
        let wanted = self.wanted(interface.name, interface.track());
        if wanted.is_empty() {
            return Ok(());
        }
        link(&mut self.linker)
            .map_err(|error| Error::internal(format!("{}: cannot link {name}: {error:#}", meta.name)))?;
        self.linked.push(interface.name);
        if !self.grants.allows(interface.name, interface.version) {
            self.deny(wanted, name, &Why::NotListed(meta.name));
        }
        Ok(())
    }

    fn types(&mut self, meta: &'static ImportMeta, name: &str, link: Link<'_>) -> Result<()> {
        let (base, version) = name.split_once('@').unwrap_or((name, ""));
        let wanted = self.wanted(base, track(version));
        let here =
            self.registry.provider(base, track(version)).is_some() || self.types.iter().any(|known| known == name);
        if wanted.is_empty() || here {
            return Ok(());
        }
        link(&mut self.linker)
            .map_err(|error| Error::internal(format!("{}: cannot link the types of {name}: {error:#}", meta.name)))?;
        self.types.push(name.to_owned());
        let why = self.absent(base);
        self.deny(wanted, name, &why);
        Ok(())
    }
}

impl<'a> LinkTarget<'a> {
    /// The component's imports of an interface on a track.
    fn wanted(&self, interface: &str, on: &str) -> Vec<&'a ImportedInterface> {
        let all = self.imports.interfaces.iter();
        all.filter(|import| import.name == interface && track(&import.version) == on).collect()
    }

    fn deny(&mut self, imports: Vec<&'a ImportedInterface>, linked_as: &str, why: &Why) {
        let denied = |import| Denied { import, linked_as: linked_as.to_owned(), why: why.clone() };
        self.denied.extend(imports.into_iter().map(denied));
    }

    /// Why an interface that no import of this build provides is not there.
    fn absent(&self, interface: &str) -> Why {
        let package = interface.split('/').next().unwrap_or(interface);
        self.registry.feature_of(package).map_or(Why::Nobody, |feature| Why::FeatureOff(feature.to_owned()))
    }

    /// The function that stands for one which no import provides: what it is bound to, or a stub.
    fn stand_in(
        &self,
        at: &mut LinkerInstance<'_, StoreData>,
        interface: Option<&ImportedInterface>,
        function: &ImportedFunction,
        why: Why,
    ) -> wasmtime::Result<()> {
        let (entry, name) = (self.entry.id(), full_name(interface, function));
        match self.bindings.target(interface, &function.name) {
            Some(target) => {
                let target = self.entry.resolve_id(target);
                Bound::new(entry, name, target, function).link(at, &function.name)
            }
            None => {
                let binding = match interface {
                    Some(interface) => {
                        format!("{{ \"{}\": {{ \"{}\": <id of a function> }} }}", interface.full_name, function.name)
                    }
                    None => format!("{{ \"{name}\": <id of a function> }}"),
                };
                put(at, function, Denial::new(name, why).or_bind(binding))
            }
        }
    }

    /// Replaces the functions of an interface that is not granted; see the module's documentation.
    fn shadow(&mut self, denied: &Denied<'_>) -> Result<()> {
        let Denied { import, linked_as: name, why } = denied;
        for function in &import.functions {
            let denial = Denial::new(format!("{}#{}", import.name, function.name), why.clone());
            let mut define = |allow: bool| {
                self.linker.allow_shadowing(allow);
                let defined =
                    self.linker.instance(name).and_then(|mut instance| put(&mut instance, function, denial.clone()));
                self.linker.allow_shadowing(false);
                defined
            };
            if define(false).is_ok() {
                return Err(Error::invalid(format!(
                    "{}: the component imports {}#{}, which {name} does not have",
                    self.entry.id(),
                    import.full_name,
                    function.name
                ))
                .with_remedy(format!("build the guest against {name} or older")));
            }
            define(true).map_err(|error| Error::internal(format!("cannot stub {}: {error:#}", denial.function())))?;
        }
        Ok(())
    }

    /// What no import of the host provides.
    fn unprovided(&self, linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
        for import in &self.imports.interfaces {
            let version = track(&import.version);
            let typed = |name: &String| {
                name.split_once('@').is_some_and(|(base, of)| base == import.name && track(of) == version)
            };
            if self.registry.provider(&import.name, version).is_some() || self.types.iter().any(typed) {
                continue;
            }
            let why = self.absent(&import.name);
            let mut instance = linker.instance(&import.full_name)?;
            for resource in &import.resources {
                instance.resource(resource, ResourceType::host::<Unprovided>(), |_, _| Ok(()))?;
            }
            for function in &import.functions {
                self.stand_in(&mut instance, Some(import), function, why.clone())?;
            }
        }
        for function in &self.imports.functions {
            self.stand_in(&mut linker.root(), None, function, self.absent(&function.name))?;
        }
        Ok(())
    }
}

fn put(
    instance: &mut LinkerInstance<'_, StoreData>,
    function: &ImportedFunction,
    denial: Denial,
) -> wasmtime::Result<()> {
    match function.ty.is_async() {
        true => concurrent_stub(instance, &function.name, denial),
        false => stub(instance, &function.name, denial),
    }
}

/// A finished linker.
pub(crate) struct Linked {
    pub(crate) linker: Linker<StoreData>,
    /// The interfaces that the component imports and an import provides, granted or not.
    pub(crate) interfaces: Vec<&'static str>,
    /// Whether the component imports functions of an interface that is linked and not granted.
    pub(crate) denies: bool,
    denied: Vec<DeniedName>,
}

/// An import that is not granted and that the component asks for in another version than the one linked.
struct DeniedName {
    /// As the component has it.
    full_name: String,
    /// As the import crate's metadata has it: where the stubs are.
    linked_as: String,
    /// One of its functions.
    function: String,
}

impl Linked {
    /// Proves that every import that is not granted leads to the name whose functions are stubs. Wasmtime resolves a
    /// version to itself, else to the newest compatible one that anybody linked, so a crate that links a version which
    /// its metadata does not name would open a way around the stubs. Both ways are tried, on copies of the linker:
    ///
    /// - nothing stands at the version that the component asks for;
    /// - the newest version is the one with the stubs: an empty interface, newer than that one by no more than its build
    ///   metadata, takes its place, and then the component does not fit any more.
    ///
    /// To be asked of a linker that the component fits.
    pub(crate) fn prove(&self, entry: &str, component: &Component) -> Result<()> {
        let mut exact = self.linker.clone();
        exact.allow_shadowing(false);
        for DeniedName { full_name, linked_as, function } in &self.denied {
            let free = exact
                .instance(full_name)
                .and_then(|mut at| at.resource(function, ResourceType::host::<Unprovided>(), |_, _| Ok(())));
            let mut newest = self.linker.clone();
            let replaced = newest.instance(&format!("{linked_as}+empty")).map(drop);
            if free.is_err() || replaced.is_err() || newest.instantiate_pre(component).is_ok() {
                return Err(Error::internal(format!(
                    "{entry}: {full_name} is not granted, and leads to another version than {linked_as}: an import crate \
                     links an interface that its metadata does not name"
                ))
                .with_remedy("correct the import crate: link each interface under the version of its metadata alone"));
            }
        }
        Ok(())
    }
}

/// Makes the linker of an entry for one component.
pub(crate) fn assemble(
    engine: &Engine,
    registry: &Registry,
    entry: &EntryInfo,
    grants: &Grants,
    bindings: &Bindings<'_>,
    imports: &ComponentImports,
) -> Result<Linked> {
    let linker = Linker::new(engine);
    let (linked, types, denied) = (Vec::new(), Vec::new(), Vec::new());
    let mut target = LinkTarget { linker, registry, entry, grants, bindings, imports, linked, types, denied };
    for import in registry.imports().iter().filter(|import| imports_any_of(imports, import)) {
        import.link(&mut target)?;
    }
    // Only now: nothing is linked any more that could take a stub's place.
    let denied = std::mem::take(&mut target.denied);
    denied.iter().try_for_each(|denied| target.shadow(denied))?;
    let mut linker = std::mem::replace(&mut target.linker, Linker::new(engine));
    target
        .unprovided(&mut linker)
        .map_err(|error| Error::invalid(format!("{}: cannot stub an import: {error:#}", entry.id())))?;
    let denies = !denied.is_empty();
    let denied = denied.into_iter().filter(|denied| denied.import.full_name != denied.linked_as).filter_map(|denied| {
        let function = denied.import.functions.first()?.name.clone();
        Some(DeniedName { full_name: denied.import.full_name.clone(), linked_as: denied.linked_as, function })
    });
    Ok(Linked { linker, interfaces: target.linked, denies, denied: denied.collect() })
}

fn imports_any_of(imports: &ComponentImports, import: &Registration) -> bool {
    import.meta().interfaces.iter().any(|interface| imports.interfaces.iter().any(|i| i.name == interface.name))
}
