//! A profile of guests, in the format of the Firefox profiler.
//!
//! Everything stands in one thread of the profile. Each stack begins with the entries whose calls are open, so that the tree of
//! calls goes through all of them, and goes on with the functions of the innermost guest. Calls of entries and host functions are
//! markers: no sample is taken in them.
//!
//! Wasmtime has a `GuestProfiler`, of one store; here every call of a nested one has a store of its own.

use super::file::ProfileFile;
use crate::output::Failure;
use fxprof_processed_profile::{
    CategoryColor, CategoryHandle, CpuDelta, Frame, FrameFlags, FrameInfo, MarkerFieldFlags, MarkerFieldFormat,
    MarkerLocations, MarkerTiming, Profile as Processed, SamplingInterval, StaticSchemaMarker, StaticSchemaMarkerField,
    StringHandle, ThreadHandle, Timestamp,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use wippy_host::{Sample, SampledFrame, Sampler};

/// How often a guest that computes is looked at.
pub(super) const INTERVAL: Duration = Duration::from_millis(1);

/// Frames of all samples, which is what their memory grows with: half an hour of ordinary guests, some hundred megabytes at the
/// worst.
const MAX_FRAMES: usize = 20_000_000;

/// Markers of all host calls and calls.
const MAX_MARKERS: usize = 100_000;

/// Host calls that are shorter are no markers: nobody would see them.
const SHORTEST: Duration = Duration::from_micros(100);

/// What is being recorded, until it is written.
pub(crate) struct Profile(Mutex<Option<Recording>>);

struct Recording {
    profile: Processed,
    thread: ThreadHandle,
    began: Instant,
    /// When the last sample was taken.
    last: Duration,
    entries: CategoryHandle,
    guests: CategoryHandle,
    host: CategoryHandle,
    /// What functions are called in the profile, by their raw name or their module and index.
    names: HashMap<String, StringHandle>,
    samples: usize,
    frames: usize,
    markers: usize,
}

/// The sampler of a host.
pub(super) struct Samples(pub(super) Arc<Profile>);

impl Sampler for Samples {
    fn sample(&self, sample: &Sample<'_>) {
        if let Some(recording) = &mut *self.0.lock() {
            recording.sample(sample);
        }
    }
}

impl Profile {
    pub(super) fn new(called: &str) -> Self {
        let zero = Timestamp::from_nanos_since_reference(0);
        let interval = SamplingInterval::from(INTERVAL);
        let mut profile = Processed::new("wippy-host", SystemTime::now().into(), interval);
        let entries = profile.add_category("Entry", CategoryColor::Purple);
        let guests = profile.add_category("Guest", CategoryColor::Blue);
        let host = profile.add_category("Host function", CategoryColor::Orange);
        let process = profile.add_process(called, std::process::id(), zero);
        let thread = profile.add_thread(process, std::process::id(), zero, true);
        profile.set_thread_name(thread, "guests");
        profile.set_symbolicated(true);
        Self(Mutex::new(Some(Recording {
            profile,
            thread,
            began: Instant::now(),
            last: Duration::ZERO,
            entries,
            guests,
            host,
            names: HashMap::new(),
            samples: 0,
            frames: 0,
            markers: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Recording>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call of an entry.
    pub(super) fn call(&self, entry: &str, began: Instant, ended: Instant) {
        if let Some(recording) = &mut *self.lock() {
            let category = recording.entries;
            recording.mark(entry, entry, category, began, ended);
        }
    }

    /// A host function that the guest of an entry called.
    pub(super) fn host_call(&self, entry: &str, function: &str, began: Instant, ended: Instant) {
        if ended.saturating_duration_since(began) < SHORTEST {
            return;
        }
        if let Some(recording) = &mut *self.lock() {
            let category = recording.host;
            recording.mark(function, entry, category, began, ended);
        }
    }

    /// Writes what was recorded, and says so. Nothing is recorded any more.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn write(&self, file: ProfileFile) -> Result<String, Failure> {
        let Some(recording) = self.lock().take() else { return Ok(String::new()) };
        let shown = file.path().display().to_string();
        let (samples, full) = (recording.samples, recording.frames >= MAX_FRAMES);
        let profile = recording.finished();
        file.write(|writer| serde_json::to_writer(writer, &profile).map_err(Into::into))?;
        let samples = match samples {
            0 => "no sample, since no guest computed for a millisecond".to_owned(),
            1 => "1 sample".to_owned(),
            many if full => format!("the first {many} samples, more than which it cannot hold"),
            many => format!("{many} samples"),
        };
        Ok(format!("the profile in {shown} has {samples}; open it at https://profiler.firefox.com"))
    }
}

impl Recording {
    fn sample(&mut self, sample: &Sample<'_>) {
        if self.frames >= MAX_FRAMES {
            return;
        }
        let mut stack = Vec::new();
        for entry in sample.entries() {
            let name = self.profile.intern_string(entry);
            stack.push(frame(name, self.entries));
        }
        if sample.is_cut() {
            let name = self.profile.intern_string("(outer functions, not recorded)");
            stack.push(frame(name, self.guests));
        }
        let inner = stack.len();
        for function in sample.frames() {
            let name = self.name(function);
            stack.push(frame(name, self.guests));
        }
        if let Some(functions) = stack.get_mut(inner..) {
            functions.reverse();
        }
        let now = self.began.elapsed();
        // How much of the time was the guest's is not known: no more than passed, nor than what lies between two samples.
        let busy = now.saturating_sub(self.last).min(INTERVAL);
        self.frames += stack.len();
        self.samples += 1;
        self.last = now;
        let stack = self.profile.intern_stack_frames(self.thread, stack.into_iter());
        self.profile.add_sample(self.thread, timestamp(now), stack, CpuDelta::from(busy), 1);
    }

    fn name(&mut self, function: SampledFrame<'_>) -> StringHandle {
        let unnamed;
        let key = match function.raw_name() {
            Some(name) => name,
            None => {
                unnamed = format!("\0{} {}", function.index(), function.module().unwrap_or_default());
                &unnamed
            }
        };
        if let Some(known) = self.names.get(key) {
            return *known;
        }
        let name = self.profile.intern_string(&function.name());
        self.names.insert(key.to_owned(), name);
        name
    }

    fn mark(&mut self, name: &str, entry: &str, category: CategoryHandle, began: Instant, ended: Instant) {
        if self.markers >= MAX_MARKERS {
            return;
        }
        self.markers += 1;
        let since = |moment: Instant| timestamp(moment.saturating_duration_since(self.began));
        let timing = MarkerTiming::Interval(since(began), since(ended));
        let (name, entry) = (self.profile.intern_string(name), self.profile.intern_string(entry));
        self.profile.add_marker(self.thread, timing, Called { name, entry, category });
    }

    fn finished(self) -> Processed {
        let Self { mut profile, thread, began, .. } = self;
        profile.set_thread_end_time(thread, timestamp(began.elapsed()));
        profile
    }
}

fn frame(name: StringHandle, category: CategoryHandle) -> FrameInfo {
    FrameInfo { frame: Frame::Label(name), category_pair: category.into(), flags: FrameFlags::empty() }
}

fn timestamp(since: Duration) -> Timestamp {
    Timestamp::from_nanos_since_reference(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// A call, of an entry or a host function.
struct Called {
    name: StringHandle,
    entry: StringHandle,
    category: CategoryHandle,
}

impl StaticSchemaMarker for Called {
    const UNIQUE_MARKER_TYPE_NAME: &'static str = "Call";
    const LOCATIONS: MarkerLocations =
        MarkerLocations::MARKER_CHART.union(MarkerLocations::MARKER_TABLE).union(MarkerLocations::TIMELINE_OVERVIEW);
    const CHART_LABEL: Option<&'static str> = Some("{marker.name}");
    const TABLE_LABEL: Option<&'static str> = Some("{marker.name} - {marker.data.entry}");
    const FIELDS: &'static [StaticSchemaMarkerField] = &[StaticSchemaMarkerField {
        key: "entry",
        label: "Entry",
        format: MarkerFieldFormat::String,
        flags: MarkerFieldFlags::SEARCHABLE,
    }];

    fn name(&self, _: &mut Processed) -> StringHandle {
        self.name
    }

    fn category(&self, _: &mut Processed) -> CategoryHandle {
        self.category
    }

    fn string_field_value(&self, _: u32) -> StringHandle {
        self.entry
    }

    fn number_field_value(&self, _: u32) -> f64 {
        0.0
    }
}
