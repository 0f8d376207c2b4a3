//! How many instances the kernel has room for: a process may have so many memory maps and no more.
//!
//! Where they are used up, more fails than instances: a thread that runs a guest for the first time cannot be set up, and
//! Wasmtime ends it with a panic.

/// Maps of an instance with one memory, as measured on 48.0.8: two for its stack, four for its memory. A component of several
/// memories takes more, so that room is left for it in what is kept free.
const OF_ONE_IN_A_POOL: u32 = 6;

/// The guard before its memory is a map of its own where no neighbour's ends there.
const OF_ONE_ON_DEMAND: u32 = 7;

/// A sixteenth of all maps is not given to instances: it is for threads, files, allocators and code that comes later.
const KEPT_FREE: u32 = 16;

/// Instances that fit beside what the process has mapped now. None where the kernel does not say.
#[cfg(target_os = "linux")]
pub(super) fn instances(pooled: bool) -> Option<u32> {
    let allowed = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()?;
    let maps = std::fs::read("/proc/self/maps").ok()?;
    let used = maps.iter().filter(|byte| **byte == b'\n').count();
    Some(fitting(pooled, allowed, u32::try_from(used).unwrap_or(u32::MAX)))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn instances(_: bool) -> Option<u32> {
    None
}

fn fitting(pooled: bool, allowed: u32, used: u32) -> u32 {
    let left = allowed.saturating_sub(used).saturating_sub(allowed / KEPT_FREE);
    (left / if pooled { OF_ONE_IN_A_POOL } else { OF_ONE_ON_DEMAND }).max(1)
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn ten_thousand_instances_fit_into_a_linux_process_as_it_comes() {
        assert!(fitting(true, 65_530, 500) >= 10_000);
        assert!((8_000..9_000).contains(&fitting(false, 65_530, 500)), "fewer, where each has its own guard");
    }

    #[test]
    fn a_process_without_maps_left_has_one_instance_and_no_panic() {
        assert_eq!(fitting(true, 65_530, 65_000), 1);
        assert_eq!(fitting(false, 65_530, u32::MAX), 1);
    }
}
