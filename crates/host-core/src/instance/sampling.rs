//! What guests do while they compute, looked at again and again: for profiles.

use super::failure::{OutOfTime, shortened};
use super::store::StoreData;
use super::turns;
use crate::call::CallContext;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::{FrameInfo, Store, StoreContextMut, UpdateDeadline, WasmBacktrace};

/// Frames of one sample, the innermost ones: a stack of half a megabyte may hold ten thousand.
pub(crate) const MAX_FRAMES: usize = 512;

/// Takes the samples of a host: see [`HostBuilder::sampler`](crate::HostBuilder::sampler).
pub trait Sampler: Send + Sync + 'static {
    /// One sample, on the thread that the guest computes on. Must not block.
    fn sample(&self, sample: &Sample<'_>);
}

/// Where a guest was at one moment.
pub struct Sample<'a> {
    entry: &'a str,
    call: &'a CallContext,
    frames: &'a [FrameInfo],
}

impl fmt::Debug for Sample<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("entry", &self.entry).field("is_cut", &self.is_cut()).finish_non_exhaustive()
    }
}

impl<'a> Sample<'a> {
    /// The entries whose calls are open, the outermost first; the last one is the guest's own.
    pub fn entries(&self) -> Vec<&'a str> {
        let mut entries: Vec<&str> = self.call.chain().map(|(entry, _)| &**entry).collect();
        entries.reverse();
        if entries.is_empty() {
            entries.push(self.entry);
        }
        entries
    }

    /// The functions of the guest, the innermost first.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = SampledFrame<'a>> {
        self.frames.iter().map(SampledFrame)
    }

    /// Whether there are more frames than the sample has.
    pub fn is_cut(&self) -> bool {
        self.frames.len() >= MAX_FRAMES
    }
}

/// A function of a guest.
#[derive(Clone, Copy)]
pub struct SampledFrame<'a>(&'a FrameInfo);

impl fmt::Debug for SampledFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SampledFrame").field(&self.name()).finish()
    }
}

impl<'a> SampledFrame<'a> {
    /// The name in the guest's name section, as the compiler wrote it there.
    pub fn raw_name(&self) -> Option<&'a str> {
        self.0.func_name()
    }

    /// The core module that the function is of, where that has a name.
    pub fn module(&self) -> Option<&'a str> {
        self.0.module().name()
    }

    /// The index in its module.
    pub fn index(&self) -> u32 {
        self.0.func_index()
    }

    /// The name as the guest's author wrote it, fit for a terminal; without one, its index and its module.
    pub fn name(&self) -> String {
        match (self.raw_name(), self.module()) {
            (Some(name), _) => shortened(name),
            (None, Some(module)) => format!("function {} of {}", self.index(), shortened(module)),
            (None, None) => format!("function {}", self.index()),
        }
    }
}

/// Has a sample taken at each epoch in which the guest computes. The rest is as without: it gives its thread back then, or ends at
/// its deadline on a host that does not interrupt it.
pub(super) fn sampled(store: &mut Store<StoreData>, sampler: Arc<dyn Sampler>) {
    let deterministic = store.data().services().deterministic;
    store.epoch_deadline_callback(move |store| {
        take(&*sampler, &store);
        if !deterministic {
            return Ok(turns::next());
        }
        match store.data().call().deadline() {
            Some(deadline) if deadline <= Instant::now() => Err(OutOfTime.into()),
            _ => Ok(UpdateDeadline::Continue(1)),
        }
    });
}

fn take(sampler: &dyn Sampler, store: &StoreContextMut<'_, StoreData>) {
    let backtrace = WasmBacktrace::force_capture(store);
    let data = store.data();
    sampler.sample(&Sample { entry: data.entry().id(), call: data.call(), frames: backtrace.frames() });
}
