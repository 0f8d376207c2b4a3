//! `--metrics`: numbers, health and readiness of what `run` and `serve` have running.

#![cfg(unix)]

use crate::http::{Answer, Client, Serving};
use crate::support::{App, repository};
use std::io::Write;
use std::net::TcpListener;
use std::thread;

/// What a host with `--metrics` serves.
struct Operated {
    serving: Serving,
    operator: String,
}

impl Operated {
    #[track_caller]
    fn start(arguments: &[&str]) -> Self {
        let serving = Serving::start(arguments);
        let line = serving.line("/metrics metrics");
        let operator = line.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap().0.to_owned();
        Self { serving, operator }
    }

    fn get(&self, path: &str) -> Answer {
        Client::open(&self.operator).ask("GET", path, "")
    }

    /// The number of this name and these labels, as they are written.
    #[track_caller]
    fn number(&self, series: &str) -> f64 {
        let metrics = self.get("/metrics");
        assert_eq!(metrics.status, 200);
        let line = metrics.body.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {series} in\n{}", metrics.body)).parse().unwrap()
    }
}

fn handler() -> String {
    repository().join("guests/built/handler.wasm").to_str().unwrap().to_owned()
}

fn serve(options: &[&str]) -> Operated {
    let file = handler();
    let standard = ["serve", "--addr", "127.0.0.1:0", "--metrics", "0", "--import", "wasi:io"];
    Operated::start(&[&standard, options, &[&file]].concat())
}

#[test]
fn calls_requests_and_instances_of_an_application_are_counted_by_entry_and_service() {
    let app = repository().join("examples/orders");
    let host = Operated::start(&["run", "--metrics", "127.0.0.1:0", app.to_str().unwrap()]);
    let mut client = host.serving.client();
    client.ask("POST", "/api/greet", "Ada").is(200, "Hello, Ada!");
    let order = r#"{"customer":"Ada","lines":[{"sku":"apple","quantity":4}]}"#;
    assert_eq!(client.ask("POST", "/api/orders", order).status, 200);
    assert_eq!(client.ask("POST", "/api/orders", "no JSON").status, 400);
    assert_eq!(client.ask("GET", "/nothing-that-an-entry-says", "").status, 404);
    let requests = |status: &str| {
        host.number(&format!("wippy_http_requests_total{{service=\"shop:gateway\",status=\"{status}\"}}"))
    };
    assert_eq!((requests("2xx"), requests("4xx"), requests("5xx")), (2.0, 2.0, 0.0));
    let metrics = host.get("/metrics").body;
    let calls = |entry: &str| {
        let of_entry = format!("wippy_entry_calls_total{{entry=\"{entry}\",outcome=\"ok\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&of_entry)).map(|count| count.parse::<u64>().unwrap())
    };
    // Lua and WASM alike, also where one calls the other.
    assert!(calls("shop.rules:discount").unwrap() > 0, "{metrics}");
    assert!(calls("shop.wasm:price").unwrap() > 0, "{metrics}");
    assert!(!metrics.contains("nothing-that-an-entry-says"), "{metrics}");
}

#[test]
fn every_line_of_the_metrics_has_the_form_that_prometheus_reads() {
    let host = serve(&["--concurrency", "2"]);
    host.serving.ask("GET", "/", "").is(200, "hello");
    let metrics = host.get("/metrics");
    let (mut types, mut series) = (Vec::new(), 0);
    for line in metrics.body.lines() {
        if let Some(described) = line.strip_prefix("# ") {
            types.extend(described.strip_prefix("TYPE ").and_then(|ty| ty.split(' ').next()));
            continue;
        }
        let (name, number) = line.rsplit_once(' ').unwrap();
        let name = name.split('{').next().unwrap();
        assert!(types.iter().any(|ty| name.starts_with(ty)), "{line}");
        assert!(number.parse::<f64>().is_ok(), "{line}");
        series += 1;
    }
    assert!(series > 40);
    // The README's table names them all.
    let readme = include_str!("../../README.md");
    for ty in types {
        assert!(readme.contains(&format!("`{ty}`")), "{ty}");
    }
}

#[test]
fn a_host_that_drains_is_healthy_and_not_ready_until_it_is_gone() {
    let host = serve(&[]);
    host.get("/health").is(200, "ok\n");
    host.get("/ready").is(200, "ready\n");
    let mut client = host.serving.client();
    client.head("POST", "/echo", 10);
    client.send("first");
    assert_eq!(client.answer_head(), (200, None));
    assert_eq!(client.chunk().as_deref(), Some("first"));
    assert_eq!(host.number("wippy_entry_calls_running{entry=\"handler.wasm\"}"), 1.0);
    assert_eq!(host.number("wippy_entry_instances_in_use{entry=\"handler.wasm\"}"), 1.0);
    assert!(host.number("wippy_entry_memory_bytes{entry=\"handler.wasm\"}") > 0.0);
    host.serving.signal("TERM");
    host.serving.refuses();
    host.get("/ready").is(503, "not ready: stopping\n");
    host.get("/health").is(200, "ok\n");
    let mut asks = Client::open(&host.operator);
    asks.send("GET /ready HTTP/1.1\r\nhost: test\r\naccept: application/json\r\n\r\n");
    asks.answer().is(503, r#"{"status":"not ready","reason":"stopping"}"#);
    client.send("then!");
    assert_eq!(client.chunk().as_deref(), Some("then!"));
    assert_eq!(client.chunk(), None);
    assert_eq!(host.serving.ended(), Some(0));
}

#[test]
fn a_service_that_cannot_listen_after_a_reload_is_told_by_ready_until_it_can() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let service = |name: &str, port: u16| {
        format!(
            "  - {{ name: {name}, kind: http.service, addr: \"127.0.0.1:{port}\", lifecycle: {{ auto_start: true }} }}\n"
        )
    };
    let app = App::new(&service("first", 0));
    let host = Operated::start(&["run", "--metrics", "0", "--watch", app.path().to_str().unwrap()]);
    host.get("/ready").is(200, "ready\n");
    let index = app.path().join("_index.yaml");
    let with_second = std::fs::read_to_string(&index).unwrap() + &service("second", port);
    std::fs::write(&index, &with_second).unwrap();
    host.serving.line("cannot listen");
    let told = host.get("/ready");
    assert_eq!(told.status, 503);
    assert!(told.body.starts_with("not ready: demo:second: cannot listen on 127.0.0.1:"), "{}", told.body);
    drop(taken);
    std::fs::write(&index, with_second + "# again\n").unwrap();
    host.serving.line("demo:second");
    host.get("/ready").is(200, "ready\n");
}

#[test]
fn a_client_that_says_nothing_keeps_nobody_from_the_numbers_and_other_requests_are_refused() {
    let host = serve(&[]);
    let idle: Vec<_> = (0..8).map(|_| Client::open(&host.operator)).collect();
    host.get("/health").is(200, "ok\n");
    assert_eq!(host.get("/else").status, 404);
    assert_eq!(Client::open(&host.operator).ask("POST", "/metrics", "").status, 405);
    drop(idle);
    let mut flood = std::net::TcpStream::connect(&host.operator).unwrap();
    let sender = thread::spawn(move || flood.write_all(&vec![b'a'; 1 << 20]).is_err());
    drop(sender.join());
    host.get("/health").is(200, "ok\n");
}

#[test]
fn an_address_that_is_none_is_wrong_usage_and_commands_have_no_metrics() {
    let file = handler();
    for wrong in ["nothing", ":9464", "1.2.3.4"] {
        let ran = crate::support::run(&["serve", "--metrics", wrong, &file]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("--metrics 0.0.0.0:9464"), "{ran:?}");
    }
    let app = App::new("");
    let ran = app.run("run", &["--metrics", "0", "list"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}
