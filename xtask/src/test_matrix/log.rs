//! Runs Cargo with all that it prints in a file, and reads from the file what is counted.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, ExitStatus};

use super::suite::REGISTRY_TEST;
use crate::cargo::{self, CargoError};

/// Lines of a failed run that are repeated on stderr.
const TAIL_LINES: usize = 40;
/// Bytes after which a line of the log is cut in two: a test may print a megabyte without a line end.
const LINE_BYTES: u64 = 4096;

#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the log {path} could not be written or read")]
    File { path: String, source: io::Error },
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

/// Runs to the end with all output in `log`, below `line`: a file needs no threads to be read while it fills, and stays
/// for a look.
pub(crate) fn logged(command: &mut Command, line: &str, log: &Path) -> Result<(ExitStatus, Seen), LogError> {
    let failed = |source| LogError::File { path: log.display().to_string(), source };
    let mut file = File::create(log).map_err(failed)?;
    writeln!(file, "{line}\n").map_err(failed)?;
    command.env("CARGO_TERM_COLOR", "never");
    command.stdout(file.try_clone().map_err(failed)?).stderr(file);
    let status = command.status().map_err(|source| CargoError::Start { command: cargo::display(command), source })?;
    let seen = File::open(log).and_then(|file| scan(BufReader::new(file))).map_err(failed)?;
    Ok((status, seen))
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RegistryTest {
    Absent,
    Ignored,
    Ran,
}

/// What a log says.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Tests that passed.
    pub(crate) passed: u64,
    pub(crate) registry_test: RegistryTest,
    /// How long Cargo built, where it says so.
    pub(crate) build_seconds: Option<f64>,
    /// The last lines.
    pub(crate) tail: VecDeque<String>,
}

/// Reads the output of `cargo test`. Whether a test failed is left to the exit code.
fn scan(mut log: impl BufRead) -> io::Result<Seen> {
    let mut seen = Seen { passed: 0, registry_test: RegistryTest::Absent, build_seconds: None, tail: VecDeque::new() };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if log.by_ref().take(LINE_BYTES).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(seen);
        }
        let text = String::from_utf8_lossy(&bytes);
        let line = text.trim_end();
        match registry_test(line) {
            Some(RegistryTest::Ignored) if seen.registry_test == RegistryTest::Ran => {}
            Some(state) => seen.registry_test = state,
            None => {}
        }
        seen.passed = seen.passed.saturating_add(passed(line));
        seen.build_seconds = build_seconds(line).or(seen.build_seconds);
        if seen.tail.len() == TAIL_LINES {
            seen.tail.pop_front();
        }
        seen.tail.push_back(line.to_owned());
    }
}

/// Finds `test path::name ... result`. The result itself may be on another line (one test thread prints the name first,
/// and what the test's children print comes between), so everything but `ignored` means that it ran.
fn registry_test(line: &str) -> Option<RegistryTest> {
    let (before, after) = line.split_once(REGISTRY_TEST)?;
    let result = after.strip_prefix(" ...")?;
    let path = before.rsplit(' ').next().unwrap_or_default();
    if !(path.is_empty() || path.ends_with("::")) || !before.strip_suffix(path)?.ends_with("test ") {
        return None;
    }
    Some(if result.trim_start().starts_with("ignored") { RegistryTest::Ignored } else { RegistryTest::Ran })
}

/// The count in `test result: ok. 12 passed; 0 failed; …`.
fn passed(line: &str) -> u64 {
    let counts = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(" passed;"));
    counts.and_then(|(before, _)| before.rsplit(' ').next()).and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// The time in ``Finished `test` profile [optimized] target(s) in 1m 31s``.
fn build_seconds(line: &str) -> Option<f64> {
    let (_, time) = line.trim_start().strip_prefix("Finished ")?.rsplit_once(" target(s) in ")?;
    let mut seconds = 0.0;
    for part in time.split_whitespace() {
        let (number, unit) = part.split_at_checked(part.len().checked_sub(1)?)?;
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str =
        "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";

    fn state(log: &str) -> RegistryTest {
        scan(log.as_bytes()).unwrap().registry_test
    }

    #[test]
    fn the_registry_test_is_found_at_the_root_and_in_a_module() {
        assert_eq!(state("test the_registry_holds_exactly_the_enabled_groups ... ok\n"), RegistryTest::Ran);
        assert_eq!(state("test registry::t::the_registry_holds_exactly_the_enabled_groups ... ok"), RegistryTest::Ran);
        assert_eq!(
            state("test the_registry_holds_exactly_the_enabled_groups ... \nguest says\nok\n"),
            RegistryTest::Ran
        );
        assert_eq!(state("no line endtest the_registry_holds_exactly_the_enabled_groups ... ok\n"), RegistryTest::Ran);
    }

    #[test]
    fn a_mention_or_a_longer_name_or_an_ignored_test_is_no_run() {
        assert_eq!(state("running the_registry_holds_exactly_the_enabled_groups\n"), RegistryTest::Absent);
        assert_eq!(state("test the_registry_holds_exactly_the_enabled_groups_twice ... ok\n"), RegistryTest::Absent);
        assert_eq!(state("test if_the_registry_holds_exactly_the_enabled_groups ... ok\n"), RegistryTest::Absent);
        assert_eq!(state("see the_registry_holds_exactly_the_enabled_groups ... ok\n"), RegistryTest::Absent);
        assert_eq!(state(&format!("test {REGISTRY_TEST} ... ignored, no time\n")), RegistryTest::Ignored);
        assert_eq!(state(""), RegistryTest::Absent);
    }

    #[test]
    fn passed_tests_of_all_programs_are_added() {
        let log = format!(
            "running 13 tests\n{RESULT}   Doc-tests wippy_host\n{RESULT}test result: FAILED. 3 passed; 1 failed;\n"
        );
        assert_eq!(scan(log.as_bytes()).unwrap().passed, 27);
        assert_eq!(passed("test result: ok. many passed; 0 failed"), 0);
    }

    #[test]
    fn the_tail_is_bounded_in_lines_and_bytes_and_survives_bytes_that_are_no_text() {
        let mut log = vec![0xff; 1_000_000];
        log.push(b'\n');
        log.extend((0..100).flat_map(|n| format!("line {n}\n").into_bytes()));
        let tail = scan(log.as_slice()).unwrap().tail;
        assert_eq!(tail.len(), TAIL_LINES);
        assert_eq!(tail.back().unwrap(), "line 99");
    }

    #[test]
    fn the_time_of_the_build_is_what_cargo_says_it_was() {
        let finished =
            |time: &str| build_seconds(&format!("    Finished `test` profile [optimized] target(s) in {time}"));
        assert_eq!(finished("0.52s"), Some(0.52));
        assert_eq!(finished("1m 31s"), Some(91.0));
        assert_eq!(finished("1h 02m 03s"), Some(3723.0));
        assert_eq!(finished("a while"), None);
        assert_eq!(build_seconds("finished in 0.01s"), None);
    }
}
