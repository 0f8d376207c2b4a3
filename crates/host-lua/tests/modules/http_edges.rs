//! `http_client`: every option, redirects with credentials, and servers that mean no good.

use crate::support::{Setting, run_in, within};
use serde_json::{Value as Json, json};
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wippy_host_core::{ErrorKind, Limits};

/// Answers each request with what `answer` writes, one request a connection.
async fn server<F>(answer: impl Fn(String, TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let complete = |request: &[u8]| {
                let text = String::from_utf8_lossy(request).to_lowercase();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                body.len() >= length.unwrap_or(0)
            };
            while !complete(&request) {
                let mut piece = [0; 4096];
                match stream.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&piece[..read]),
                }
            }
            tokio::spawn(answer(String::from_utf8_lossy(&request).into_owned(), stream));
        }
    });
    port
}

/// A server that sends back the request that it got; paths that begin with `/to/` redirect to the rest.
async fn echo() -> u16 {
    server(|request, mut stream| async move {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let answer = match path.strip_prefix("/to/") {
            Some(rest) => {
                let (status, location) = rest.split_once('/').unwrap();
                format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            }
            None => format!(
                "HTTP/1.1 200 OK\r\nX-One: 1\r\nx-two: a\r\nx-two: b\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{}",
                request.len(),
                if request.starts_with("HEAD") { "" } else { &request }
            ),
        };
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await
}

/// Runs `body` with `base` as the server's address, under an `allow` of all of loopback.
async fn lua(port: u16, body: &str) -> Json {
    run_in(allowing(Limits::default()), &with_base(port, body)).await.unwrap()
}

fn allowing(limits: Limits) -> Setting {
    Setting { limits, allow: Some(vec!["127.0.0.1:*".to_owned(), "localhost:*".to_owned()]), ..Setting::default() }
}

fn with_base(port: u16, body: &str) -> String {
    format!("local base = \"http://127.0.0.1:{port}\"\n{body}")
}

#[tokio::test]
async fn a_request_has_the_options_and_a_response_the_fields_of_the_reference() {
    let result = lua(
        echo().await,
        r#"
        local response, err = http_client.get(base .. "/a?x=1#part", {
          headers = { ["X-A"] = "1", ["x-many"] = { "p", "q" } }, query = { b = "two words", c = 3 }, auth = { user = "ada", pass = "pw" },
        })
        assert(err == nil and response.status_code == 200 and response.url == base .. "/a?x=1&b=two+words&c=3")
        assert(response.headers["X-One"] == "1" and response.headers["x-one"] == "1" and response.headers["X-TWO"] == "a, b")
        assert(response.headers["X-None"] == nil)
        local got = response.body
        assert(got:find("^GET /a%?x=1&b=two%+words&c=3 HTTP/1.1\r\n") and got:find("x-a: 1\r\n", 1, true), got)
        assert(got:find("x-many: p\r\nx-many: q\r\n", 1, true) and got:find("authorization: Basic YWRhOnB3\r\n", 1, true), got)
        assert(not got:find("accept-encoding", 1, true))
        for _, method in ipairs { "post", "put", "patch", "delete" } do
          local sent = http_client[method](base .. "/b", { body = "\0\xffbytes" }).body
          assert(sent:find("^" .. method:upper() .. " /b ") and sent:find("content-length: 7", 1, true), sent)
        end
        local form = http_client.post(base, { form = { a = "1 2", b = { "x", "y" } } }).body
        assert(form:find("content-type: application/x-www-form-urlencoded\r\n", 1, true) and form:find("\r\n\r\na=1+2&b=x&b=y", 1, true), form)
        local head = http_client.head(base .. "/h")
        assert(head.status_code == 200 and head.body == "")
        return http_client.request("options", base).body:match("^%u+")
        "#,
    )
    .await;
    assert_eq!(result, json!("OPTIONS"));
}

#[tokio::test]
async fn redirects_are_followed_and_leave_credentials_with_their_origin() {
    let (here, there) = (echo().await, echo().await);
    let result = lua(
        here,
        &format!(
            r#"
        local there = "http://127.0.0.1:{there}"
        local secret = {{ auth = {{ user = "a", pass = "b" }}, headers = {{ cookie = "c=1" }} }}
        local same = http_client.get(base .. "/to/302/" .. "/end", secret)
        assert(same.url == base .. "/end" and same.body:find("authorization", 1, true) and same.body:find("cookie", 1, true))
        local other = http_client.get(base .. "/to/302/" .. there .. "/end", secret)
        assert(other.url == there .. "/end" and not other.body:find("authorization", 1, true) and not other.body:find("cookie", 1, true))
        local turned = http_client.post(base .. "/to/303/" .. "/end", {{ body = "data" }}).body
        assert(turned:find("^GET /end") and not turned:find("data", 1, true))
        local kept = http_client.post(base .. "/to/307/" .. "/end", {{ body = "data" }}).body
        assert(kept:find("^POST /end") and kept:find("data$"))
        local long = "/end"
        for _ = 1, 11 do long = "/to/302/" .. long end
        local none, err = http_client.get(base .. long)
        assert(none == nil and err:message():find("more than 10 redirects", 1, true), tostring(err))
        none, err = http_client.get(base .. "/to/302/" .. "file:///etc/passwd")
        assert(none == nil and err:message():find("is not followed", 1, true), tostring(err))
        return true
        "#
        ),
    )
    .await;
    assert_eq!(result, json!(true));
}

#[tokio::test]
async fn the_entrys_network_policy_judges_each_address_and_each_redirect() {
    let (allowed, forbidden) = (echo().await, echo().await);
    let denied = run_in(
        Setting::default(),
        &format!(
            "local none, err = http_client.get('http://127.0.0.1:{allowed}/') return {{ none == nil, err:kind(), tostring(err) }}"
        ),
    )
    .await
    .unwrap();
    assert_eq!((&denied[0], &denied[1]), (&json!(true), &json!("PermissionDenied")));
    let text = denied[2].as_str().unwrap();
    assert!(text.ends_with(&format!("add \"127.0.0.1:{allowed}\" to its wasi.network.allow")), "{text}");

    let only = format!("127.0.0.1:{allowed}");
    let redirected = run_in(
        Setting { allow: Some(vec![only]), ..Setting::default() },
        &format!(
            "local none, err = http_client.get('http://127.0.0.1:{allowed}/to/302/http://127.0.0.1:{forbidden}/') \
             return {{ none == nil, err:kind(), tostring(err) }}"
        ),
    )
    .await
    .unwrap();
    assert_eq!(redirected[1], json!("PermissionDenied"));
    assert!(redirected[2].as_str().unwrap().contains(&format!("\"127.0.0.1:{forbidden}\"")), "{redirected}");
}

#[tokio::test]
async fn a_body_is_read_in_pieces_or_up_to_its_limit() {
    let port = server(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
        // Without an end, until the client goes away.
        while stream.write_all(&[b'x'; 65536]).await.is_ok() {}
    })
    .await;
    let result = lua(
        port,
        r#"
        local none, err = http_client.get(base, { max_response_body = 1000000 })
        assert(none == nil and err:kind() == errors.RATE_LIMITED and err:message():find("more than 1000000 bytes", 1, true), tostring(err))
        none, err = http_client.get(base)
        assert(none == nil and err:message():find("more than 10485760 bytes", 1, true), tostring(err))
        local response = http_client.get(base, { stream = true })
        assert(response.body == nil)
        local size = 0
        while size < 20000000 do
          local piece, problem = response.stream:read(100000)
          assert(problem == nil and #piece >= 1 and #piece <= 100000)
          size = size + #piece
        end
        response.stream:close()
        return response.stream:read() == nil
        "#,
    )
    .await;
    assert_eq!(result, json!(true));
    let mut limits = Limits::default();
    limits.max_memory_bytes = 16 << 20;
    let source = with_base(port, "return http_client.get(base, { max_response_body = 1 << 40 })");
    let error = run_in(allowing(limits), &source).await.unwrap_err();
    assert_eq!(error.reason(), wippy_host_core::Reason::Memory, "{error}");
}

#[tokio::test]
async fn a_streamed_body_that_ends_gives_nil_and_one_that_breaks_off_an_error() {
    let port = server(|request, mut stream| async move {
        let length = if request.contains("/whole") { 5 } else { 50 };
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nhello");
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let result = lua(
        port,
        r#"
        local whole = http_client.get(base .. "/whole", { stream = true }).stream
        assert(whole:read(2) == "he" and whole:read() == "llo")
        local last, none = whole:read()
        assert(last == nil and none == nil)
        local broken = http_client.get(base .. "/broken", { stream = true }).stream
        assert(broken:read() == "hello")
        local _, err = broken:read()
        return err:kind()
        "#,
    )
    .await;
    assert_eq!(result, json!("Unavailable"));
}

#[tokio::test]
async fn silent_servers_meet_the_timeout_and_the_deadline_of_the_call() {
    let port = server(|_, stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let result = lua(
        port,
        r#"
        local none, err = http_client.get(base, { timeout = "50ms" })
        assert(none == nil)
        return { err:kind(), err:retryable() }
        "#,
    )
    .await;
    assert_eq!(result, json!(["Timeout", true]));
    let limits = within(Duration::from_millis(100));
    let error = run_in(allowing(limits), &with_base(port, "pcall(http_client.get, base)")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_flood_of_header_fields_and_a_dripping_body_are_stopped() {
    let port = server(|request, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        if request.contains("/flood") {
            while stream.write_all(b"x-flood: 0123456789012345678901234567890123456789\r\n").await.is_ok() {}
        }
        let _ = stream.write_all(b"connection: close\r\n\r\n").await;
        while stream.write_all(b".").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let result = lua(
        port,
        r#"
        local none, flood = http_client.get(base .. "/flood")
        local nothing, drip = http_client.get(base .. "/drip", { timeout = 0.1 })
        return { none == nil, flood:kind(), nothing == nil, drip:kind() }
        "#,
    )
    .await;
    assert_eq!(result, json!([true, "RateLimited", true, "Timeout"]));
}

#[tokio::test]
async fn compressed_bodies_arrive_as_they_are_sent() {
    let port = server(|_, mut stream| async move {
        let head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00";
        let _ = stream.write_all(head).await;
    })
    .await;
    assert_eq!(lua(port, "return http_client.get(base).body == '\\x1f\\x8b\\x08\\x00'").await, json!(true));
}

#[tokio::test]
async fn wrong_options_and_urls_are_errors_that_say_what_is_wrong() {
    let result = lua(
        1,
        r#"
        local attempts = {
          { "ftp://a/" }, { "nothing" }, { "http://u:p@a/" }, { base, { bdoy = "x" } }, { base, { body = "a", form = {} } },
          { base, { headers = { ["a b"] = "c" } } }, { base, { headers = { a = "b\r\nc: d" } } }, { base, { timeout = 0 } },
          { base, { query = "a" } }, { base, { body = {} } }, { base, { max_response_body = -1 } },
        }
        local kinds = {}
        for index, attempt in ipairs(attempts) do
          local none, err = http_client.get(attempt[1], attempt[2])
          assert(none == nil and err:kind() == errors.INVALID, index .. tostring(err))
        end
        local none, err = http_client.get(base)
        return err:kind()
        "#,
    )
    .await;
    assert_eq!(result, json!("Unavailable"));
}

#[tokio::test]
async fn uri_parts_are_encoded_and_decoded() {
    let result = lua(
        1,
        r#"
        local encoded = http_client.encode_uri("a b/é?&=+%")
        assert(http_client.decode_uri(encoded) == "a b/é?&=+%" and http_client.decode_uri("a+b%20c") == "a b c")
        local none, err = http_client.decode_uri("%4")
        return { encoded, err:kind() }
        "#,
    )
    .await;
    assert_eq!(result, json!(["a%20b%2F%C3%A9%3F%26%3D%2B%25", "Invalid"]));
}
