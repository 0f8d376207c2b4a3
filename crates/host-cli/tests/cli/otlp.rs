//! `--otlp`: spans for a collector of OpenTelemetry.

#![cfg(unix)]

use crate::collector::{Collector, text};
use crate::exec::{STANDARD, guest};
use crate::http::Serving;
use crate::support::{App, PATIENCE, repository, run, run_in};
use crate::trace::{application, upstream};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";
const SECRET: &str = "s3cr3t-that-nobody-may-read";

/// Longer than a program that has ended may wait for its collector, on a machine that is busy.
const LONG: Duration = Duration::from_secs(30);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn failed(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code == i32::from(StatusCode::Error))
}

fn outcome(span: &Span) -> Option<String> {
    text(&span.attributes, "wippy.outcome")
}

fn handler() -> String {
    repository().join("guests/built/handler.wasm").to_str().unwrap().to_owned()
}

/// An application with a Lua function `demo:one` of this body.
fn one(body: &str) -> App {
    App::new("  - { name: one, kind: function.lua, source: file://one.lua, method: main }\n")
        .with("one.lua", format!("return {{ main = function() {body} end }}"))
}

/// An address where nothing listens.
fn nobody() -> String {
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    format!("http://{}", gone.local_addr().unwrap())
}

#[test]
fn spans_hang_together_from_the_clients_request_through_functions_to_what_they_ask() {
    let (collector, (port, asked)) = (Collector::start(), upstream());
    let app = application();
    let serving = Serving::start(&["run", "--otlp", &collector.url, app.path().to_str().unwrap()]);
    let url = format!("http://127.0.0.1:{port}/{SECRET}");
    let ask = |path: &str, flags: &str| {
        let head = format!("POST {path}?q={SECRET} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n", url.len());
        let trace = format!("traceparent: 00-{TRACE}-{CLIENT}-{flags}\r\ntracestate: vendor=1\r\n");
        let mut client = serving.client();
        client.send(&format!("{head}{trace}authorization: {SECRET}\r\n\r\n{url}"));
        assert_eq!(client.answer().status, 200);
        asked.recv_timeout(PATIENCE).unwrap()
    };
    let told = ask("/both", "01");
    let untold = ask("/lua", "00");
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(0));

    let collected = collector.collected();
    let (outer, inner) = (collected.span("demo:both"), collected.span("demo:it"));
    assert!(collected.spans.iter().all(|span| hex(&span.trace_id) == TRACE));
    assert_eq!((hex(&outer.parent_span_id).as_str(), outer.kind()), (CLIENT, SpanKind::Server));
    assert_eq!((&inner.parent_span_id, inner.kind()), (&outer.span_id, SpanKind::Internal));
    assert!([outer, inner].iter().all(|span| outcome(span).as_deref() == Some("ok") && !failed(span)));
    assert!(outer.start_time_unix_nano <= inner.start_time_unix_nano);
    assert!(inner.start_time_unix_nano <= inner.end_time_unix_nano);
    assert!(inner.end_time_unix_nano <= outer.end_time_unix_nano);
    let request = collected.span("wasi:http/outgoing-handler#handle");
    assert_eq!((&request.parent_span_id, request.kind()), (&inner.span_id, SpanKind::Internal));
    let of = |key: &str| text(&request.attributes, key);
    assert_eq!(of("wippy.entry").as_deref(), Some("demo:it"));
    assert_eq!(of("wippy.function").as_deref(), Some("wasi:http/outgoing-handler#handle"));
    // Who is asked is told of the request, below which its own spans belong.
    assert_eq!(told.parent, Some(format!("00-{TRACE}-{}-01", hex(&request.span_id))));
    assert_eq!(told.state.as_deref(), Some("vendor=1"));

    // A trace that its client does not record is passed on, and not sent.
    assert!(untold.parent.is_some_and(|parent| parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-00")));
    assert!(collected.spans.iter().all(|span| span.name != "demo:alone"));
    assert_eq!(collected.service, "wippy-host");
    for head in &collected.heads {
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\n"), "{head}");
        assert!(head.to_ascii_lowercase().contains("content-type: application/x-protobuf"), "{head}");
    }
    assert!(!collected.holds(SECRET) && !collected.holds("vendor=1"));
}

#[test]
fn requests_of_either_track_and_of_lua_name_their_own_span() {
    let allow = "    wasi: { network: { allow: [\"127.0.0.1:*\"] } }\n";
    let ask =
        "local http = require('http_client')\nreturn { main = function(url) http.get(url) http.get(url) return 1 end }";
    let newer = App::guest("download-p3", "count", &format!("    imports: [wasi:http]\n{allow}"));
    let lua = App::new(&format!(
        "  - name: it\n    kind: function.lua\n    source: file://it.lua\n    method: main\n    modules: [http_client]\n{allow}"
    ));
    let lua = lua.with("it.lua", ask);
    let (port, asked) = upstream();
    let (address, url) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}/{SECRET}"));
    let path = format!("/{SECRET}");
    for (app, name, arguments, requests) in [
        (newer, "wasi:http/client#send", [&*address, &*path, "1024"].as_slice(), 1),
        (lua, "http_client#request", [&*url].as_slice(), 2),
    ] {
        let collector = Collector::start();
        let ran = app.run("call", &[&["--otlp", &collector.url, "demo:it"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let collected = collector.collected();
        let call = collected.span("demo:it");
        let sent: Vec<_> = collected.spans.iter().filter(|span| span.name == name).collect();
        assert_eq!(sent.len(), requests, "{name}");
        for request in sent {
            assert_eq!((&request.parent_span_id, &request.trace_id), (&call.span_id, &call.trace_id), "{name}");
            assert_eq!(text(&request.attributes, "wippy.entry").as_deref(), Some("demo:it"));
            let told = asked.recv_timeout(PATIENCE).unwrap();
            assert_eq!(told.parent, Some(format!("00-{}-{}-01", hex(&call.trace_id), hex(&request.span_id))), "{name}");
        }
        assert!(!collected.holds(SECRET), "{name}");
    }
}

#[test]
fn a_call_begins_a_trace_in_which_host_calls_lie_between_calls() {
    let collector = Collector::start();
    let upper = "  - { name: upper, kind: function.lua, source: file://upper.lua, method: main }\n";
    let app = App::guest("probe-funcs", "call-string", &format!("    imports: [funcs]\n{upper}"))
        .with("upper.lua", "return { main = function(text) return text:upper() end }");
    let root = app.path();
    let root = root.to_str().unwrap();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url),
        ("OTEL_SERVICE_NAME", "shop"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cr3t-that-nobody-may-read"),
    ];
    let ran = run_in(&environment, &["call", root, "--log-level", "trace", "demo:it", "demo:upper", SECRET]);
    assert!(ran.code == 0 && ran.stdout.contains(&SECRET.to_uppercase()), "{ran:?}");
    let collected = collector.collected();
    let (it, upper) = (collected.span("demo:it"), collected.span("demo:upper"));
    let between = collected.spans.iter().find(|span| span.span_id == upper.parent_span_id).unwrap();
    assert!(between.name.starts_with("wippy:runtime/funcs#"), "{}", between.name);
    assert_eq!(between.parent_span_id, it.span_id);
    assert!(it.parent_span_id.is_empty() && it.kind() == SpanKind::Internal);
    assert!(collected.spans.iter().all(|span| span.trace_id == it.trace_id));
    assert_eq!(collected.service, "shop");
    assert!(collected.heads[0].to_ascii_lowercase().contains(&format!("x-key: {SECRET}")));
    assert!(!collected.holds(SECRET) && !collected.holds(&SECRET.to_uppercase()));
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
}

#[test]
fn a_call_that_fails_is_a_span_that_says_so_and_is_sent_before_the_end() {
    let collector = Collector::start();
    let app = one(&format!("error('{SECRET}')"));
    let ran = app.run("call", &["--otlp", &collector.url, "demo:one"]);
    assert!(ran.code == 1 && ran.stderr.contains(SECRET), "{ran:?}");
    let collected = collector.collected();
    let span = collected.span("demo:one");
    assert!(failed(span) && outcome(span).is_some_and(|outcome| outcome != "ok"), "{span:?}");
    assert!(!collected.holds(SECRET));
}

#[test]
fn a_command_sends_its_spans_whatever_it_ends_with() {
    let (file, collector) = (guest("command"), Collector::start());
    let exec =
        |arguments: &[&str]| run(&[&["exec", "--otlp", &collector.url], &STANDARD[..], &[&*file], arguments].concat());
    let ran = exec(&["exit", "7"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.code), ("", "", 7));
    let collected = collector.collected();
    let (command, exit) = (collected.span("command.wasm"), collected.span("wasi:cli/exit#exit-with-code"));
    assert_eq!((&exit.parent_span_id, &exit.trace_id), (&command.span_id, &command.trace_id));
    assert!(command.parent_span_id.is_empty());
    // What stands behind the file is the guest's.
    exec(&["arguments", "--otlp", "ftp://collector"]).gives("command.wasm: [\"--otlp\", \"ftp://collector\"]\n");
    assert!(outcome(collector.collected().span("command.wasm")).is_some_and(|outcome| outcome == "ok"));
}

#[test]
fn exactly_the_commands_that_call_something_take_a_collector_and_all_write_a_log() {
    for command in ["call", "exec", "run", "serve", "check", "graph", "imports", "init", "inspect", "schema"] {
        let help = run(&[command, "--help"]).stdout;
        let calls = ["call", "exec", "run", "serve"].contains(&command);
        assert_eq!(help.contains("--otlp <URL>"), calls, "{command}");
        for log in ["--log-format", "--log-level", "--log-file"] {
            assert!(help.contains(log), "{command} {log}");
        }
    }
}

#[test]
fn a_collector_that_is_not_there_costs_spans_and_nothing_else() {
    let file = handler();
    let options = ["serve", "--addr", "127.0.0.1:0", "--import", "wasi:io", "--otlp", &nobody(), &file];
    let serving = Serving::start(&options);
    serving.ask("GET", "/", "").is(200, "hello");
    serving.ask("GET", "/", "").is(200, "hello");
    serving.signal("TERM");
    let first = serving.line("spans are lost");
    assert!(first.contains("/v1/traces does not take them: ") && first.contains("refused"), "{first}");
    let count = serving.line("spans were lost");
    assert!(count.contains("spans="), "{count}");
    assert_eq!(serving.ended(), Some(0));
}

#[test]
fn a_collector_that_never_answers_holds_the_end_for_a_moment_only() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let app = one("return 1");
    let began = Instant::now();
    let ran = app.run("call", &["--otlp", &url, "demo:one"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("1\n", 0), "{ran:?}");
    assert!(ran.stderr.contains("spans are lost: the collector does not take them in time"), "{ran:?}");
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
}

/// A collector that says this to every request, and then the same piece for ever, as fast as it is read or slowly.
fn endless(head: &'static str, piece: &'static [u8], slowly: bool) -> (String, Receiver<usize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, taken) = channel();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                let (mut written, _) = (0, connection.write_all(head.as_bytes()));
                while connection.write_all(piece).is_ok() {
                    written += piece.len();
                    if slowly {
                        thread::sleep(Duration::from_millis(20));
                    }
                }
                let _ = sender.send(written);
            });
        }
    });
    (url, taken)
}

#[test]
fn a_collector_whose_answer_never_ends_holds_neither_calls_nor_the_end_and_is_not_listened_to_for_long() {
    const PIECE: &[u8] = &[b'x'; 64 << 10];
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n";
    for (head, piece, slowly) in [
        ("HTTP/1.1 200 OK\r\nx-slow: ", b"x".as_slice(), true),
        (long, b"x", true),
        (long, PIECE, false),
        ("HTTP/1.1 200 OK\r\nx-large: ", PIECE, false),
        (
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1000000\r\ncontent-length: 1000000000000\r\n\r\n",
            PIECE,
            false,
        ),
    ] {
        let (url, taken) = endless(head, piece, slowly);
        let began = Instant::now();
        let app = one("return 1");
        let ran = app.run("call", &["--otlp", &url, "demo:one"]);
        assert_eq!((ran.stdout.as_str(), ran.code), ("1\n", 0), "{head}: {ran:?}");
        assert!(ran.stderr.contains("spans are lost: "), "{head}: {ran:?}");
        assert!(began.elapsed() < LONG, "{head}: {:?}", began.elapsed());
        // What stands in the buffers of two sockets is more than what was read.
        let written = taken.recv_timeout(PATIENCE).unwrap();
        assert!(written < 32 << 20, "{head}: {written} bytes");
    }
    let (url, _) = endless(long, b"x", true);
    let file = handler();
    let serving = Serving::start(&["serve", "--addr", "127.0.0.1:0", "--import", "wasi:io", "--otlp", &url, &file]);
    for _ in 0..20 {
        serving.ask("GET", "/", "").is(200, "hello");
    }
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(0));
}

#[test]
fn what_a_collector_refuses_is_lost_and_told_once() {
    let collector = Collector::answering("401 Unauthorized");
    let app = one("return 1");
    let ran = app.run("call", &["--otlp", &collector.url, "demo:one"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("1\n", 0), "{ran:?}");
    assert_eq!(ran.stderr.matches("does not take them").count(), 1, "{ran:?}");
    assert!(ran.stderr.contains("401"), "{ran:?}");
    assert_eq!(collector.collected().heads.len(), 1);
}

#[test]
fn a_url_that_is_none_is_wrong_usage_and_a_variable_that_is_none_a_warning() {
    let app = one("return 1");
    let ran = run(&["serve", "--otlp", "ftp://collector", "guest.wasm"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("http://127.0.0.1:4318"), "{ran:?}");
    let environment =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let ran = run_in(&environment, &["call", app.path().to_str().unwrap(), "demo:one"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("1\n", 0), "{ran:?}");
    assert!(ran.stderr.contains("this host speaks http/protobuf"), "{ran:?}");
}
