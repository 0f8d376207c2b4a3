//! wippy-host with one import more.

// Naming the crate is what brings its import into the registry.
use acme_kv as _;

fn main() -> std::process::ExitCode {
    wippy_host_cli::run()
}
