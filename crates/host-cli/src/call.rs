//! `call`: one function, once.

use crate::measure::{MeasureArguments, Measuring};
use crate::observation::Observation;
use crate::open::{ApplicationArguments, open_with};
use crate::otlp::OtlpArguments;
use crate::output::{Failure, Output};
use crate::signals::until_signal;
use std::process::ExitCode;
use std::time::Duration;
use wippy_host::imports::random::SeededEntropy;
use wippy_host::value::arguments_from_text;
use wippy_host::{CallContext, EngineOptions, Error, ErrorKind, Finding, HostBuilder, ManualClock, Value, nearest};
use wippy_host_app::Opened;
use wippy_host_app::manifest::{EntryId, Lookup, Problem, Severity};

#[derive(clap::Args)]
pub(crate) struct CallArguments {
    #[command(flatten)]
    application: ApplicationArguments,
    /// The function: namespace:name.
    #[arg(value_name = "NS:NAME")]
    function: String,
    /// The arguments, each as JSON, or as plain text where the parameter is a string. A text that begins with a dash
    /// goes behind `--`.
    #[arg(value_name = "ARGS", allow_negative_numbers = true)]
    arguments: Vec<String>,
    /// Print a text or byte result as it is, without quotes or a line's end; of a result, what its ok or err holds.
    #[arg(long)]
    raw: bool,
    /// Let the call repeat: with the same seed, the same application and the same arguments it gives the same result. Random
    /// numbers come from the seed, clocks begin at 2000-01-01 and a sleep passes at once, and no guest is interrupted
    /// while it computes. Sockets, HTTP and the times of files do not repeat.
    #[arg(long, value_name = "SEED")]
    deterministic: Option<u64>,
    #[command(flatten)]
    otlp: OtlpArguments,
    #[command(flatten)]
    measure: MeasureArguments,
}

impl CallArguments {
    /// The clock of a call that repeats.
    pub(crate) fn clock(&self) -> Option<ManualClock> {
        self.deterministic.map(|_| ManualClock::new(BEGINNING))
    }

    pub(crate) fn otlp(&self) -> &OtlpArguments {
        &self.otlp
    }

    /// What is measured of it.
    pub(crate) fn measuring(&self) -> Result<Measuring, Failure> {
        self.measure.begin(&format!("call {}", self.function))
    }
}

/// 2000-01-01T00:00:00Z, what the clocks of a call that repeats begin with.
const BEGINNING: Duration = Duration::from_secs(946_684_800);

/// Interfaces through which something comes in that does not repeat.
const OUTSIDE: [&str; 3] = ["wasi:sockets/", "wasi:http/outgoing-handler", "wasi:http/client"];

pub(crate) async fn run(
    output: &Output,
    call: CallArguments,
    clock: Option<ManualClock>,
    observation: &Observation,
) -> Result<ExitCode, Failure> {
    // The one thread of a call that repeats is the guest's: without anything to write then, the signal ends the process.
    let listens = observation.is_on() || call.deterministic.is_none();
    let called = called(output, call, clock, observation);
    if listens { until_signal(called).await } else { called.await }
}

async fn called(
    output: &Output,
    call: CallArguments,
    clock: Option<ManualClock>,
    observation: &Observation,
) -> Result<ExitCode, Failure> {
    let mut engine = EngineOptions::default();
    // To set up a pool takes longer than the instances of one call save.
    engine.pooling = false;
    let change = |host: HostBuilder| match call.deterministic {
        Some(seed) => {
            let clock = clock.unwrap_or_default();
            observation.host(host.engine(engine)).deterministic(true).clock(clock).entropy(SeededEntropy::new(seed))
        }
        None => observation.host(host.engine(engine)),
    };
    let opened = open_with(output, &call.application, change).await?;
    let failed = opened.has_errors();
    let shown: Vec<Problem> =
        opened.problems.iter().filter(|problem| problem.severity != Severity::Remark).cloned().collect();
    if failed {
        return Err(Failure::Problems(shown));
    }
    // With --json, standard error holds nothing or one document: why the call failed.
    if !output.json {
        output.problems(&shown);
    }
    if call.deterministic.is_some() {
        warn_of_outside(output, &opened);
    }
    let functions = opened.application.host().functions();
    let function = functions.get(&call.function).ok_or_else(|| no_function(&opened, &call.function))?;
    let signature = function.signature();
    let arguments = match signature {
        Some(signature) => arguments_from_text(signature.params(), &call.arguments),
        None => Ok(call.arguments.iter().map(|text| untyped(text)).collect()),
    };
    let arguments =
        arguments.map_err(|error| Error::invalid(format!("{}: {error}", call.function)).with_source(error))?;
    let result = function.call(&CallContext::new(), arguments).await?;
    let outcome = signature.filter(|signature| signature.shape().result.is_result()).and(result.as_object());
    let failed = outcome.is_some_and(|outcome| outcome.get("err").is_some());
    let payload = outcome.and_then(|outcome| outcome.get("ok").or_else(|| outcome.get("err")));
    match (payload.unwrap_or(&result), call.raw) {
        // Nothing is printed for a function that returns nothing.
        (Value::Null, true) => {}
        (Value::Text(text), true) => output.raw(text.as_bytes())?,
        (Value::Bytes(bytes), true) => output.raw(bytes)?,
        _ => output.json(&result.into_json().map_err(Error::from)?)?,
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Says which functions of the application may see what does not repeat.
fn warn_of_outside(output: &Output, opened: &Opened) {
    let outside = |finding: &Finding| match finding {
        Finding::Used { interface, .. } => OUTSIDE.iter().any(|prefix| interface.starts_with(prefix)),
        _ => false,
    };
    let ids: Vec<&str> = opened
        .preflights
        .iter()
        .filter(|preflight| preflight.findings.iter().any(outside))
        .map(|preflight| preflight.entry.as_str())
        .collect();
    if !ids.is_empty() {
        output.warn(&format!(
            "--deterministic promises nothing for what comes through sockets and HTTP, which {} may use",
            ids.join(", ")
        ));
    }
}

/// An argument for a function that does not say what it takes: JSON, or else text.
fn untyped(text: &str) -> Value {
    Value::from_json_text(text).unwrap_or_else(|_| Value::from(text))
}

/// Why there is no function of this id, and which one may be meant.
fn no_function(opened: &Opened, id: &str) -> Error {
    const LISTED: usize = 20;
    let ids = opened.application.host().functions().ids();
    let other = match id.parse::<EntryId>().map(|id| opened.declarations.lookup(&id)) {
        Ok(Lookup::Found(entry)) => Some(format!("{id} is of kind {}, not a function", entry.kind.value)),
        Ok(Lookup::Skipped(kind)) => Some(format!("{id} is of kind {kind}, which this host does not have")),
        _ => None,
    };
    // A name without a namespace is near to its namesake, however long the namespace is.
    let namesake = ids.iter().find(|known| known.split_once(':').is_some_and(|(_, name)| name == id));
    let near = || namesake.map(|known| &**known).or_else(|| nearest(id, ids.iter().map(|known| &**known)));
    let near = if other.is_some() { None } else { near() };
    let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    let message = other.unwrap_or_else(|| format!("no function {id} in the application"));
    let error = Error::new(ErrorKind::NotFound, message);
    if ids.is_empty() {
        return error.with_remedy("the application has no functions");
    }
    let listed: Vec<&str> = ids.iter().take(LISTED).map(|id| &**id).collect();
    let more = ids.len().saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    error.with_remedy(format!("{near}the functions are: {}{more}", listed.join(", ")))
}
