//! Instructions of the hot paths, counted by callgrind: the same each time, however busy the machine is.

use crate::guests::root;
use crate::measure::time;
use crate::plain::ByHand;
use crate::row::Count;
use crate::run::say;
use crate::suites::{FewPieces, MANY, Setting, TEXT, fresh_cases, lua};
use std::process::{Command, ExitCode, Stdio};
use tokio::runtime::Runtime;

/// Calls of the two runs of which the difference is taken: what comes before and after the calls is in both.
const CALLS: [u32; 2] = [20, 120];

/// The hot paths that are counted: ours, and the baseline where it is a program of its own.
const PATHS: [(&str, &str, Option<&str>); 11] = [
    ("fresh: scalar", "fresh scalar ours", Some("fresh scalar baseline")),
    ("fresh: string echo", "fresh string-echo ours", Some("fresh string-echo baseline")),
    ("fresh: three records", "fresh three-records ours", Some("fresh three-records baseline")),
    ("fresh: all eight imported", "fresh all-eight-imported ours", Some("fresh all-eight-imported baseline")),
    ("reuse: a text", "kept", None),
    ("funcs: callee", "callee", Some("by-hand-callee")),
    ("funcs: nine calls in one caller", "through", Some("by-hand-through")),
    ("files: 0.2, 16 pieces read", "file read ours", Some("file read baseline")),
    ("files: preview 1, 16 pieces written", "file write ours", Some("file write baseline")),
    ("lua: an empty function", "lua empty", None),
    ("lua: nine calls of Rust in one caller", "lua rust", None),
];

pub(crate) fn names() -> Vec<String> {
    PATHS
        .iter()
        .flat_map(|(_, ours, baseline)| [Some(*ours), *baseline])
        .flatten()
        .map(|name| format!("{name:?}"))
        .collect()
}

/// Does one path so many times and nothing else.
pub(crate) fn only(path: &str, calls: &str) -> ExitCode {
    let Ok(calls) = calls.parse() else {
        say(&format!("error: {calls:?} is no number of calls"));
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let words: Vec<&str> = path.split(' ').collect();
    match words.as_slice() {
        ["fresh", name, program] => {
            let cases = runtime.block_on(fresh_cases(|case| case.replace(' ', "-") == *name));
            let Some(case) = cases.first() else { return unknown(path) };
            if *program == "ours" {
                counted(&runtime, calls, || case.ours.call());
            } else {
                counted(&runtime, calls, || case.baseline.call());
            }
        }
        ["file", what @ ("read" | "write"), program @ ("ours" | "baseline")] => {
            let files = runtime.block_on(FewPieces::new());
            if *program == "ours" {
                counted(&runtime, calls, || files.ours(what));
            } else {
                counted(&runtime, calls, || files.baseline(what));
            }
        }
        ["by-hand-callee"] => {
            let plain = ByHand::new("echo-string");
            counted(&runtime, calls, || plain.echo(TEXT));
        }
        ["by-hand-through"] => {
            let plain = ByHand::new("echo-string");
            counted(&runtime, calls, || plain.through_guest(TEXT, MANY));
        }
        ["lua", what] => {
            let functions = runtime.block_on(lua::functions());
            let callee = format!("bench:{what}");
            match *what {
                "empty" => counted(&runtime, calls, || lua::called(&functions, "bench:empty", Vec::new())),
                _ => counted(&runtime, calls, || lua::from_lua(&functions, &callee, MANY)),
            }
        }
        [name @ ("kept" | "callee" | "through")] => {
            let setting = runtime.block_on(Setting::new());
            match *name {
                "kept" => counted(&runtime, calls, || setting.echo("bench:kept")),
                "callee" => counted(&runtime, calls, || setting.echo("bench:inline")),
                _ => counted(&runtime, calls, || setting.through_guest("bench:inline", TEXT, MANY)),
            }
        }
        _ => return unknown(path),
    }
    ExitCode::SUCCESS
}

fn unknown(path: &str) -> ExitCode {
    say(&format!("error: no such hot path: {path:?}; there are {}", names().join(", ")));
    ExitCode::from(2)
}

/// The function by whose name callgrind knows when to count.
#[inline(never)]
fn counted<T, R: Future<Output = T>>(runtime: &Runtime, calls: u32, call: impl Fn() -> R) {
    std::hint::black_box(time(runtime, calls, call));
}

/// Counts all paths. Nothing where there is no `valgrind`.
pub(crate) fn all() -> Vec<Count> {
    let mut counts = Vec::new();
    for (path, ours, baseline) in PATHS {
        say(&format!("instructions of {path}"));
        let Some(instructions) = of_one_call(ours) else {
            say("    valgrind did not run; is it installed?");
            return counts;
        };
        let baseline = baseline.and_then(of_one_call);
        counts.push(Count { path: path.to_owned(), instructions, baseline });
    }
    counts
}

fn of_one_call(path: &str) -> Option<f64> {
    let [few, many] = CALLS;
    Some((instructions(path, many)? - instructions(path, few)?) / f64::from(many - few))
}

fn instructions(path: &str, calls: u32) -> Option<f64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*counts*counted*"]);
    command.arg(std::env::current_exe().ok()?).args(["--only", path, &calls.to_string()]).current_dir(root());
    let output = command.env_remove("RUST_BACKTRACE").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}
