//! The log: where it goes, in which form, and how much of it.

use crate::output::{Failure, Output};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, registry};
use wippy_host::Error;

/// What is logged by default where requests are served.
const SERVING: &str = "info";

/// The same of a call or a command, whose error says what it lacked.
const CALLING: &str = "info,wippy::denied::grant=off";

#[derive(clap::Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArguments {
    /// The form of the log: text for people, or JSON, one object a line.
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    log_format: Format,
    /// What is logged: a level (error, warn, info, debug, trace, off), or target=level, with commas between. Default info;
    /// WIPPY_LOG says it where this does not.
    #[arg(long, global = true, value_name = "FILTER")]
    log_level: Option<String>,
    /// Append the log to this file, in the place of standard error.
    #[arg(long, global = true, value_name = "FILE")]
    log_file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

impl LogArguments {
    pub(crate) fn format(&self) -> Format {
        self.log_format
    }

    /// Starts the log. False where the program has one of its own, which an embedder that has set it keeps: then no listener hears
    /// anything.
    ///
    /// # Errors
    /// Where the filter is none, or the file cannot be written.
    pub(crate) fn start(&self, output: &Output, serving: bool, listeners: Vec<Listener>) -> Result<bool, Failure> {
        let filter = self.filter(output, if serving { SERVING } else { CALLING })?;
        let log: Listener = match &self.log_file {
            None => {
                let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
                layer(self.log_format, std::io::stderr, colour)
            }
            Some(path) => layer(self.log_format, Arc::new(open(path)?), false),
        };
        // Its hint has to be the least that it lets through: without one, every span would be made for a log that drops it.
        let without_arguments = filter_fn(|metadata| !holds_arguments(metadata));
        let log = log.with_filter(filter.and(without_arguments.with_max_level_hint(LevelFilter::TRACE)));
        let layers: Vec<Listener> = std::iter::once(log.boxed()).chain(listeners).collect();
        Ok(registry().with(layers).try_init().is_ok())
    }

    fn filter(&self, output: &Output, default: &str) -> Result<EnvFilter, Failure> {
        const FORM: &str = "write a level, or target=level, with commas between";
        if let Some(given) = &self.log_level {
            return EnvFilter::try_new(given).map_err(|error| {
                let error = Error::invalid(format!("--log-level: {given:?} is no filter: {error}"));
                Failure::usage(error.with_remedy(FORM))
            });
        }
        let set = std::env::var("WIPPY_LOG").ok().filter(|filter| !filter.is_empty());
        Ok(match set.as_deref().map(EnvFilter::try_new) {
            None => EnvFilter::new(default),
            Some(Ok(filter)) => filter,
            Some(Err(error)) => {
                output.warn(&format!("WIPPY_LOG is no filter: {error}; {FORM}"));
                EnvFilter::new(default)
            }
        })
    }
}

/// Whether an event is one of those in which generated bindings put the arguments and results of host calls: headers, variables and
/// whatever else guests and hosts tell each other. No filter of an operator's brings them into the log.
fn holds_arguments(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    metadata.is_event() && *metadata.level() == Level::TRACE && target.starts_with("wasmtime_wasi")
}

/// What others append stays, and so does what is written meanwhile where the file is truncated.
fn open(path: &Path) -> Result<File, Failure> {
    OpenOptions::new().append(true).create(true).open(path).map_err(|error| {
        let error = Error::invalid(format!("--log-file: cannot write {}: {error}", path.display()));
        Failure::usage(error.with_remedy("name a file in a directory that is there and may be written"))
    })
}

/// What hears of spans and events: the log, and others beside it.
pub(crate) type Listener = Box<dyn Layer<Registry> + Send + Sync>;

fn layer<W>(format: Format, writer: W, colour: bool) -> Listener
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // It would say where it cannot be read that it cannot write, and panic.
    let log = fmt::layer().with_writer(writer).log_internal_errors(false);
    match format {
        Format::Text => log.with_ansi(colour).boxed(),
        Format::Json => log.json().flatten_event(true).with_span_list(false).boxed(),
    }
}
