//! Every function of wasi:cli, as a guest gets it.

wit_bindgen::generate!({
    world: "demo:probe-cli/probe-cli",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "wit",
    ],
    generate_all,
});

use wasi::cli;
use wasi::io::streams::{OutputStream, StreamError};

struct Probe;
export!(Probe);

fn name(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    }
}

/// A stream takes at most 4096 bytes in one blocking write.
fn write(stream: &OutputStream, text: &str) -> Result<(), String> {
    text.as_bytes().chunks(4096).try_for_each(|part| stream.blocking_write_and_flush(part)).map_err(name)
}

impl Guest for Probe {
    fn environment() -> Vec<(String, String)> {
        cli::environment::get_environment()
    }

    fn arguments() -> Vec<String> {
        cli::environment::get_arguments()
    }

    fn cwd() -> Option<String> {
        cli::environment::initial_cwd()
    }

    fn exit_midway(code_ok: bool) -> String {
        cli::exit::exit(if code_ok { Ok(()) } else { Err(()) });
        "exit returned".into()
    }

    fn exit_quietly(code_ok: bool) {
        cli::exit::exit(if code_ok { Ok(()) } else { Err(()) });
    }

    fn exit_with_code(code: u8) -> String {
        cli::exit::exit_with_code(code);
        "exit-with-code returned".into()
    }

    fn read_stdin(max: u64) -> Result<String, String> {
        let bytes = cli::stdin::get_stdin().blocking_read(max).map_err(name)?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }

    fn write_stdout(text: String) -> Result<(), String> {
        write(&cli::stdout::get_stdout(), &text)
    }

    fn write_stderr(text: String) -> Result<(), String> {
        write(&cli::stderr::get_stderr(), &text)
    }

    fn terminals() -> Terminals {
        Terminals {
            stdin: cli::terminal_stdin::get_terminal_stdin().is_some(),
            stdout: cli::terminal_stdout::get_terminal_stdout().is_some(),
            stderr: cli::terminal_stderr::get_terminal_stderr().is_some(),
        }
    }
}
