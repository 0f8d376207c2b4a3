//! What a piece of work costs its thread: time, reads and writes, waits.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, Instant};

/// What something cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// Reads and writes, of files above all.
    pub(crate) transfers: u64,
    /// How often the thread gave up the processor to wait.
    pub(crate) waits: u64,
}

impl Cost {
    /// Does something on this thread, and says what it cost. On a busy machine a count can be one too high or too low now and
    /// then: several tell.
    pub(crate) fn of<R>(work: impl FnOnce() -> R) -> (R, Self) {
        // Looking takes reads, too: always as many.
        let ((), looking) = Self::with_looking(|| ());
        let (result, cost) = Self::with_looking(work);
        (result, Self { transfers: cost.transfers.saturating_sub(looking.transfers), ..cost })
    }

    fn with_looking<R>(work: impl FnOnce() -> R) -> (R, Self) {
        let transfers_before = transfers();
        let waits_before = waits();
        let began = Instant::now();
        let result = work();
        let time = began.elapsed();
        let waits = waits().saturating_sub(waits_before);
        let transfers = transfers().saturating_sub(transfers_before);
        (result, Self { time, transfers, waits })
    }

    /// Whether it did nothing but compute.
    pub(crate) fn computes_alone(&self) -> bool {
        self.transfers == 0 && self.waits == 0
    }
}

fn transfers() -> u64 {
    counts("/proc/thread-self/io", &["syscr", "syscw"])
}

fn waits() -> u64 {
    counts("/proc/thread-self/status", &["voluntary_ctxt_switches"])
}

/// The sum of some of the kernel's counts of this thread; zero where it tells none.
fn counts(file: &str, names: &[&str]) -> u64 {
    // One read, whatever the file's length.
    let mut buffer = [0; 8192];
    let length = File::open(file).and_then(|mut file| file.read(&mut buffer)).unwrap_or_default();
    let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(name, _)| names.contains(name)).filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn reading_a_file_and_waiting_are_told_from_computing() {
        let most = |work: &dyn Fn(), is: &dyn Fn(Cost) -> bool| (0..50).filter(|_| is(Cost::of(work).1)).count() > 25;
        assert!(most(&|| drop(std::hint::black_box(vec![1; 10])), &|cost| cost.computes_alone()));
        assert!(most(&|| std::thread::sleep(Duration::from_micros(50)), &|cost| cost.waits > 0));
        if std::fs::metadata("/proc/thread-self/io").is_ok() {
            assert!(most(&|| drop(std::fs::read("/proc/self/stat").unwrap()), &|cost| cost.transfers > 0));
        }
    }
}
