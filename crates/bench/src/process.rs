//! What the kernel says of this process.

use std::fs;

/// Resident memory, in bytes: exact, unlike what `status` says.
pub(crate) fn resident() -> usize {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap_or_default();
    let kib = line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or_default();
    kib << 10
}

/// Memory maps.
pub(crate) fn maps() -> usize {
    fs::read("/proc/self/maps").unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
}

/// Memory maps that one process may have, where the kernel says it.
pub(crate) fn most_maps() -> Option<usize> {
    fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()
}

/// Open file descriptors.
pub(crate) fn descriptors() -> usize {
    // One of them reads the folder.
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count().saturating_sub(1))
}
