//! `http_client`, against a small server on loopback.

use crate::support::{Setting, run_in, within};
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// A request as the server got it.
#[derive(Debug)]
struct Got {
    line: String,
    headers: Vec<String>,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.headers.iter().find_map(|line| line.strip_prefix(&prefix))
    }
}

/// A server that answers each request with what `answer` makes of it, one connection after another in threads of its own.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: impl Fn(&Got) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (answer, count) = (Arc::new(answer), connections.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                thread::spawn(move || converse(stream, &*answer));
            }
        });
        Self { port, connections }
    }

    async fn run(&self, body: &str) -> wippy_host_core::Result<Json> {
        let body = body.replace("PORT", &self.port.to_string());
        let setting = Setting { allow: Some(vec!["127.0.0.1:*".to_owned()]), ..Setting::default() };
        run_in(setting, &body).await
    }
}

fn converse(mut stream: TcpStream, answer: &dyn Fn(&Got) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let line = lines.remove(0);
        let length = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).unwrap();
        let got = Got {
            line,
            headers: lines
                .iter()
                .map(|line| {
                    line.split_once(": ")
                        .map_or(line.clone(), |(name, value)| format!("{}: {value}", name.to_lowercase()))
                })
                .collect(),
            body: String::from_utf8(body).unwrap(),
        };
        if stream.write_all(answer(&got).as_bytes()).is_err() {
            return;
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nx-kind: test\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_method_query_headers_and_body_and_gives_a_response() {
    let (sender, got) = mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let server = Server::start(move |request| {
        let _ = sender.lock().unwrap().send((
            request.line.clone(),
            request.header("x-a").map(str::to_owned),
            request.body.clone(),
            request.header("authorization").map(str::to_owned),
        ));
        ok("hello")
    });
    let found = server.run(r#"
        local response, err = http_client.post("http://127.0.0.1:PORT/p", {
            headers = { ["X-A"] = "1" }, body = "text", query = { q = "a b" }, auth = { user = "u", pass = "p" },
        })
        assert(not err, tostring(err))
        return { response.status_code, response.body, response.headers["x-kind"] or response.headers["X-Kind"], response.url }"#);
    let found = found.await.unwrap();
    assert_eq!((&found[0], &found[1], &found[2]), (&json!(200), &json!("hello"), &json!("test")));
    assert!(found[3].as_str().unwrap().starts_with("http://127.0.0.1:"), "{found}");
    let (line, header, body, auth) = got.recv().unwrap();
    assert!(line == "POST /p?q=a%20b HTTP/1.1" || line == "POST /p?q=a+b HTTP/1.1", "{line}");
    assert_eq!((header.as_deref(), body.as_str(), auth.as_deref()), (Some("1"), "text", Some("Basic dTpw")));
}

// On one thread: on several, the next request may come before the connection is back, and hyper's pool opens another.
#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start(|_| ok("x"));
    let found = server.run(
        r#"
        local count = 0
        for i = 1, 20 do
            local response = assert(http_client.get("http://127.0.0.1:PORT/"))
            count = count + #response.body
        end
        return count"#,
    );
    assert_eq!(found.await.unwrap(), json!(20));
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_streamed_is_read_in_pieces() {
    let server = Server::start(|_| ok(&"ab".repeat(100_000)));
    let found = server.run(
        r#"
        local response = assert(http_client.get("http://127.0.0.1:PORT/", { stream = true }))
        local pieces, bytes = 0, 0
        while true do
            local piece, err = response.stream:read(1000)
            assert(not err, tostring(err))
            if not piece then break end
            assert(#piece <= 1000)
            pieces, bytes = pieces + 1, bytes + #piece
        end
        return { bytes, pieces >= 200 }"#,
    );
    assert_eq!(found.await.unwrap(), json!([200_000, true]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_an_error_and_not_memory() {
    let server = Server::start(|_| ok(&"x".repeat(100_000)));
    let found = server.run(
        r#"
        local response, err = http_client.get("http://127.0.0.1:PORT/", { max_response_body = 1000 })
        return { response == nil, err:kind() }"#,
    );
    assert_eq!(found.await.unwrap(), json!([true, "RateLimited"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_a_timeout() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = format!(
        "local response, err = http_client.get('http://127.0.0.1:{port}/', {{ timeout = '50ms' }}) return {{ response == nil, err:kind() }}"
    );
    let setting = Setting { allow: Some(vec!["127.0.0.1:*".to_owned()]), ..Setting::default() };
    assert_eq!(run_in(setting, &body).await.unwrap(), json!([true, "Timeout"]));
    let limits = within(Duration::from_millis(100));
    let setting = Setting { allow: Some(vec!["127.0.0.1:*".to_owned()]), limits, ..Setting::default() };
    let error = run_in(setting, &format!("return http_client.get('http://127.0.0.1:{port}/')")).await.unwrap_err();
    assert_eq!(error.kind(), wippy_host_core::ErrorKind::Timeout, "the call's own time ends the wait, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_network_policy_forbids_is_denied_with_the_line_to_add() {
    let server = Server::start(|_| ok("never"));
    let body = format!(
        "local response, err = http_client.get('http://127.0.0.1:{}/') return {{ response == nil, err:kind(), tostring(err) }}",
        server.port
    );
    let found = run_in(Setting::default(), &body).await.unwrap();
    assert_eq!((&found[0], &found[1]), (&json!(true), &json!("PermissionDenied")));
    assert!(found[2].as_str().unwrap().contains("allow"), "{found}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_hop_of_a_redirect_is_asked_of_the_policy_and_there_are_ten_at_most() {
    let server = Server::start(|request| {
        if request.line.contains("/away") {
            "HTTP/1.1 302 Found\r\nlocation: http://10.1.2.3/\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else if request.line.contains("/end") {
            ok("end")
        } else if request.line.contains("/once") {
            "HTTP/1.1 302 Found\r\nlocation: /end\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else {
            "HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
    });
    let found = server.run(
        r#"
        local once = assert(http_client.get("http://127.0.0.1:PORT/once"))
        local away, denied = http_client.get("http://127.0.0.1:PORT/away")
        local round, endless = http_client.get("http://127.0.0.1:PORT/round")
        return { once.body, away == nil and denied:kind(), round == nil and endless ~= nil }"#,
    );
    assert_eq!(found.await.unwrap(), json!(["end", "PermissionDenied", true]));
}
