//! From an entry and its code to a function.

use super::fits::{Fit, Fits};
use super::{Host, Inner};
use crate::assembly::{Bindings, ComponentImports, Export, Preflight, assemble, assemble_module, find_export};
use crate::component::{Program, START};
use crate::error::{Error, ErrorKind};
use crate::import::{Grants, NameProblem, Registration, Registry, SetupContext};
use crate::instance::{Common, Imports, Linked, Parts, WasmFunction};
use crate::metrics::EntryMetrics;
use crate::policy::network::{DenialLog, NetworkGuard};
use crate::pool::Slots;
use crate::problem::{EntryProblem, EntryProblems, Place};
use crate::services::GuestOutput;
use crate::value::Signature;
use crate::{EntryInfo, EntrySpec};
use std::sync::Arc;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Keys of shared sections that the host itself reads.
const CORE_KEYS: &[(&str, &str)] = &[("wasi", "network")];

impl Host {
    /// Makes a function of an entry and its code, a component or a command: resolves its imports, sets them up, assembles
    /// its linker. The imports' setup may do I/O; dropping the future drops what was set up.
    ///
    /// # Errors
    /// Every problem of the entry.
    pub async fn prepare(&self, spec: EntrySpec, program: impl Into<Program>) -> Result<WasmFunction, EntryProblems> {
        let Inner { registry, services, functions, admission, memory, idle, calls, fits, .. } = &*self.0;
        let program = program.into();
        let parts = EntryParts::new(self, &spec);
        let code = Code::of(fits, &program);
        let bindings = Bindings::of(&spec.bindings);
        let mut problems = parts.problems(self, &spec);
        let method = code.method(&spec.method, &mut problems);
        problems.extend(code.binding_problems(registry, &bindings));
        let preflight = code.preflight(registry, &spec.id, &parts.grants, &bindings);
        if spec.strict_imports {
            problems.extend(preflight.missing().map(|finding| {
                EntryProblem::new(ErrorKind::PermissionDenied, Place::Entry, format!("strict_imports: {finding}"))
            }));
        }
        let Some(method) = method.filter(|_| problems.is_empty()) else {
            return Err(EntryProblems { entry: spec.id.to_string(), problems });
        };
        let Fitted { linked, signature, method, imports, used, denies, shareable } =
            code.fit(self.engine(), registry, fits, &parts, &bindings, method)?;
        let mut states = Vec::new();
        let setup = SetupContext::new(&parts.entry, services, functions, &parts.network);
        for import in imports {
            let config = registry.config_of(&import, &spec.sections);
            let granted = import.setup(setup, config).await;
            states.push(granted.map_err(|error| EntryProblems::of(&spec.id, &error, Place::Entry))?);
        }
        let output = GuestOutput::new(spec.id.clone(), spec.limits.max_log_bytes);
        let common = Arc::new(Common {
            entry: parts.entry.clone(),
            services: services.clone(),
            functions: functions.downgrade(),
            output,
            memory: memory.clone(),
            metrics: parts.metrics.clone(),
            denials: parts.denials.clone(),
            imports: Imports::new(states, used, matches!(linked, Linked::Command(_)), denies),
        });
        Ok(WasmFunction::new(Parts {
            linked,
            signature,
            method,
            common,
            shareable,
            admission: admission.clone(),
            idle: idle.clone(),
            calls: calls.clone(),
            slots: Slots::new(spec.id.clone(), spec.pool, calls.clone(), parts.metrics.clone()),
            preflight,
        }))
    }
}

/// Compiled code and what it imports.
pub(super) enum Code<'p> {
    Component(&'p Component, Arc<ComponentImports>),
    Command(&'p Module),
}

/// The function to call.
enum Method {
    Export(Export),
    Start,
}

/// Code with its imports, and what has to be set up for it.
struct Fitted {
    linked: Linked,
    signature: Signature,
    method: String,
    imports: Vec<Registration>,
    used: Vec<&'static str>,
    denies: bool,
    /// Whether calls of it may be in one instance at a time, as far as its imports go.
    shareable: bool,
}

impl<'p> Code<'p> {
    pub(super) fn of(fits: &Fits, program: &'p Program) -> Self {
        match program {
            Program::Component(component) => Self::Component(component, fits.imports(component)),
            Program::Command(module) => Self::Command(module),
        }
    }

    pub(super) fn preflight(
        &self,
        registry: &Registry,
        entry: &str,
        grants: &Grants,
        bindings: &Bindings<'_>,
    ) -> Preflight {
        match self {
            Self::Component(_, imports) => Preflight::of(registry, entry, grants, bindings, imports),
            Self::Command(module) => Preflight::of_module(registry, entry, grants, module),
        }
    }

    /// A module imports nothing that could be bound.
    fn binding_problems(&self, registry: &Registry, bindings: &Bindings<'_>) -> Vec<EntryProblem> {
        match self {
            Self::Component(_, imports) => bindings.problems(registry, imports),
            Self::Command(_) => bindings.problems(registry, &ComponentImports::default()),
        }
    }

    /// The function that `method` names, where it is there and all imports are of a kind that can be provided.
    fn method(&self, method: &str, problems: &mut Vec<EntryProblem>) -> Option<Method> {
        let (component, imports) = match self {
            Self::Component(component, imports) => (component, imports),
            Self::Command(_) if method == START => return Some(Method::Start),
            Self::Command(_) => {
                let message = format!("method {method} is not exported");
                let remedy = format!("the module is a command: write {START}");
                problems.push(EntryProblem::new(ErrorKind::NotFound, Place::Method, message).with_remedy(remedy));
                return None;
            }
        };
        for name in &imports.impossible {
            problems.push(EntryProblem::new(
                ErrorKind::Invalid,
                Place::Component,
                format!("the component imports {name}, which is neither an interface nor a function"),
            ));
        }
        match find_export(component, method) {
            Ok(export) => Some(Method::Export(export)),
            Err(none) => {
                let problem = EntryProblem::new(ErrorKind::NotFound, Place::Method, none.message);
                problems.push(problem.with_remedy(none.remedy));
                None
            }
        }
    }

    /// Links what the entry grants.
    fn fit(
        &self,
        plain: &Engine,
        registry: &Registry,
        fits: &Fits,
        parts: &EntryParts,
        bindings: &Bindings<'_>,
        method: Method,
    ) -> Result<Fitted, EntryProblems> {
        let (entry, grants) = (&parts.entry, &parts.grants);
        let failed = |error: Error| EntryProblems::of(entry.id(), &error, Place::Component);
        let (component, imports, export) = match (self, method) {
            (Self::Component(component, imports), Method::Export(export)) => (component, imports, export),
            (Self::Command(module), _) => {
                let linked = assemble_module(registry, entry, grants, module).map_err(failed)?;
                let pre = linked.linker.instantiate_pre(module).map_err(|error| {
                    failed(
                        Error::invalid(format!("the module does not fit: {error:#}"))
                            .with_remedy("build the guest for preview 1 of WASI (for Rust: --target wasm32-wasip1)"),
                    )
                })?;
                let (signature, method) = (Signature::empty(), START.to_owned());
                let (imports, used) = (linked.used, linked.modules);
                let linked = Linked::Command(pre);
                return Ok(Fitted { linked, signature, method, imports, used, denies: false, shareable: false });
            }
            (Self::Component(..), Method::Start) => return Err(failed(Error::internal("a component has no _start"))),
        };
        let bound = bindings.bind_any_of(imports);
        let link = || -> Result<Fit, Error> {
            let linked = assemble(component.engine(), registry, entry, grants, bindings, imports)?;
            let pre = linked.linker.instantiate_pre(component).map_err(|error| {
                Error::invalid(format!("the component does not fit: {error:#}"))
                    .with_remedy("build the guest against the WIT of the versions that `imports` lists")
            })?;
            linked.prove(entry.id(), component)?;
            let uses = |import: &&Registration| {
                let mut interfaces = import.meta().interfaces.iter();
                interfaces.any(|interface| linked.interfaces.contains(&interface.name))
                    && grants.allows_any_of(import.meta().name)
            };
            let used = registry.imports().iter().filter(uses).copied().collect();
            Ok(Fit {
                pre,
                interfaces: linked.interfaces,
                denies: linked.denies,
                imports: used,
                imported: imports.clone(),
            })
        };
        let fit = match bound {
            true => link().map(Arc::new),
            false => fits.fit(component, grants, link),
        };
        let fit = fit.map_err(failed)?;
        Ok(Fitted {
            signature: Signature::of(&export.ty),
            method: export.name,
            imports: fit.imports.clone(),
            used: fit.interfaces.clone(),
            denies: fit.denies,
            shareable: !bound && !fit.imported.need_one_call(registry),
            linked: match Engine::same(component.engine(), plain) {
                true => Linked::Component(fit, export.index),
                false => Linked::Concurrent(fit, export.index),
            },
        })
    }
}

/// What an entry grants: by the names of its list, and through its transport.
pub(super) fn granted(registry: &Registry, spec: &EntrySpec) -> (Grants, Vec<NameProblem>) {
    let (grants, problems) = Grants::resolve(registry, &spec.imports);
    (grants.with_given(registry, &spec.transport_interfaces), problems)
}

/// What the checks and the preparation of an entry have in common.
pub(super) struct EntryParts {
    entry: Arc<EntryInfo>,
    network: Arc<NetworkGuard>,
    grants: Grants,
    names: Vec<EntryProblem>,
    metrics: Option<Arc<EntryMetrics>>,
    denials: Arc<DenialLog>,
}

impl EntryParts {
    pub(super) fn new(host: &Host, spec: &EntrySpec) -> Self {
        let (grants, names) = granted(&host.0.registry, spec);
        let names = names.into_iter().map(|problem| {
            EntryProblem::new(ErrorKind::Invalid, Place::Import(problem.index), problem.message)
                .with_remedy(problem.remedy)
        });
        let services = host.services();
        let metrics = services.metrics_of(&spec.id);
        let denials = services.denials.log();
        let network = NetworkGuard::new(spec.id.clone(), spec.network.clone())
            .with_policy(services.policy.clone())
            .with_metrics(metrics.clone())
            .with_log(denials.clone());
        Self {
            entry: Arc::new(EntryInfo::new(spec.id.clone(), spec.limits.clone(), spec.declared)),
            network: Arc::new(network),
            grants,
            names: names.collect(),
            metrics,
            denials,
        }
    }

    pub(super) fn problems(&self, host: &Host, spec: &EntrySpec) -> Vec<EntryProblem> {
        let Inner { registry, services, functions, .. } = &*host.0;
        let cx = SetupContext::new(&self.entry, services, functions, &self.network);
        let mut problems = self.names.clone();
        problems.extend(registry.check_sections(&cx, &spec.sections, CORE_KEYS).into_iter().map(|problem| {
            let mut found = EntryProblem::new(ErrorKind::Invalid, Place::Config(problem.path), problem.message);
            found.remedy = problem.remedy;
            found
        }));
        problems
    }
}
