//! Addresses that an entry may not reach, by whatever name and spelling.

use crate::addresses::{Forbidden, forbidden_hosts, network, ok_response, serve};
use crate::support::{Entry, call, failure, values, within};
use serde_json::{Value as Json, json};
use std::io::ErrorKind as IoErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, LazyLock, Mutex};
use wippy_host::{CallContext, Function, Host, WasmFunction};

fn sockets(host: &Host) -> Entry {
    Entry::on(host, "probe-sockets").imports(&["wasi:sockets", "wasi:io", "wasi:clocks"])
}

fn http(host: &Host) -> Entry {
    Entry::on(host, "probe-http").imports(&["wasi:http", "wasi:io"])
}

fn denied(answer: &Json) -> bool {
    answer.get("err").and_then(Json::as_str).is_some_and(|error| error.ends_with("access-denied"))
}

#[tokio::test]
async fn without_allow_no_tcp_connection_reaches_a_private_address() {
    let (host, _) = network();
    let (four, six) = (Forbidden::new("127.0.0.1"), TcpListener::bind("[::1]:0").ok());
    let connect = sockets(&host).prepare("tcp-connect").await;
    for address in forbidden_hosts() {
        let port = if address.starts_with('[') {
            six.as_ref().map_or(80, |six| six.local_addr().unwrap().port())
        } else {
            four.port()
        };
        let answer = call(&connect, json!([format!("{address}:{port}")])).await.unwrap();
        let error = answer["err"].as_str().unwrap_or_else(|| panic!("{address} was reached: {answer}"));
        // Some are no address that a socket may connect to in the first place.
        assert!(denied(&answer) || error.ends_with("invalid-argument"), "{address}: {answer}");
        let answer = call(&connect, json!([format!("[::ffff:127.0.0.1]:{}", four.port())])).await.unwrap();
        assert!(answer.get("err").is_some(), "{answer}");
    }
    four.assert_untouched();
    if let Some(six) = six {
        six.set_nonblocking(true).unwrap();
        assert!(six.accept().is_err());
    }
}

#[tokio::test]
async fn without_allow_no_datagram_reaches_a_private_address() {
    let (host, _) = network();
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let port = server.local_addr().unwrap().port();
    let entry = sockets(&host);
    for (method, text) in [("udp-send", "x"), ("udp-echo", "x"), ("udp-echo-to", "x")] {
        let function = entry.prepare(method).await;
        for address in forbidden_hosts() {
            let answer = call(&function, json!([format!("{address}:{port}"), text])).await.unwrap();
            let error = answer["err"].as_str().unwrap_or_else(|| panic!("{method} {address}: {answer}"));
            assert!(denied(&answer) || error.ends_with("invalid-argument"), "{method} {address}: {answer}");
        }
    }
    assert_eq!(server.recv(&mut [0; 8]).unwrap_err().kind(), IoErrorKind::WouldBlock);
}

#[tokio::test]
async fn without_allow_no_http_request_reaches_a_private_address_by_address_or_name() {
    let (host, names) = network();
    let listener = Forbidden::new("127.0.0.1");
    let port = listener.port();
    names.add("evil.example", &[&["127.0.0.1"]]);
    names.add("mapped.example", &[&["::ffff:127.0.0.1"]]);
    names.add("metadata.google.internal", &[&["169.254.169.254"]]);
    let get = http(&host).prepare("get").await;
    let mut hosts = forbidden_hosts();
    hosts.extend([
        "localhost",
        "LOCALHOST",
        "localhost.",
        "evil.example",
        "mapped.example",
        "metadata.google.internal",
    ]);
    for name in hosts {
        let answer = call(&get, json!([format!("http://{name}:{port}/")])).await.unwrap();
        assert_eq!(answer["err"], "HttpRequestDenied", "{name}: {answer}");
    }
    // Spellings that some resolvers read as addresses, and hosts that only look like another.
    for url in [
        "http://2130706433",
        "http://0x7f000001",
        "http://127.1",
        "http://0177.0.0.1",
        "http://evil.example@127.0.0.1",
        "http://127.0.0.1#@x",
    ] {
        let answer = call(&get, json!([format!("{url}:{port}/")])).await;
        if let Ok(answer) = answer {
            assert!(answer.get("err").is_some(), "{url}: {answer}");
        }
    }
    listener.assert_untouched();
}

#[tokio::test]
async fn allow_opens_what_it_names_and_nothing_beside_it() {
    let (host, names) = network();
    let (port, requests) = serve(ok_response()).await;
    let other = Forbidden::new("127.0.0.1");
    let item = format!("127.0.0.1:{port}");
    let get = http(&host).allow(&[&item]).prepare("get").await;
    assert_eq!(call(&get, json!([format!("http://127.0.0.1:{port}/")])).await.unwrap()["ok"]["status"], 200);
    assert_eq!(call(&get, json!([format!("http://[::ffff:127.0.0.1]:{port}/")])).await.unwrap()["ok"]["status"], 200);
    assert_eq!(
        call(&get, json!([format!("http://127.0.0.1:{}/", other.port())])).await.unwrap()["err"],
        "HttpRequestDenied"
    );
    // A name is looked up only where the list has it.
    let before = names.asked().len();
    assert_eq!(call(&get, json!([format!("http://localhost:{port}/")])).await.unwrap()["err"], "HttpRequestDenied");
    assert_eq!(names.asked().len(), before);
    let connect = sockets(&host).allow(&[&item]).prepare("tcp-connect").await;
    assert!(call(&connect, json!([item])).await.unwrap().get("ok").is_some());
    assert!(denied(&call(&connect, json!([format!("127.0.0.1:{}", other.port())])).await.unwrap()));
    assert!(denied(&call(&connect, json!([format!("127.0.0.2:{port}")])).await.unwrap()));
    other.assert_untouched();
    assert_eq!(requests.lock().unwrap().iter().filter(|request| !request.is_empty()).count(), 2);
    // An empty list opens nothing, and asks nobody.
    let nothing = sockets(&host).allow(&[]);
    assert_eq!(nothing.err("resolve", json!(["example.com"])).await, "resolve-addresses: access-denied");
    assert_eq!(names.asked().len(), before);
}

#[tokio::test]
async fn an_allowed_name_never_opens_a_private_address() {
    let (host, names) = network();
    let listener = Forbidden::new("127.0.0.1");
    let port = listener.port();
    names.add("db.example.com", &[&["127.0.0.1", "10.0.0.1", "169.254.169.254"]]);
    for allow in [format!("db.example.com:{port}"), "*.example.com".to_owned(), "db.example.com".to_owned()] {
        let get = http(&host).allow(&[&allow]).prepare("get").await;
        let answer = call(&get, json!([format!("http://db.example.com:{port}/")])).await.unwrap();
        assert_eq!(answer["err"], "HttpRequestDenied", "{allow}");
    }
    listener.assert_untouched();
}

#[tokio::test]
async fn the_address_that_is_connected_to_is_the_one_that_was_checked() {
    let (host, names) = network();
    let (port, requests) = serve(ok_response()).await;
    // The same port of another loopback address: a different service.
    let other = TcpListener::bind(("127.0.0.2", port)).unwrap();
    other.set_nonblocking(true).unwrap();
    let other = Forbidden(other);
    names.add("rebind.example", &[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.2", "127.0.0.1"]]);
    let get = http(&host).allow(&[&format!("127.0.0.1:{port}"), "rebind.example"]).prepare("get").await;
    let url = format!("http://rebind.example:{port}/");
    assert_eq!(call(&get, json!([url])).await.unwrap()["ok"]["status"], 200);
    assert_eq!(names.asked().len(), 1, "one look-up for one connection");
    assert_eq!(call(&get, json!([url])).await.unwrap()["err"], "HttpRequestDenied");
    // Of several addresses, only those that are permitted are tried.
    assert_eq!(call(&get, json!([url])).await.unwrap()["ok"]["status"], 200);
    assert_eq!(names.asked().len(), 3);
    assert_eq!(requests.lock().unwrap().len(), 2);
    other.assert_untouched();
}

#[tokio::test]
async fn a_redirect_is_the_guest_s_to_follow() {
    let (host, _) = network();
    let listener = Forbidden::new("127.0.0.1");
    let location = format!("http://127.0.0.1:{}/secret", listener.port());
    let (port, _) = serve(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")).await;
    let get = http(&host).allow(&[&format!("127.0.0.1:{port}")]).prepare("get").await;
    let answer = call(&get, json!([format!("http://127.0.0.1:{port}/")])).await.unwrap();
    assert_eq!(answer["ok"]["status"], 302);
    assert_eq!(call(&get, json!([location])).await.unwrap()["err"], "HttpRequestDenied");
    listener.assert_untouched();
}

#[tokio::test]
async fn a_header_names_no_other_host_than_the_one_that_was_judged() {
    let (host, _) = network();
    let (port, requests) = serve(ok_response()).await;
    let send = http(&host).allow(&[&format!("127.0.0.1:{port}")]).prepare("send").await;
    for (name, value) in [
        ("host", "internal.example"),
        ("Host", "internal.example"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("x", "a\r\nhost: b"),
        ("a b", "c"),
    ] {
        let request = json!({"method": "GET", "url": format!("http://127.0.0.1:{port}/"), "headers": [[name, value]], "body": [], "trailers": [],
            "connect-timeout": null, "first-byte-timeout": null, "between-bytes-timeout": null});
        let answer = call(&send, json!([request])).await.unwrap();
        assert!(answer.get("err").is_some() || name == "x" && answer.get("ok").is_some(), "{name}: {answer}");
    }
    for request in requests.lock().unwrap().iter() {
        assert!(!request.contains("internal.example") && !request.contains("host: b"), "{request}");
    }
}

#[tokio::test]
async fn timeouts_of_any_length_are_taken() {
    let (host, _) = network();
    let (port, _) = serve(ok_response()).await;
    let send = http(&host).allow(&[&format!("127.0.0.1:{port}")]).prepare("send").await;
    for milliseconds in [0, 1_000_000, u64::MAX / 1_000_000, u64::MAX] {
        let request = json!({"method": "GET", "url": format!("http://127.0.0.1:{port}/"), "headers": [], "body": [], "trailers": [],
            "connect-timeout": milliseconds, "first-byte-timeout": milliseconds, "between-bytes-timeout": milliseconds});
        // The guest's own arithmetic may trap; what reaches the host must not.
        let answer = call(&send, json!([request])).await;
        assert!(milliseconds == u64::MAX || answer.is_ok(), "{milliseconds}: {answer:?}");
    }
}

#[tokio::test]
async fn listening_and_binding_need_an_allow_of_that_address() {
    let (host, _) = network();
    let entry = sockets(&host);
    for (method, arguments) in [
        ("tcp-listen", json!(["127.0.0.1:0"])),
        ("tcp-listen", json!(["0.0.0.0:0"])),
        ("tcp-listen", json!(["[::1]:0"])),
        ("tcp-bind", json!(["127.0.0.1:0"])),
        ("tcp-bind", json!(["0.0.0.0:18080"])),
        ("udp-bind", json!(["127.0.0.1:0"])),
        ("udp-bind", json!(["0.0.0.0:15353"])),
        ("tcp-self", json!(["127.0.0.1:0", "x"])),
        ("udp-self", json!(["127.0.0.1:0", "x"])),
    ] {
        let error = entry.err(method, arguments.clone()).await;
        assert!(error.ends_with("access-denied"), "{method}{arguments}: {error}");
    }
    let allowed = entry.clone().allow(&["127.0.0.1"]);
    for (method, arguments) in [
        ("tcp-listen", json!(["127.0.0.1:0"])),
        ("tcp-bind", json!(["127.0.0.1:0"])),
        ("udp-bind", json!(["127.0.0.1:0"])),
        ("udp-bind", json!(["0.0.0.0:0"])),
        ("tcp-self", json!(["127.0.0.1:0", "x"])),
    ] {
        allowed.ok(method, arguments).await;
    }
    let error = allowed.err("tcp-listen", json!(["0.0.0.0:0"])).await;
    assert!(error.ends_with("access-denied"), "{error}");
    // A name opens no listener.
    let named = entry.allow(&["example.com", "*.example.com"]);
    let error = named.err("tcp-listen", json!(["127.0.0.1:0"])).await;
    assert!(error.ends_with("access-denied"), "{error}");
}

#[tokio::test]
async fn a_datagram_from_an_address_that_is_not_allowed_is_not_handed_over() {
    let (host, _) = network();
    let server = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let stranger = tokio::net::UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let address = server.local_addr().unwrap().to_string();
    let echo = sockets(&host).allow(&[&address]).prepare("udp-echo-to").await;
    let context = CallContext::new();
    let asked = echo.call(&context, values(json!([address, "question"])));
    let answers = async {
        let mut buffer = [0; 64];
        let (length, mut guest) = server.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..length], b"question");
        if guest.ip().is_unspecified() {
            guest.set_ip("127.0.0.1".parse().unwrap());
        }
        for _ in 0..5 {
            stranger.send_to(b"forged", guest).await.unwrap();
        }
        server.send_to(b"answer", guest).await.unwrap();
    };
    let (answer, ()) = within(async { tokio::join!(asked, answers) }).await;
    assert_eq!(answer.unwrap().into_json().unwrap()["ok"], json!(["answer", address]));
}

#[tokio::test]
async fn hostile_names_are_refused_before_anybody_is_asked() {
    let (host, names) = network();
    let resolve = sockets(&host).prepare("resolve").await;
    let long = "a".repeat(300);
    for name in [
        "",
        ".",
        "a..b",
        "a b",
        "a\0b",
        "127.1",
        "0x7f.1",
        "1.2.3.400",
        "fe80::1%eth0",
        "[::1",
        "a/b",
        "a@b",
        "%6c",
        long.as_str(),
    ] {
        let answer = call(&resolve, json!([name])).await.unwrap();
        assert!(answer.get("err").is_some(), "{name:?}: {answer}");
    }
    // An address in the place of a name is judged as an address.
    for address in ["127.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254"] {
        let answer = call(&resolve, json!([address])).await.unwrap();
        assert!(denied(&answer), "{address}: {answer}");
    }
    assert_eq!(names.asked(), Vec::<String>::new());
    // Megabytes of name cost nothing.
    let result = call(&resolve, json!(["x".repeat(8 << 20)])).await;
    assert!(result.as_ref().map_or(true, |answer| answer.get("err").is_some()), "{result:?}");
}

/// What was written to the log on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// While a process has had one subscriber, tracing asks only the thread that first comes to a line whether anybody wants it, once
/// and for all. With others it asks them all: a thread without a subscriber silences no line for the test that has one.
static OTHERS: LazyLock<[tracing::Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default())));

#[tokio::test(flavor = "current_thread")]
async fn a_denial_is_in_the_log_once_with_a_count_and_the_line_to_add() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    LazyLock::force(&OTHERS);
    let _logging = tracing::subscriber::set_default(subscriber);
    let (host, _) = network();
    let connect: WasmFunction = sockets(&host).prepare("tcp-connect").await;
    for _ in 0..10 {
        call(&connect, json!(["127.0.0.1:5432"])).await.unwrap();
    }
    let said = "entry app:report: denied tcp connect to 127.0.0.1:5432 (loopback address, not named by wasi.network.allow); add \
                \"127.0.0.1:5432\" to its wasi.network.allow";
    let text = || String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text().matches(said).count(), 1, "{}", text());
    assert!(text().contains("entry=\"app:report\" count=1"), "{}", text());
    // Thousands of different addresses do not flood it.
    for port in 1..400 {
        call(&connect, json!([format!("127.0.0.1:{port}")])).await.unwrap();
    }
    assert!(text().lines().count() < 300, "{} lines", text().lines().count());
    // What was only counted is told in the end.
    host.drain(std::time::Instant::now()).await;
    assert!(text().contains("denied 10 times so far: ") && text().contains("count=10"), "{}", text());
}

#[tokio::test]
async fn http_ungranted_beside_sockets_and_the_other_way_round() {
    let (host, _) = network();
    let without = Entry::on(&host, "probe-http").imports(&["wasi:sockets", "wasi:io"]).allow(&["127.0.0.1"]);
    let error = failure(without.call("get", json!(["http://127.0.0.1:1/"])).await);
    assert!(error.message().starts_with("guest called wasi:http/types#"), "{error}");
    // The types alone build a request that nobody sends.
    let types = without.imports(&["wasi:http/types", "wasi:io"]);
    let error = failure(types.call("get", json!(["http://127.0.0.1:1/"])).await);
    assert_eq!(
        error.to_string(),
        "guest called wasi:http/outgoing-handler#handle, but entry app:report does not import it; add \"wasi:http\" to its \
         imports"
    );
}
