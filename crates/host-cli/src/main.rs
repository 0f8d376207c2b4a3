//! The binary `wippy-host`.

fn main() -> std::process::ExitCode {
    wippy_host_cli::run()
}
