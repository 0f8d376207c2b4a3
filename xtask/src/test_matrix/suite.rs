//! The tests of the facade with one set of features.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;

use super::capabilities::FACADE;
use super::rules::Problem;
use super::sets::FeatureSet;
use crate::cargo::{self, CargoError};

/// The facade's test that compares its registry with [`EXPECTED`]. A set in which it does not run proves nothing.
pub(crate) const REGISTRY_TEST: &str = "the_registry_holds_exactly_the_enabled_groups";
/// The variable that tells that test the enabled features, joined by commas.
pub(crate) const EXPECTED: &str = "WIPPY_EXPECTED_IMPORTS";

/// Lines of a failed run that are repeated on stderr.
const TAIL_LINES: usize = 40;
/// Bytes after which a line of the log is cut in two: a test may print a megabyte without a line end.
const LINE_BYTES: u64 = 4096;

/// What a run of the tests came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) passed: u64,
    pub(crate) problems: Vec<Problem>,
    /// The last lines, where something is wrong.
    pub(crate) tail: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SuiteError {
    #[error("the log {path} could not be written or read")]
    Log { path: String, source: io::Error },
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

/// The line that runs the same tests.
pub(crate) fn command_line(set: &FeatureSet) -> String {
    format!("{EXPECTED}={} cargo test {}", set.list(), set.cargo_arguments(FACADE).join(" "))
}

/// Runs the tests with all output in `log`: a file needs no threads to be read while it fills, and stays for a look.
pub(crate) fn run(set: &FeatureSet, log: &Path) -> Result<Outcome, SuiteError> {
    let failed = |source| SuiteError::Log { path: log.display().to_string(), source };
    let mut file = File::create(log).map_err(failed)?;
    writeln!(file, "{}\n", command_line(set)).map_err(failed)?;
    let mut command = cargo::command();
    command.arg("test").args(set.cargo_arguments(FACADE)).env(EXPECTED, set.list()).env("CARGO_TERM_COLOR", "never");
    command.stdout(file.try_clone().map_err(failed)?).stderr(file);
    let status = command.status().map_err(|source| CargoError::Start { command: cargo::display(&command), source })?;
    let seen = File::open(log).and_then(|file| scan(BufReader::new(file))).map_err(failed)?;

    let mut problems = Vec::new();
    if !status.success() {
        problems.push(Problem::TestsFailed(status.to_string()));
    }
    if seen.registry_test != RegistryTest::Ran {
        let ignored = seen.registry_test == RegistryTest::Ignored;
        problems.push(Problem::NoRegistryTest { name: REGISTRY_TEST, ignored });
    }
    let tail = if problems.is_empty() { Vec::new() } else { seen.tail.into() };
    Ok(Outcome { passed: seen.passed, problems, tail })
}

#[derive(Debug, PartialEq, Eq)]
enum RegistryTest {
    Absent,
    Ignored,
    Ran,
}

#[derive(Debug)]
struct Seen {
    passed: u64,
    registry_test: RegistryTest,
    tail: VecDeque<String>,
}

/// Reads the output of `cargo test`. Whether a test failed is left to the exit code.
fn scan(mut log: impl BufRead) -> io::Result<Seen> {
    let mut seen = Seen { passed: 0, registry_test: RegistryTest::Absent, tail: VecDeque::new() };
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
    fn the_line_to_repeat_carries_the_variable() {
        let set = FeatureSet { name: "clocks+io".into(), features: ["clocks".to_owned(), "io".to_owned()].into() };
        assert_eq!(
            command_line(&set),
            "WIPPY_EXPECTED_IMPORTS=clocks,io cargo test -p wippy-host --no-default-features --features clocks,io"
        );
        let none = FeatureSet { name: "none".into(), features: [].into() };
        assert_eq!(command_line(&none), "WIPPY_EXPECTED_IMPORTS= cargo test -p wippy-host --no-default-features");
    }
}
