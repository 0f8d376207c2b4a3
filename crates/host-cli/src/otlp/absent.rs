//! In the place of traces in a build without the feature `otlp`: nothing.

use crate::log::Listener;
use crate::output::{Failure, Output};
use tokio::runtime::Runtime;
use wippy_host::HostBuilder;

#[derive(clap::Args)]
pub(crate) struct OtlpArguments {}

impl OtlpArguments {
    pub(crate) fn begin(&self, _: &Output, _: &Runtime) -> Result<Exporting, Failure> {
        Ok(Exporting)
    }
}

#[derive(Default)]
pub(crate) struct Exporting;

impl Exporting {
    pub(crate) fn is_on(&self) -> bool {
        false
    }

    pub(crate) fn listener(&self) -> Option<Listener> {
        None
    }

    pub(crate) fn host(&self, host: HostBuilder) -> HostBuilder {
        host
    }

    pub(crate) fn finish(&self, _: &Runtime) {}
}
