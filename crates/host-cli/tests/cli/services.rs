//! The two services that the quickstart talks to, on loopback: just enough of them for one report.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

/// Their addresses, `localhost:PORT`. They serve for as long as the test process lives.
pub(crate) struct Services {
    pub(crate) rates: String,
    pub(crate) audit: String,
}

impl Services {
    pub(crate) fn start() -> Self {
        Self { rates: serve(rates), audit: serve(audit) }
    }
}

fn serve(answer: fn(TcpStream) -> Option<()>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || listener.incoming().flatten().filter_map(answer).count());
    address
}

/// `GET /rate?to=USD` with the header `x-api-key: demo-key`.
fn rates(mut connection: TcpStream) -> Option<()> {
    let mut lines = BufReader::new(connection.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let known = headers.iter().any(|line| line.eq_ignore_ascii_case("x-api-key: demo-key"));
    let (status, body) = match request.as_str() {
        "GET /rate?to=USD HTTP/1.1" if known => ("200 OK", r#"{"from":"EUR","to":"USD","rate":1.25}"#),
        "GET /rate?to=USD HTTP/1.1" => ("401 Unauthorized", r#"{"error":"the key"}"#),
        _ => ("404 Not Found", r#"{"error":"no rate"}"#),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}", body.len());
    write!(connection, "{head}\r\nconnection: close\r\n\r\n{body}").ok()
}

/// One line in, `report ID ...`, one line out, `filed ID`.
fn audit(mut connection: TcpStream) -> Option<()> {
    let line = BufReader::new(connection.try_clone().ok()?).lines().next()?.ok()?;
    let id = line.strip_prefix("report ")?.split(' ').next()?;
    writeln!(connection, "filed {id}").ok()
}
