//! What is seen of calls beside their results: what is measured, their traces, and what they were denied.

use crate::log::Listener;
use crate::measure::Measuring;
use crate::otlp::Exporting;
use wippy_host::HostBuilder;
use wippy_host::policy::network::Denials;

#[derive(Default)]
pub(crate) struct Observation {
    pub(crate) measuring: Measuring,
    pub(crate) exporting: Exporting,
    /// Kept beside the host, for the last word where a signal leaves no time to drain.
    pub(crate) denials: Denials,
}

impl Observation {
    /// Whether there is something to write at the end.
    pub(crate) fn is_on(&self) -> bool {
        self.measuring.is_on() || self.exporting.is_on()
    }

    /// What has to hear of the spans.
    pub(crate) fn listeners(&self) -> Vec<Listener> {
        [self.measuring.listener(), self.exporting.listener()].into_iter().flatten().collect()
    }

    /// The host that is observed.
    pub(crate) fn host(&self, host: HostBuilder) -> HostBuilder {
        self.exporting.host(self.measuring.host(host)).denials(self.denials.clone())
    }
}
