//! `serve`: a component that exports the request handler of WASI 0.3.

#![cfg(unix)]

use crate::http::Serving;
use crate::serve::streams_and_stops;
use crate::support::{App, hash, repository};
use std::fs;
use std::io::{BufRead, BufReader};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Serves the guest on a free port, with these options.
#[track_caller]
fn serve(options: &[&str]) -> Serving {
    let file = repository().join("guests/built/handler-p3.wasm");
    let standard = ["serve", "--addr", "127.0.0.1:0", "--import", "wasi:clocks"];
    Serving::start(&[&standard, options, &[file.to_str().unwrap()]].concat())
}

#[test]
fn requests_are_told_as_they_came_and_answered() {
    let serving = serve(&[]);
    serving.ask("POST", "/about?a=b%20c", "").is(200, "POST http test /about?a=b%20c ");
    serving.ask("GET", "/late", "").is(200, "late");
    serving.ask("GET", "/nothing", "").is(404, "no such path");
    let counted = serving.ask("GET", "/count", "").body;
    assert_eq!((counted.lines().count(), counted.lines().last()), (1000, Some("line 999")));
}

#[test]
fn what_a_guest_does_behind_its_response_goes_on() {
    let behind = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = behind.local_addr().unwrap().to_string();
    let serving = serve(&["--import", "wasi:http", "--allow", &authority]);
    serving.ask("GET", &format!("/after?{authority}"), "").is(200, "before");
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(behind.accept().unwrap().0).read_line(&mut line).unwrap();
        sender.send(line).unwrap();
    });
    assert_eq!(asked.recv_timeout(Duration::from_secs(60)).unwrap(), "GET /after HTTP/1.1\r\n");
}

#[test]
fn an_instance_serves_as_many_requests_as_reuse_says() {
    let counts = |options: &[&str]| {
        let serving = serve(options);
        (0..4).map(|_| serving.ask("GET", "/served", "").body).collect::<Vec<_>>()
    };
    assert_eq!(counts(&["--reuse", "2"]), ["1", "2", "1", "2"]);
    assert_eq!(counts(&[]), ["1", "1", "1", "1"]);
}

#[test]
fn a_handler_answers_behind_an_endpoint_of_an_application() {
    let bytes = fs::read(repository().join("guests/built/handler-p3.wasm")).unwrap();
    let app = App::new(&format!(
        "  - {{ name: code, kind: fs.directory, directory: ./code }}
  - {{ name: web, kind: http.service, addr: \"127.0.0.1:0\" }}
  - {{ name: api, kind: http.router, meta: {{ server: web }}, prefix: / }}
  - {{ name: served, kind: http.endpoint, meta: {{ router: api }}, method: GET, path: /served, func: handler }}
  - name: handler
    kind: function.wasm
    fs: code
    path: /guest.wasm
    hash: {}
    method: handle
    imports: [wasi:clocks]
    transport: wasi-http
    pool: {{ max_size: 4, reuse: {{ max_calls: 3 }} }}
",
        hash(&bytes)
    ))
    .with("code/guest.wasm", bytes);
    let serving = Serving::start(&["run", app.path().to_str().unwrap()]);
    let counts: Vec<_> = (0..4).map(|_| serving.ask("GET", "/served", "").body).collect();
    assert_eq!(counts, ["1", "2", "3", "1"]);
}

#[test]
fn bodies_stream_both_ways_and_a_graceful_stop_loses_none() {
    streams_and_stops(serve(&[]));
}

#[test]
fn what_fails_before_its_response_is_an_error_and_never_half_a_body() {
    let serving = serve(&[]);
    assert_eq!(serving.ask("GET", "/trap", "").status, 500);
    serving.ask("GET", "/denied", "").is(403, "Forbidden");
    assert_eq!(serving.ask("GET", "/forward?127.0.0.1:1", "").status, 500);
    serving.line("add --import wasi:http");
    let mut client = serving.client();
    client.head("GET", "/trap-later", 0);
    assert_eq!(client.answer_head(), (200, None));
    assert_eq!(client.chunk().as_deref(), Some("half"));
    assert!(client.is_cut(), "half a body looks whole");
    serving.ask("GET", "/late", "").is(200, "late");
}

#[test]
fn a_client_that_goes_away_ends_the_call_and_a_deadline_ends_one_that_waits() {
    let serving = serve(&["--concurrency", "1", "--max-execution-ms", "2000"]);
    let mut client = serving.client();
    client.head("GET", "/endless", 0);
    assert_eq!(client.answer_head(), (200, None));
    assert_eq!(client.chunk().as_deref(), Some("line 0\n"));
    drop(client);
    // There is one place, which is free again.
    serving.ask("GET", "/late", "").is(200, "late");
    assert_eq!(serving.ask("GET", "/never", "").status, 504);
}

#[test]
fn requests_of_the_guest_go_where_allow_says() {
    let upstream = serve(&[]);
    let serving = serve(&["--import", "wasi:http", "--allow", "127.0.0.1"]);
    serving.ask("GET", &format!("/forward?{}", upstream.addr), "").is(404, "no such path");
    let serving = serve(&["--import", "wasi:http"]);
    serving.ask("GET", &format!("/forward?{}", upstream.addr), "").is(403, "Forbidden");
}
