//! The trace context of the W3C: from a client's request through functions to what they ask of others.

#![cfg(unix)]

use crate::http::Serving;
use crate::support::{App, PATIENCE};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER: &str = "00-11111111111111111111111111111111-2222222222222222-00";

/// The trace that a request names.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) parent: Option<String>,
    pub(crate) state: Option<String>,
}

/// A server that tells the trace of each request that it gets.
pub(crate) fn upstream() -> (u16, Receiver<Told>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, received) = channel();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let value = |name: &str| head.iter().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            let _ = sender.send(Told { parent: value("traceparent: "), state: value("tracestate: ") });
            write!(connection, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi").unwrap();
        }
    });
    (port, received)
}

/// `/wasm` asks with WASM, `/lua` with Lua, `/both` with WASM that Lua calls; each what its body names.
pub(crate) fn application() -> App {
    let lua = |name: &str, modules: &str| {
        format!(
            "  - {{ name: {name}, kind: function.lua, source: file://{name}.lua, method: main, modules: [{modules}], \
             wasi: {{ network: {{ allow: [\"127.0.0.1:*\"] }} }} }}\n"
        )
    };
    let endpoint = |path: &str, func: &str| {
        format!(
            "  - {{ name: {func}_endpoint, kind: http.endpoint, meta: {{ router: demo:api }}, method: POST, path: /{path}, \
             func: demo:{func} }}\n"
        )
    };
    let rest = [
        "    imports: [wasi:http, wasi:io]\n    wasi: { network: { allow: [\"127.0.0.1:*\"] } }\n".to_owned(),
        lua("alone", "http_client"),
        lua("both", "funcs"),
        "  - { name: gate, kind: http.service, addr: \"127.0.0.1:0\", lifecycle: { auto_start: true } }\n".to_owned(),
        "  - { name: api, kind: http.router, meta: { server: demo:gate }, prefix: / }\n".to_owned(),
        endpoint("wasm", "it"),
        endpoint("lua", "alone"),
        endpoint("both", "both"),
    ];
    App::guest("probe-http", "get", &rest.concat())
        .with("alone.lua", "local http = require('http_client')\nreturn { main = function(url) http.get(url) return 'done' end }")
        .with(
            "both.lua",
            "local funcs = require('funcs')\nreturn { main = function(url) funcs.call('demo:it', url) return 'done' end }",
        )
}

#[test]
fn a_clients_trace_goes_to_whom_its_request_leads_through_wasm_and_lua() {
    let (port, traces) = upstream();
    let app = application();
    let serving = Serving::start(&["run", app.path().to_str().unwrap()]);
    let url = format!("http://127.0.0.1:{port}/");
    let ask = |path: &str, headers: &str| {
        let mut client = serving.client();
        let head = format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n{headers}\r\n{url}", url.len());
        client.send(&head);
        let answer = client.answer();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        traces.recv_timeout(PATIENCE).unwrap()
    };
    for path in ["/wasm", "/lua", "/both"] {
        let told = |parent: Option<&str>, state: Option<&str>| Told {
            parent: parent.map(str::to_owned),
            state: state.map(str::to_owned),
        };
        let trace = format!("traceparent: {TRACE}\r\n");
        assert_eq!(ask(path, &trace), told(Some(TRACE), None), "{path}");
        // Nothing of one call stays for the next.
        assert_eq!(ask(path, ""), told(None, None), "{path}");
        assert_eq!(ask(path, "traceparent: 00-nonsense\r\ntracestate: a=1\r\n"), told(None, None), "{path}");
        assert_eq!(ask(path, &format!("{trace}traceparent: {OTHER}\r\n")), told(None, None), "{path}");
        // All headers of what others say of the trace are one.
        let state = format!("{trace}tracestate: a=1,b@c=2\r\ntracestate: d=3\r\n");
        assert_eq!(ask(path, &state), told(Some(TRACE), Some("a=1,b@c=2,d=3")), "{path}");
        let ill = [format!("a={}", "x".repeat(600)), "A=1".to_owned(), "a=1,a=2".to_owned()];
        for ill in ill {
            assert_eq!(ask(path, &format!("{trace}tracestate: {ill}\r\n")), told(Some(TRACE), None), "{path} {ill}");
        }
    }
    let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
}
