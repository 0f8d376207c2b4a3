//! The two services that the quickstart talks to, and the command that needs them.
//!
//! `quickstart-rates -- COMMAND [ARGS...]` binds both to free ports of loopback, sets `RATES_ADDR` and `AUDIT_ADDR` in
//! the command's environment to `localhost:PORT`, runs it, and ends with its exit code. The services end with it.

mod audit;
mod line;
mod rates;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Connections served at once by each service; one more is closed without an answer.
const MAX_CONNECTIONS: usize = 32;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).skip_while(|argument| argument == "--");
    let Some(program) = arguments.next() else {
        eprintln!("usage: quickstart-rates -- COMMAND [ARGS...]");
        return ExitCode::from(2);
    };
    let services = start("rates", rates::serve).and_then(|rates| Ok((rates, start("audit", audit::serve)?)));
    let (rates, audit) = match services {
        Ok(addresses) => addresses,
        Err(error) => {
            eprintln!("cannot listen on loopback: {error}");
            return ExitCode::FAILURE;
        }
    };
    eprintln!("rates service at http://{rates}/rate, audit service at {audit}");
    let mut command = Command::new(&program);
    command.args(arguments).env("RATES_ADDR", rates).env("AUDIT_ADDR", audit);
    // Set by `cargo run` for this program: a `cargo run` below would build again what watches them.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    match command.status() {
        Ok(status) => code_of(status),
        Err(error) => {
            eprintln!("cannot run {}: {error}", program.display());
            ExitCode::from(127)
        }
    }
}

/// Serves on a free port, each connection in a thread of its own, for as long as the process lives.
fn start(name: &str, serve: fn(TcpStream)) -> std::io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("localhost:{}", listener.local_addr()?.port());
    let open = Arc::new(AtomicUsize::new(0));
    std::thread::Builder::new().name(name.into()).spawn(move || {
        for connection in listener.incoming().flatten() {
            if open.fetch_add(1, Ordering::Relaxed) >= MAX_CONNECTIONS {
                open.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let slot = Slot(Arc::clone(&open));
            // Without a thread the closure is dropped, and with it the connection and its slot.
            let _ = std::thread::Builder::new().spawn(move || {
                let _slot = slot;
                serve(connection);
            });
        }
    })?;
    Ok(address)
}

/// One of the connections that are served at once; free again when dropped.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A command that a signal ended has no code of its own; shells use 128 and the signal's number.
fn code_of(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{audit, rates, start};
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn ask(serve: fn(TcpStream), request: &[u8]) -> String {
        let mut connection = TcpStream::connect(start("test", serve).unwrap()).unwrap();
        connection.write_all(request).unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    fn rate(request: &str) -> (String, String) {
        let answer = ask(rates::serve, request.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }

    #[test]
    fn a_rate_is_json() {
        let (status, body) = rate("GET /rate?to=USD HTTP/1.1\r\nhost: x\r\nX-Api-Key: demo-key\r\n\r\n");
        assert_eq!(status, "HTTP/1.1 200 OK");
        assert_eq!(body, r#"{"from":"EUR","to":"USD","rate":1.0837}"#);
    }

    #[test]
    fn a_request_without_the_key_is_refused() {
        let (status, body) = rate("GET /rate?to=USD HTTP/1.1\r\n\r\n");
        assert_eq!(status, "HTTP/1.1 401 Unauthorized");
        assert_eq!(body, r#"{"error":"the header x-api-key is missing or wrong"}"#);
        assert_eq!(rate("GET /rate?to=USD HTTP/1.1\r\nx-api-key: other\r\n\r\n").0, "HTTP/1.1 401 Unauthorized");
    }

    #[test]
    fn what_does_not_exist_is_not_found() {
        let key = "x-api-key: demo-key\r\n\r\n";
        assert_eq!(rate(&format!("GET /rate?to=XYZ HTTP/1.1\r\n{key}")).0, "HTTP/1.1 404 Not Found");
        assert_eq!(rate(&format!("GET /other HTTP/1.1\r\n{key}")).0, "HTTP/1.1 404 Not Found");
    }

    #[test]
    fn a_bad_request_is_answered_and_bounded() {
        assert_eq!(rate("nonsense\r\n\r\n").0, "HTTP/1.1 400 Bad Request");
        assert_eq!(rate("GET /rate HTTP/1.1\r\nno colon\r\n\r\n").0, "HTTP/1.1 400 Bad Request");
        assert_eq!(rate("POST /rate HTTP/1.1\r\n\r\n").0, "HTTP/1.1 405 Method Not Allowed");
        assert_eq!(rate("GET /rate HTTP/1.1\r\n").0, "HTTP/1.1 400 Bad Request");
        let long = format!("GET /rate HTTP/1.1\r\nx: {}", "y".repeat(8192 - 23));
        assert_eq!(rate(&long).0, "HTTP/1.1 431 Request Header Fields Too Large");
        assert_eq!(ask(rates::serve, b"\xff\xfe\r\n\r\n").lines().next().unwrap(), "HTTP/1.1 400 Bad Request");
    }

    #[test]
    fn the_audit_service_answers_each_report_with_a_receipt() {
        assert_eq!(ask(audit::serve, b"report 42 10.00 USD\n"), "filed 42\n");
        assert_eq!(ask(audit::serve, b"hello\n"), "refused: expected a line `report ID ...`\n");
        assert_eq!(ask(audit::serve, b"report 42"), "refused: expected a line of at most 1024 bytes\n");
    }
}
