//! `cargo xtask bench`: the benchmarks of the facade, with the dependencies that the tests have compiled.

use std::ffi::OsString;
use std::process::Command;

use clap::Args;

use crate::cargo::{self, CargoError};

/// Run the benchmarks of `wippy-host`
///
/// Dependencies are those that the tests have compiled, optimised already; our own crates are compiled as for a release.
#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Passed to `cargo bench` as they stand, for example `--bench calls -- --quick`
    #[arg(value_name = "CARGO_ARGS", allow_hyphen_values = true)]
    cargo: Vec<OsString>,
    /// Passed to the benchmark program alone, for example `-- --quick`
    // clap keeps a `--` that follows another argument, but drops a leading one, which only this field can tell.
    #[arg(value_name = "BENCH_ARGS", last = true)]
    program: Vec<OsString>,
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), CargoError> {
    cargo::pass_through(&mut command(args))
}

fn command(args: &BenchArgs) -> Command {
    let mut command = cargo::command();
    // The development profile compiles our crates quickly rather than well; of Wasmtime it changes nothing that is set here.
    for (setting, value) in [("OPT_LEVEL", "3"), ("DEBUG_ASSERTIONS", "false"), ("OVERFLOW_CHECKS", "false")] {
        command.env(format!("CARGO_PROFILE_DEV_{setting}"), value);
    }
    command.args(["bench", "-p", "wippy-host", "--profile", "dev"]).args(&args.cargo);
    if !args.program.is_empty() {
        command.arg("--").args(&args.program);
    }
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
    fn arguments_reach_cargo_and_the_benchmark_as_they_were_typed() {
        for typed in
            ["", "fresh", "--bench calls fresh", "--bench calls -- --quick -x", "fresh -- a -- b", "-- --quick"]
        {
            let words = std::iter::once("bench").chain(typed.split_whitespace());
            let passed = cargo::display(&command(&Line::parse_from(words).args));
            assert_eq!(passed, format!("cargo bench -p wippy-host --profile dev {typed}").trim_end());
        }
    }
}
