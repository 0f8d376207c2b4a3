//! `serve`: a component that handles HTTP requests, with what the options grant.

#![cfg(unix)]

use crate::http::Serving;
use crate::support::{ADD, App, repository, run};
use std::net::TcpListener;
use std::thread;

fn handler() -> String {
    repository().join("guests/built/handler.wasm").to_str().unwrap().to_owned()
}

/// Serves the guest on a free port, with what its bodies take and these options.
#[track_caller]
fn serve(options: &[&str]) -> Serving {
    let file = handler();
    let standard = ["serve", "--addr", "127.0.0.1:0", "--import", "wasi:io"];
    Serving::start(&[&standard, options, &[&file]].concat())
}

#[test]
fn every_method_and_path_is_answered() {
    let serving = serve(&[]);
    serving.ask("GET", "/", "").is(200, "hello");
    serving.ask("DELETE", "/some/path?query", "").is(200, "hello");
    serving.ask("POST", "/echo", "what is sent").is(200, "what is sent");
}

#[test]
fn bodies_stream_and_a_graceful_stop_loses_no_request_in_flight() {
    streams_and_stops(serve(&[]));
}

/// Half a body is answered before the other half is sent, also while the server stops.
pub(crate) fn streams_and_stops(serving: Serving) {
    let mut client = serving.client();
    client.head("POST", "/echo", 10);
    client.send("first");
    assert_eq!(client.answer_head(), (200, None));
    assert_eq!(client.chunk().as_deref(), Some("first"));
    serving.signal("TERM");
    serving.refuses();
    client.send("then!");
    assert_eq!(client.chunk().as_deref(), Some("then!"));
    assert_eq!(client.chunk(), None);
    assert_eq!(serving.ended(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once_with_the_code_of_the_first() {
    let serving = serve(&[]);
    let mut client = serving.client();
    client.head("POST", "/echo", 10);
    client.send("first");
    assert_eq!(client.answer_head(), (200, None));
    serving.signal("INT");
    serving.refuses();
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(130));
}

#[test]
fn instances_that_are_reused_and_replaced_answer_as_fresh_ones() {
    let serving = serve(&["--reuse", "2", "--concurrency", "1"]);
    let mut client = serving.client();
    for _ in 0..5 {
        client.ask("POST", "/echo", "again").is(200, "again");
    }
}

#[test]
fn an_instance_serves_as_many_requests_as_reuse_says() {
    let counts = |options: &[&str]| -> Vec<String> {
        let serving = serve(options);
        let mut client = serving.client();
        (0..5).map(|_| client.ask("GET", "/count", "").body).collect()
    };
    assert_eq!(counts(&["--reuse", "2", "--concurrency", "1"]), ["1", "2", "1", "2", "1"]);
    assert_eq!(counts(&["--concurrency", "1"]), ["1"; 5]);
}

#[test]
fn one_at_a_time_all_of_many_parallel_requests_are_answered() {
    let serving = serve(&["--concurrency", "1"]);
    thread::scope(|scope| {
        for number in 0..20 {
            let serving = &serving.addr;
            scope.spawn(move || {
                let body = format!("request {number}");
                crate::http::Client::open(serving).ask("POST", "/echo", &body).is(200, &body);
            });
        }
    });
}

#[test]
fn what_is_not_granted_is_logged_with_the_option_that_grants_it() {
    let serving = serve(&[]);
    assert_eq!(serving.ask("GET", "/outgoing", "").status, 500);
    serving.line("add --import wasi:http");
}

#[test]
fn what_is_no_handler_is_told_what_it_is_and_what_runs_it() {
    let app = App::empty().with("add.wat", ADD);
    let ran = run(&["serve", "--addr", "127.0.0.1:0", app.path().join("add.wat").to_str().unwrap()]);
    ran.fails(
        "error: add.wat is no HTTP handler; the component exports: add (NotFound)\n  help: `wippy-host exec` runs what \
         exports wasi:cli/run or _start, `wippy-host serve` what exports wasi:http/incoming-handler or wasi:http/handler, `wippy-host call` a function \
         of an application; `wippy-host inspect` shows what a component is\n",
    );
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let ran = run(&["serve", "--addr", &addr, &handler()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.starts_with(&format!("error: cannot listen on {addr}: ")), "{ran:?}");
}

#[test]
fn wrong_options_are_refused_with_exit_code_2() {
    for (option, value) in [("--addr", "nowhere"), ("--reuse", "0"), ("--concurrency", "0"), ("--import", "wasi:htp")] {
        let ran = run(&["serve", option, value, &handler()]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option} {value}: {ran:?}");
        assert!(ran.stderr.contains(value), "{option} {value}: {ran:?}");
    }
}
