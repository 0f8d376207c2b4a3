//! What `exec` and `serve` share: one component outside any application, with what the options name and nothing else.

mod surroundings;

use crate::output::Failure;
use std::path::Path;
use std::time::Duration;
use surroundings::{Environment, Mount, Mounts, Variable, mount, rule, variable};
use tracing::{Instrument, Span};
use wippy_host::policy::network::{AllowSource, NetworkRules};
use wippy_host::{
    Declared, EntryProblems, EntrySpec, Error, Host, HostBuilder, Limits, Place, Program, WasmFunction, spans,
};

/// One component and its options.
#[derive(clap::Args)]
pub(crate) struct SingleArguments {
    /// What the component may use, by the names of `wippy-host imports`; `all` for every group. Repeatable.
    #[arg(long = "import", value_name = "NAME")]
    imports: Vec<String>,
    /// A directory that the component sees at an absolute path of its own; `:ro` for reading alone. Repeatable.
    #[arg(long = "mount", value_name = "HOST::GUEST[:ro]", value_parser = mount)]
    mounts: Vec<Mount>,
    /// A variable of the component's environment. Repeatable.
    #[arg(long = "env", value_name = "K=V", value_parser = variable)]
    variables: Vec<Variable>,
    /// An address that may be reached: host, host:port, *.domain, an address or a network. Without, none is. Repeatable.
    #[arg(long = "allow", value_name = "ADDRESS", value_parser = rule)]
    allow: Vec<String>,
    #[command(flatten)]
    limits: LimitArguments,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArguments {
    /// Time from beginning to end, in milliseconds, computing and waiting alike; 0 for no limit.
    #[arg(long, value_name = "N")]
    max_execution_ms: Option<u64>,
    /// Memory of the guest, in bytes.
    #[arg(long, value_name = "N")]
    max_memory_bytes: Option<usize>,
    /// Elements of one table.
    #[arg(long, value_name = "N")]
    max_table_elements: Option<usize>,
    /// Core instances of the component.
    #[arg(long, value_name = "N")]
    max_instances: Option<usize>,
    /// What the guest may make the host allocate in one host call, in bytes.
    #[arg(long, value_name = "N")]
    max_host_bytes: Option<usize>,
    /// Handles that are open at one time.
    #[arg(long, value_name = "N")]
    max_resources: Option<usize>,
    /// Open calls from function to function.
    #[arg(long, value_name = "N")]
    max_call_depth: Option<usize>,
    /// Output written to the log, in bytes a second.
    #[arg(long, value_name = "N")]
    max_log_bytes: Option<u64>,
}

impl LimitArguments {
    /// `time` is the limit where none is given.
    fn limits(&self, time: Option<Duration>) -> Limits {
        let mut limits = Limits::default();
        let set = |limit: &mut usize, given: Option<usize>| *limit = given.unwrap_or(*limit);
        limits.max_execution = match self.max_execution_ms {
            None => time,
            Some(0) => None,
            Some(ms) => Some(Duration::from_millis(ms)),
        };
        set(&mut limits.max_memory_bytes, self.max_memory_bytes);
        set(&mut limits.max_table_elements, self.max_table_elements);
        set(&mut limits.max_instances, self.max_instances);
        set(&mut limits.max_host_bytes, self.max_host_bytes);
        set(&mut limits.max_resources, self.max_resources);
        set(&mut limits.max_call_depth, self.max_call_depth);
        limits.max_log_bytes = self.max_log_bytes.unwrap_or(limits.max_log_bytes);
        limits
    }
}

/// A component that is compiled, and what it may use.
pub(crate) struct Single {
    pub(crate) host: Host,
    pub(crate) program: Program,
    pub(crate) spec: EntrySpec,
}

impl SingleArguments {
    /// Compiles the component in `file` and puts together what it may use. `time` is its limit where none is given. The
    /// file's name stands for an entry's id in messages, and for the program's in its arguments.
    /// `change` says how its host differs.
    pub(crate) async fn open(
        &self,
        file: &Path,
        time: Option<Duration>,
        change: impl FnOnce(HostBuilder) -> HostBuilder,
    ) -> Result<Single, Failure> {
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        let registry = wippy_host::registry()?;
        let all = self.imports.iter().any(|name| name.trim().eq_ignore_ascii_case("all"));
        let imports: Vec<String> = match all {
            true => registry.imports().iter().map(|import| import.meta().name.to_owned()).collect(),
            false => self.imports.clone(),
        };
        let network = match self.allow.as_slice() {
            [] => NetworkRules::nothing(),
            allow => NetworkRules::parse(allow).map_err(|errors| {
                let errors: Vec<String> = errors.iter().map(|error| format!("--allow: {}", error.message)).collect();
                Failure::usage(Error::invalid(errors.join("\n")))
            })?,
        };
        let mounts = self.mounts.iter().map(Mount::section).collect::<Vec<_>>();
        let variables = self.variables.iter().map(Variable::section).collect::<Vec<_>>();
        let wasi = serde_json::json!({"args": [name], "env": variables, "mounts": mounts});
        let spec = EntrySpec::new(name.as_str(), "")
            .with_declared(Declared::CommandLine)
            .with_imports(imports)
            .with_limits(self.limits.limits(time))
            .with_network(network.with_source(AllowSource::CommandLine))
            .with_section("wasi", wasi);
        let host = Host::builder()
            .registry(registry)
            .environment(Environment::new(&self.variables))
            .directories(Mounts::new(&self.mounts));
        let host = change(host).build()?;
        let found = host.check(&spec);
        if !found.is_empty() {
            return Err(Failure::usage(EntryProblems::new(name, found).into()));
        }
        let program = compile(&host, file).instrument(spans::prepare(&name)).await?;
        Ok(Single { host, program, spec })
    }
}

impl Single {
    /// The function `method` of the component; `wanted` says what a component without it is not.
    pub(crate) async fn prepare(&self, method: &str, wanted: &str) -> Result<WasmFunction, Failure> {
        let mut spec = self.spec.clone();
        spec.method = method.to_owned();
        self.host.prepare(spec, &self.program).await.map_err(|found| {
            match found.problems.iter().find(|problem| problem.place == Place::Method) {
                Some(problem) => {
                    let exports = problem.remedy.as_deref().unwrap_or_default();
                    let message = format!("{} is no {wanted}; {exports}", found.entry);
                    Failure::from(Error::new(problem.kind, message).with_remedy(OTHER_WAYS))
                }
                None => Failure::from(Error::from(found)),
            }
        })
    }
}

const OTHER_WAYS: &str = "`wippy-host exec` runs what exports wasi:cli/run or _start, `wippy-host serve` what exports \
                          wasi:http/incoming-handler or wasi:http/handler, `wippy-host call` a function of an \
                          application; `wippy-host inspect` shows what a component is";

async fn compile(host: &Host, file: &Path) -> Result<Program, Failure> {
    let (host, path, shown) = (host.clone(), file.to_path_buf(), file.display().to_string());
    let span = Span::current();
    let compiled = tokio::task::spawn_blocking(move || {
        let _in_span = span.enter();
        let bytes = std::fs::read(&path).map_err(|error| {
            use std::io::ErrorKind::{IsADirectory, NotFound, PermissionDenied};
            let (kind, remedy) = match error.kind() {
                NotFound => (wippy_host::ErrorKind::NotFound, "name the guest's file"),
                PermissionDenied => (wippy_host::ErrorKind::PermissionDenied, "make the file readable for this user"),
                IsADirectory => (
                    wippy_host::ErrorKind::Invalid,
                    "name a .wasm or .wat file; an application is run by `wippy-host run <APP>`",
                ),
                _ => (wippy_host::ErrorKind::Unavailable, "name a file that can be read"),
            };
            Error::new(kind, format!("cannot read {shown}: {error}")).with_remedy(remedy)
        })?;
        host.compile_program(bytes).map_err(|error| {
            let message = format!("{shown}: {}", error.message());
            let named = Error::new(error.kind(), message).with_reason(error.reason());
            match error.remedy() {
                Some(remedy) => named.with_remedy(remedy),
                None => named,
            }
        })
    });
    let compiled = compiled.await.map_err(|error| Error::internal(format!("compiling failed: {error}")))?;
    Ok(compiled?)
}
