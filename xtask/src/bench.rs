//! `cargo xtask bench`: builds the benchmark program, with the dependencies that the tests have compiled, and runs it.

use std::ffi::OsString;
use std::process::Command;

use clap::Args;

use crate::cargo::{self, CargoError};

/// Measure wippy-host against plain Wasmtime: one table, `docs/benchmarks.md` and its plots
///
/// Dependencies are those that the tests have compiled, optimised already; our own crates are compiled as for a release.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct BenchArgs {
    /// Passed to the benchmark program as they stand; `--help` says what it takes
    #[arg(value_name = "ARGS", allow_hyphen_values = true, trailing_var_arg = true)]
    program: Vec<OsString>,
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), CargoError> {
    cargo::pass_through(&mut command(args))
}

fn command(args: &BenchArgs) -> Command {
    let mut command = cargo::command();
    // The development profile compiles our crates quickly rather than well; of Wasmtime it changes nothing that is set here.
    for (setting, value) in
        [("OPT_LEVEL", "3"), ("CODEGEN_UNITS", "1"), ("DEBUG_ASSERTIONS", "false"), ("OVERFLOW_CHECKS", "false")]
    {
        command.env(format!("CARGO_PROFILE_DEV_{setting}"), value);
    }
    command.args(["run", "--config", "profile.dev.package.wippy-host-bench.opt-level=3"]);
    command.args(["-p", "wippy-host-bench", "--"]).args(&args.program);
    command
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{BenchArgs, cargo, command};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: BenchArgs,
    }

    #[test]
    fn arguments_reach_the_benchmarks_as_they_were_typed() {
        for typed in ["", "fresh", "--quick fresh pools", "fresh --help", "--only kept 100", "--docs -x"] {
            let words = std::iter::once("bench").chain(typed.split_whitespace());
            let passed = cargo::display(&command(&Line::parse_from(words).args));
            let run = "cargo run --config profile.dev.package.wippy-host-bench.opt-level=3 -p wippy-host-bench --";
            assert_eq!(passed, format!("{run} {typed}").trim_end());
        }
    }
}
