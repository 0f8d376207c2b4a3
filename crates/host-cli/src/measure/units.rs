//! Times and sizes for people.

use std::time::Duration;

/// Three digits or four: `0 µs`, `12.3 ms`, `1.23 s`.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_micros() {
        0..1_000 => format!("{} µs", time.as_micros()),
        1_000..100_000 => format!("{:.1} ms", seconds * 1e3),
        100_000..1_000_000 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// `17 B`, `1.5 KiB`, `64.0 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let wide = bytes as f64;
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{:.1} KiB", wide / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", wide / 1_048_576.0),
        _ => format!("{:.1} GiB", wide / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_the_unit_that_fits() {
        let shown = |nanos| time(Duration::from_nanos(nanos));
        assert_eq!([shown(0), shown(999_999), shown(1_000_000)], ["0 µs", "999 µs", "1.0 ms"]);
        assert_eq!([shown(412_345_678), shown(1_284_000_000)], ["412 ms", "1.28 s"]);
        assert_eq!([bytes(1023), bytes(1_114_112), bytes(5 << 30)], ["1023 B", "1.1 MiB", "5.0 GiB"]);
    }
}
