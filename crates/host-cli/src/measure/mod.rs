//! Where time and memory go: `--profile` and `--stats`.
//!
//! Both listen to what the host says anyway ([`wippy_host::spans`]), so that a call without them pays for neither. A profile has
//! samples of the guests besides, for which its host is built differently.

mod file;
mod profile;
mod recorder;
pub(crate) mod report;
mod stats;
mod units;

use crate::log::Listener;
use crate::output::{Failure, Output};
use file::ProfileFile;
use profile::{Profile, Samples};
use recorder::Recorder;
#[cfg(feature = "otlp")]
pub(crate) use recorder::{Fields, function_name, is_host_call};
pub(crate) use stats::Stats;
use std::path::PathBuf;
use std::sync::Arc;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use wippy_host::HostBuilder;

#[derive(clap::Args)]
#[command(next_help_heading = "Measuring")]
pub(crate) struct MeasureArguments {
    /// Write a profile of the guests to this file, also where the call fails: what they compute, a sample each millisecond,
    /// and when they were in host functions. https://profiler.firefox.com opens it.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Say on standard error where time and memory went: of each entry that was called, compiling, instantiating, computing,
    /// waiting and memory, and the host functions that its guest called.
    #[arg(long)]
    stats: bool,
}

/// What is measured of this process; often nothing.
#[derive(Default)]
pub(crate) struct Measuring {
    profile: Option<(ProfileFile, Arc<Profile>)>,
    stats: Option<Arc<Stats>>,
}

impl MeasureArguments {
    /// # Errors
    /// Where no profile can be written to its file.
    pub(crate) fn begin(&self, called: &str) -> Result<Measuring, Failure> {
        let profile = match &self.profile {
            Some(path) => Some((ProfileFile::create(path)?, Arc::new(Profile::new(called)))),
            None => None,
        };
        Ok(Measuring { profile, stats: self.stats.then(Arc::default) })
    }
}

impl Measuring {
    pub(crate) fn is_on(&self) -> bool {
        self.profile.is_some() || self.stats.is_some()
    }

    pub(crate) fn stats(&self) -> Option<Arc<Stats>> {
        self.stats.clone()
    }

    /// What has to hear of the spans; nobody where nothing is measured.
    pub(crate) fn listener(&self) -> Option<Listener> {
        let profile = self.profile.as_ref().map(|(_, profile)| profile.clone());
        let recorder = self.is_on().then(|| Recorder::new(self.stats.clone(), profile))?;
        Some(recorder.with_filter(filter_fn(Recorder::hears)).boxed())
    }

    /// The host as the profile wants it.
    pub(crate) fn host(&self, host: HostBuilder) -> HostBuilder {
        match &self.profile {
            Some((_, profile)) => host.sampler(Samples(profile.clone()), profile::INTERVAL),
            None => host,
        }
    }

    /// Writes and prints what was measured. `listening` says whether the spans could be heard.
    ///
    /// # Errors
    /// Where the profile cannot be written.
    pub(crate) fn finish(self, output: &Output, listening: bool) -> Result<(), Failure> {
        if self.is_on() && !listening {
            output.warn("this program has a log of its own: host functions are not measured, and --stats says nothing");
        }
        if let Some(stats) = self.stats.and_then(|stats| stats.take()) {
            report::print(output, &stats);
        }
        let Some((file, profile)) = self.profile else { return Ok(()) };
        let written = profile.write(file)?;
        output.note(&written);
        Ok(())
    }
}
