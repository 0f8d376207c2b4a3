//! A host for one test: an import, doubles for what an application has, a guest.

use crate::conformance::watched::Watched;
use crate::doubles::{Folders, Variables};
use crate::policy::PolicyDouble;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use wippy_host_core::policy::network::NetworkRules;
use wippy_host_core::wasmtime::component::Component;
use wippy_host_core::{
    CallContext, CapturedOutput, EngineOptions, EntryProblem, EntryProblems, EntrySpec, Error, ErrorKind, Function,
    Host, HostImport, Limits, ManualClock, OutputLine, Registration, Registry, Result, Section, Value, WasmFunction,
    function,
};

/// What the test clock shows first: 2000-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(946_684_800);

/// A host for one import, with a double for each service, and the entry `app:test` whose guest is called.
///
/// Every setter is for before the first call: one that comes later takes effect on a new host, whose functions, pools and
/// shared state begin anew. Directories, variables, clock, output and what the policy was asked stay.
pub struct Harness {
    import: Registration,
    watched: Registration,
    others: Others,
    folders: Folders,
    variables: Variables,
    clock: ManualClock,
    output: CapturedOutput,
    policy: PolicyDouble,
    doubles: Vec<(Arc<str>, Arc<dyn Function>)>,
    spec: EntrySpec,
    guest: Option<Arc<[u8]>>,
    built: OnceLock<Result<Built>>,
}

impl fmt::Debug for Harness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("import", &self.import).field("spec", &self.spec).finish_non_exhaustive()
    }
}

/// What the registry holds beside the import.
enum Others {
    Linked,
    Named(Vec<Registration>),
}

/// The host, and the guest on it.
struct Built {
    host: Host,
    component: Option<Component>,
    /// By method: an entry is prepared once for all calls, as in an application.
    prepared: Mutex<HashMap<String, Arc<WasmFunction>>>,
}

impl Harness {
    /// A harness for the import `I`: its registry holds what the program links, `I` at least. The entry `app:test` lists `I` in
    /// its `imports` and has 60 s for a call; everything else is as [`EntrySpec`] and [`Limits`] have it.
    pub fn new<I: HostImport>() -> Self {
        let mut spec = EntrySpec::new("app:test", "run").with_imports([I::META.name]);
        // So that a slow machine is no failure.
        spec.limits.max_execution = Some(Duration::from_secs(60));
        Self {
            import: Registration::new::<I>(),
            watched: Registration::new::<Watched<I>>(),
            others: Others::Linked,
            folders: Folders::default(),
            variables: Variables::default(),
            clock: ManualClock::new(START),
            output: CapturedOutput::default(),
            policy: PolicyDouble::as_declared(),
            doubles: Vec::new(),
            spec,
            guest: None,
            built: OnceLock::new(),
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        self.built = OnceLock::new();
        change(&mut self);
        self
    }

    /// Leaves the import alone in the registry, whatever the program links.
    #[must_use]
    pub fn alone(self) -> Self {
        self.change(|harness| harness.others = Others::Named(Vec::new()))
    }

    /// Adds an import to one that is [`alone`](Self::alone), by its static: `&wippy_import_io::IMPORT`. Without `alone` it adds
    /// nothing, since what the program links is there already.
    #[must_use]
    pub fn with(self, import: &Registration) -> Self {
        self.change(|harness| match &mut harness.others {
            Others::Linked => {}
            Others::Named(others) => others.push(*import),
        })
    }

    /// Adds an empty temporary directory as `fs.directory` of this id (`app:data`), removed at the end.
    ///
    /// # Panics
    /// Where no temporary directory can be made.
    #[must_use]
    pub fn directory(self, id: &str) -> Self {
        self.folders.add(id);
        self
    }

    /// Adds a directory that is there as `fs.directory` of this id. It stays.
    #[must_use]
    pub fn directory_at(self, id: &str, path: impl Into<PathBuf>) -> Self {
        self.folders.give(id, path.into());
        self
    }

    /// Adds a variable of the environment by its id (`app:api_key`), or changes it.
    #[must_use]
    pub fn variable(self, id: &str, value: &str) -> Self {
        self.variables.put(id, value);
        self
    }

    /// Adds a function that guests may call by this id, in the place of the real one. The arguments are JSON.
    #[must_use]
    pub fn function<F>(self, id: &str, body: F) -> Self
    where
        F: Fn(Vec<Json>) -> Result<Json> + Send + Sync + 'static,
    {
        let body = Arc::new(body);
        let double = function(move |_context: CallContext, arguments: Vec<Value>| {
            let body = body.clone();
            async move {
                let arguments: Result<Vec<Json>, _> = arguments.into_iter().map(Value::into_json).collect();
                Ok(Value::from_json(body(arguments?)?)?)
            }
        });
        self.change(|harness| harness.doubles.push((id.into(), Arc::new(double))))
    }

    /// Sets the policy. Default [`PolicyDouble::as_declared`].
    #[must_use]
    pub fn policy(self, policy: PolicyDouble) -> Self {
        self.change(|harness| harness.policy = policy)
    }

    /// Sets the import's own configuration, where [`ImportMeta::section`](wippy_host_core::ImportMeta::section) says: under
    /// `config`, or in the section that it shares, whose other keys stay. Of an import without configuration it does nothing.
    #[must_use]
    pub fn config(self, config: Json) -> Self {
        let section = self.import.meta().section;
        self.change(|harness| match (section, config) {
            (Section::None, _) => {}
            (Section::Own(name), config) => {
                let own = harness.spec.sections.entry("config").or_insert_with(|| json!({}));
                if let Json::Object(own) = own {
                    own.insert(name.to_owned(), config);
                }
            }
            (Section::Shared(name), config) => match (harness.spec.sections.get_mut(name), config) {
                (Some(Json::Object(section)), Json::Object(config)) => section.extend(config),
                (_, config) => drop(harness.spec.sections.insert(name.to_owned(), config)),
            },
        })
    }

    /// Sets a whole section of the entry, for example `wasi`.
    #[must_use]
    pub fn section(self, name: &str, section: Json) -> Self {
        self.change(|harness| drop(harness.spec.sections.insert(name.to_owned(), section)))
    }

    /// Sets the names that the entry lists in `imports`. Default: the import's.
    #[must_use]
    pub fn imports<S: Into<String>>(self, imports: impl IntoIterator<Item = S>) -> Self {
        self.change(|harness| harness.spec.imports = imports.into_iter().map(Into::into).collect())
    }

    /// Changes the entry's limits.
    #[must_use]
    pub fn limits(self, change: impl FnOnce(&mut Limits)) -> Self {
        self.change(|harness| change(&mut harness.spec.limits))
    }

    /// Sets what the entry may reach over the network, as `wasi.network.allow` has it. Default: any public address.
    #[must_use]
    pub fn network(self, rules: NetworkRules) -> Self {
        self.change(|harness| harness.spec.network = rules)
    }

    /// Changes the entry in any other way: its id, pool, bindings.
    #[must_use]
    pub fn entry(self, change: impl FnOnce(EntrySpec) -> EntrySpec) -> Self {
        self.change(|harness| {
            let unchanged = EntrySpec::new("app:test", "run");
            harness.spec = change(std::mem::replace(&mut harness.spec, unchanged));
        })
    }

    /// Sets the guest: a component, binary or text. It is compiled at the first call.
    #[must_use]
    pub fn guest(self, code: impl AsRef<[u8]>) -> Self {
        self.change(|harness| harness.guest = Some(code.as_ref().into()))
    }

    /// Calls an export with the elements of a JSON array, and gives back its result as JSON. Dropping the future cancels the call.
    ///
    /// # Errors
    /// What ended the call; what stops the entry from being prepared, all problems in one text
    /// ([`Harness::problems`] has them one by one); a guest that is no component or was not set.
    pub async fn call(&self, method: &str, arguments: Json) -> Result<Json> {
        self.call_in(&CallContext::new(), method, arguments).await
    }

    /// The same under a context: for somebody, until a deadline. Dropping the future cancels the call.
    ///
    /// # Errors
    /// As [`Harness::call`].
    pub async fn call_in(&self, context: &CallContext, method: &str, arguments: Json) -> Result<Json> {
        let Json::Array(arguments) = arguments else {
            return Err(Error::invalid(format!("the arguments of {method} are no JSON array: {arguments}")));
        };
        let arguments: Result<Vec<Value>, _> = arguments.into_iter().map(Value::from_json).collect();
        let function = self.prepare(method).await?;
        Ok(function.call(context, arguments?).await?.into_json()?)
    }

    /// The function that [`Harness::call`] calls: prepared once for each method. Where the future is dropped, the next one prepares it.
    ///
    /// # Errors
    /// As [`Harness::call`].
    pub async fn prepare(&self, method: &str) -> Result<Arc<WasmFunction>> {
        let known = self.built()?.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(method).cloned();
        if let Some(function) = known {
            return Ok(function);
        }
        let function = Arc::new(self.prepare_anew(method).await??);
        let built = self.built()?;
        built.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(method.to_owned(), function.clone());
        Ok(function)
    }

    async fn prepare_anew(&self, method: &str) -> Result<Result<WasmFunction, EntryProblems>> {
        let built = self.built()?;
        let Some(component) = &built.component else {
            return Err(Error::new(ErrorKind::NotFound, "the harness has no guest").with_remedy("set one: .guest(...)"));
        };
        let mut spec = self.spec.clone();
        method.clone_into(&mut spec.method);
        Ok(built.host.prepare(spec, component).await)
    }

    /// What is wrong with the entry: its names and configuration, and what preparing `method` finds, where there is a guest. An
    /// entry that can be called has none. Dropping the future leaves nothing behind.
    ///
    /// # Errors
    /// Where there is no host: a guest that is no component, imports that do not fit together.
    pub async fn problems(&self, method: &str) -> Result<Vec<EntryProblem>> {
        if self.guest.is_none() {
            return Ok(self.host()?.check(&self.spec));
        }
        Ok(self.prepare_anew(method).await?.err().map_or_else(Vec::new, |problems| problems.problems))
    }

    /// The host.
    ///
    /// # Errors
    /// As [`Harness::problems`].
    pub fn host(&self) -> Result<&Host> {
        Ok(&self.built()?.host)
    }

    /// The entry, without its method.
    pub fn spec(&self) -> &EntrySpec {
        &self.spec
    }

    /// The clock of the host. It stands still until it is advanced.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// Completes when at least `sleepers` guests sleep by the clock: the moment to advance it. Dropping the future changes nothing.
    pub async fn asleep(&self, sleepers: usize) {
        while self.clock.sleepers() < sleepers {
            tokio::task::yield_now().await;
        }
    }

    /// What guests wrote so far.
    pub fn output(&self) -> Vec<OutputLine> {
        self.output.lines()
    }

    /// The policy, which knows what it was asked.
    pub fn asked(&self) -> Vec<crate::Asked> {
        self.policy.asked()
    }

    /// Where the directory of this id is.
    pub fn path(&self, id: &str) -> Option<PathBuf> {
        self.folders.path(id)
    }

    /// The value of a variable now.
    pub fn variable_now(&self, id: &str) -> Option<String> {
        wippy_host_core::Environment::get(&self.variables, id).ok().flatten()
    }

    /// The import.
    pub(crate) fn import(&self) -> Registration {
        self.import
    }

    /// The same harness with another guest and another entry id, on a host of its own: for what each promise needs.
    pub(crate) fn again(&self, id: &str) -> Self {
        let mut spec = self.spec.clone();
        spec.id = id.into();
        Self {
            import: self.import,
            watched: self.watched,
            others: match &self.others {
                Others::Linked => Others::Linked,
                Others::Named(others) => Others::Named(others.clone()),
            },
            folders: self.folders.clone(),
            variables: self.variables.clone(),
            clock: self.clock.clone(),
            output: self.output.clone(),
            policy: self.policy.clone(),
            doubles: self.doubles.clone(),
            spec,
            guest: None,
            built: OnceLock::new(),
        }
    }

    /// The import as it is, in a wrapper that sees what becomes of its state.
    pub(crate) fn watched(self) -> Self {
        let watched = self.watched;
        self.change(|harness| harness.import = watched)
    }

    /// The registry, of which the import is a part whether the program links it or not.
    pub(crate) fn registry(&self) -> Result<Registry> {
        let own = self.import.meta().name;
        let others = match &self.others {
            Others::Linked => Registry::builder().with_linked().build()?.imports().to_vec(),
            Others::Named(others) => others.clone(),
        };
        let others = others.iter().filter(|other| other.meta().name != own);
        others.fold(Registry::builder().with(&self.import), |builder, other| builder.with(other)).build()
    }

    fn built(&self) -> Result<&Built> {
        self.built.get_or_init(|| self.build()).as_ref().map_err(Clone::clone)
    }

    fn build(&self) -> Result<Built> {
        let mut engine = EngineOptions::default();
        // A pool takes address space, of which many tests at one time have too little.
        engine.pooling = false;
        let host = Host::builder()
            .registry(self.registry()?)
            .engine(engine)
            .clock(self.clock.clone())
            .environment(self.variables.clone())
            .directories(self.folders.clone())
            .output(self.output.clone())
            .policy(self.policy.clone())
            .build()?;
        host.functions().register_all(self.doubles.clone())?;
        let component = self.guest.as_ref().map(|code| host.compile(code)).transpose()?;
        Ok(Built { host, component, prepared: Mutex::default() })
    }
}
