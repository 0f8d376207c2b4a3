//! The log: its forms, its place, whom guests' lines are of, denials that repeat, and what never stands in it.

#![cfg(unix)]

use crate::http::Serving;
use crate::support::{App, PATIENCE, Ran, command, repository, run_in};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;

const SECRET: &str = "s3cr3t-that-nobody-may-read";

fn writer() -> App {
    App::guest("probe-cli", "write-stdout", "    imports: [wasi:cli, wasi:io]\n")
}

fn events(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[test]
fn a_guests_line_is_of_its_entry_and_stream_in_both_forms() {
    let app = writer();
    let text = app.run("call", &["demo:it", "hello"]).stderr;
    assert!(text.contains(r#"hello entry="demo:it" stream="stdout""#), "{text}");
    let ran = app.run("call", &["--log-format", "json", "demo:it", "hello"]);
    let [event] = events(&ran.stderr).try_into().unwrap();
    let of = |key: &str| event[key].as_str().unwrap().to_owned();
    assert_eq!((of("message"), of("entry"), of("stream")), ("hello".into(), "demo:it".into(), "stdout".into()));
    assert_eq!((of("level"), of("target")), ("INFO".into(), "wippy::guest".into()));
    // A guest's line is one value, whatever it holds.
    let forged = r#"x","entry":"demo:other"} \u001b[31m"#;
    let ran = app.run("call", &["--log-format", "json", "demo:it", forged]);
    assert_eq!(events(&ran.stderr)[0]["entry"], "demo:it");
}

#[test]
fn the_log_goes_to_a_file_where_one_is_named_and_is_appended_to_it() {
    let app = writer();
    let file = app.path().join("wippy.log");
    for line in ["first", "second"] {
        let ran = app.run("call", &["--log-file", file.to_str().unwrap(), "demo:it", line]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("first") && lines[1].contains("second"), "{text}");
    let ran = app.run("call", &["--log-file", "/no/such/directory/log", "demo:it", "x"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--log-file: cannot write /no/such/directory/log"), "{ran:?}");
}

#[test]
fn the_level_is_a_filter_which_the_flag_says_before_the_variable() {
    let app = writer();
    assert_eq!(app.run("call", &["--log-level", "warn", "demo:it", "hello"]).stderr, "");
    assert_eq!(app.run("call", &["--log-level", "wippy::guest=off,info", "demo:it", "hello"]).stderr, "");
    let root = app.path();
    let both = ["call", root.to_str().unwrap(), "--log-level", "info", "demo:it", "hello"];
    assert!(run_in(&[("WIPPY_LOG", "off"), ("NO_COLOR", "1")], &both).stderr.contains("hello"));
    let ran = app.run("call", &["--log-level", "info=nothing", "demo:it", "hello"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("write a level, or target=level"), "{ran:?}");
}

#[test]
fn a_denial_that_repeats_is_logged_once_and_counted_at_the_end() {
    let file = repository().join("guests/built/handler.wasm");
    let log = App::empty();
    let log = log.path().join("log");
    let serving = Serving::start(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--log-file",
        log.to_str().unwrap(),
        file.to_str().unwrap(),
    ]);
    for _ in 0..5 {
        let mut client = serving.client();
        client.send("GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
        client.end();
    }
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(0));
    let mut events = events(&std::fs::read_to_string(log).unwrap());
    events.retain(|event| event["target"] == "wippy::denied::grant");
    let counts: Vec<_> =
        events.iter().map(|event| (event["entry"].as_str().unwrap(), event["count"].as_u64())).collect();
    assert_eq!(counts, [("handler.wasm", Some(1)), ("handler.wasm", Some(5))], "{events:#?}");
    let (first, last) = (events[0]["message"].as_str().unwrap(), events[1]["message"].as_str().unwrap());
    let function = first.strip_prefix("guest called ").and_then(|rest| rest.split(',').next()).unwrap();
    assert_eq!(last, format!("denied 5 times so far: {function}"));
}

#[test]
fn a_command_that_a_signal_ends_says_how_often_it_was_denied() {
    let source = "local http, time = require('http_client'), require('time')
        return { main = function()
            for _ = 1, 5 do http.get('http://127.0.0.1:1/') end
            print('now')
            time.sleep('1h')
        end }";
    let entry = "{ name: it, kind: function.lua, source: file://it.lua, method: main, modules: [http_client, time] }";
    let app = App::new(&format!("  - {entry}\n")).with("it.lua", source);
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let arguments = ["call", app.path().to_str().unwrap(), "demo:it"].map(str::to_owned);
        let mut child = command(&[("NO_COLOR", "1")], &arguments.each_ref().map(String::as_str))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("now")), "it ended too soon");
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let rest: Vec<_> = lines.collect();
        assert!(rest.iter().any(|line| line.contains("denied 5 times so far: ")), "{rest:?}");
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}

#[test]
fn an_application_says_what_it_is_when_it_starts_as_text_or_as_one_event() {
    let app = repository().join("examples/orders");
    let serving = Serving::start(&["run", app.to_str().unwrap()]);
    let entries = serving.line("  entries");
    assert!(entries.contains("1 http.service") && entries.contains("function.lua"), "{entries}");
    let calls = serving.line("  calls");
    assert!(calls.contains("shop.wasm:price"), "{calls}");
    let endpoints = serving.line("  endpoints");
    let url = format!("POST http://{}/api/orders shop.web:checkout", serving.addr);
    assert!(endpoints.contains(&url), "{endpoints}");
    drop(serving);

    let serving = Serving::start(&["run", "--log-format", "json", app.to_str().unwrap()]);
    let event: Json = serde_json::from_str(&serving.line("the application runs")).unwrap();
    assert_eq!(event["target"], "wippy::start");
    assert!(event["endpoints"].as_str().unwrap().contains("/api/orders shop.web:checkout"), "{event}");
    assert_eq!(event["warnings"], 0);
}

/// Everything that a run says beside its result.
#[track_caller]
fn says_nothing(ran: &Ran) {
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
    assert!(ran.stderr.contains("TRACE"), "{}", ran.stderr);
}

/// A server that reads what comes and hangs up.
fn rude() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let _ = connection.read(&mut [0; 4096]);
        }
    });
    port
}

#[test]
fn secrets_of_requests_that_fail_are_in_no_trace_and_no_error() {
    let app = App::guest(
        "probe-http",
        "send",
        "    imports: [wasi:http, wasi:io]\n    wasi: { network: { allow: [\"127.0.0.1:*\"] } }\n",
    );
    let port = rude();
    let send = |url: &str, value: &str| {
        let headers = ["authorization", "cookie", "proxy-authorization"].map(|name| json!([name, value]));
        let request = json!({"method": "GET", "url": url, "headers": headers, "body": [], "trailers": []}).to_string();
        app.run("call", &["--log-level", "trace", "demo:it", &request])
    };
    says_nothing(&send(&format!("http://127.0.0.1:{port}/"), SECRET));
    says_nothing(&send("http://127.0.0.1:1/", SECRET));
    says_nothing(&send("http://10.1.2.3/", SECRET));
    says_nothing(&send("https://127.0.0.1:1/", SECRET));
    says_nothing(&send(&format!("http://127.0.0.1:{port}/"), &format!("broken\n{SECRET}")));
    says_nothing(&send("no URL", SECRET));
}

#[test]
fn the_values_of_variables_are_in_no_trace_and_no_error() {
    let variables = "  - { name: all, kind: env.storage.static, values: { TOKEN: s3cr3t-that-nobody-may-read } }
  - { name: token, kind: env.variable, storage: demo:all, variable: TOKEN }
  - { name: missing, kind: env.variable, storage: demo:all, variable: MISSING }\n";
    let mapped = |more: &str| {
        format!(
            "    imports: [wasi:cli, wasi:io]\n    wasi: {{ env: [{{ id: demo:token, name: TOKEN, required: true }}{more}] }}\n\
             {variables}"
        )
    };
    let app = App::guest("probe-cli", "environment", &mapped(""));
    let ran = app.run("call", &["--log-level", "trace", "demo:it"]);
    assert!(ran.stdout.contains(SECRET), "the guest has it: {ran:?}");
    says_nothing(&ran);
    let app = App::guest("probe-cli", "environment", &mapped(", { id: demo:missing, name: MISSING, required: true }"));
    let ran = app.run("call", &["--log-level", "trace", "demo:it"]);
    assert!(ran.code == 1 && ran.stderr.contains("demo:missing"), "{ran:?}");
    says_nothing(&ran);
    let app = App::guest("probe-cli", "exit-with-code", &mapped(""));
    says_nothing(&app.run("call", &["--log-level", "trace", "demo:it", "3"]));
}

#[test]
fn secrets_of_clients_are_in_no_trace_whatever_becomes_of_their_requests() {
    let file = repository().join("guests/built/handler.wasm");
    let log = App::empty();
    let log = log.path().join("log");
    let variable = format!("TOKEN={SECRET}");
    let log_file = ["--log-level", "trace", "--log-file", log.to_str().unwrap()];
    let options = ["--addr", "127.0.0.1:0", "--import", "all", "--env", &variable, file.to_str().unwrap()];
    let serving = Serving::start(&[&["serve"][..], &log_file, &options].concat());
    for path in
        ["/", "/request", "/trap-before", "/trap-after", "/no-response", "/error-code?1", "/outgoing", "/nothing"]
    {
        for (name, value) in [
            ("authorization", SECRET.to_owned()),
            ("cookie", SECRET.to_owned()),
            ("proxy-authorization", SECRET.to_owned()),
            ("authorization", format!("\u{1}{SECRET}")),
            ("content-length", SECRET.to_owned()),
        ] {
            let mut client = serving.client();
            client.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{name}: {value}\r\n\r\n"));
            client.end();
        }
    }
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(0));
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("TRACE"));
    let leaks: Vec<_> = text.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn a_log_that_cannot_be_read_ends_nothing() {
    let app = writer();
    let root = app.path();
    let arguments = ["call", root.to_str().unwrap(), "--log-format", "json", "demo:it", "hello"];
    let mut child =
        crate::support::command(&[], &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    let mut stdout = child.stdout.take().unwrap();
    let (sender, done) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    assert!(!done.recv_timeout(PATIENCE).unwrap().is_empty());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
