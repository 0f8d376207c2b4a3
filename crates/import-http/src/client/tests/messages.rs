//! Requests and responses as such: heads, bodies, trailers, streaming.

use std::sync::Arc;

use bytes::Bytes;
use futures::SinkExt;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::identity::Identity;
use super::support::*;
use crate::client::{Client, ClientError, ResponseBody, Timeouts};

const URI: &str = "http://service.test/path?query=1";

/// A server for each protocol, a client that trusts it, and the URI to use.
async fn both_protocols(answer: impl Answer) -> [(Server, Client, &'static str); 2] {
    let identity = Identity::new();
    let http1 = http_server(Speaks::Http1, answer.clone()).await;
    let http2 = http_server(identity.speaks(&["h2"]), answer).await;
    let clients = [client(&http1), client_with(&http2, identity.trusted())];
    let [first, second] = clients;
    [(http1, first, "http://service.test/path"), (http2, second, "https://service.test/path")]
}

#[tokio::test]
async fn a_get_returns_status_fields_and_body() {
    let server = answering("HTTP/1.1 418 Short and stout\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: 3\r\n\r\npot").await;
    let response = send(&client(&server), get(URI)).await.unwrap();
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(response.version(), Version::HTTP_11);
    let values: Vec<_> = response.headers().get_all("x-a").iter().collect();
    assert_eq!(values, ["1", "2"]);
    assert_eq!(read(response.into_body()).await.unwrap(), "pot");
}

#[tokio::test]
async fn a_post_reaches_the_server_with_its_body_over_both_protocols() {
    for (_server, client, uri) in both_protocols(echo).await {
        let response = send(&client, post(uri, "hello")).await.unwrap();
        assert_eq!(response.headers()["x-method"], "POST");
        assert_eq!(response.headers()["x-path"], "/path");
        assert_eq!(read(response.into_body()).await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn any_method_but_connect_is_passed_on() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client(&server);
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let request = Request::builder().method(method).uri(URI).body(Empty::<Bytes>::new()).unwrap();
        assert_eq!(send(&client, request).await.unwrap().headers()["x-method"], method);
    }
    let request = Request::builder().method(Method::CONNECT).uri(URI).body(Empty::<Bytes>::new()).unwrap();
    let error = send(&client, request).await.unwrap_err();
    assert_eq!(error.to_string(), "the method CONNECT is not supported: this client opens no tunnels");
}

#[tokio::test]
async fn the_body_of_a_head_response_is_empty_whatever_its_length_says() {
    let server = answering("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
    let request = Request::head(URI).body(Empty::<Bytes>::new()).unwrap();
    let response = send(&client(&server), request).await.unwrap();
    assert_eq!(response.headers()["content-length"], "1000");
    assert!(response.body().is_end_stream());
    assert_eq!(read(response.into_body()).await.unwrap(), "");
}

#[tokio::test]
async fn fields_about_the_connection_are_the_clients_own() {
    let (head_sender, mut heads) = mpsc::unbounded_channel();
    let server = raw_server(move |_, mut stream| {
        let head_sender = head_sender.clone();
        async move {
            let _ = head_sender.send(read_head(&mut stream).await);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            drain(stream).await;
        }
    })
    .await;
    let client = client(&server);
    let request = Request::get("http://Service.TEST:8080/?q")
        .header("host", "elsewhere.test")
        .header("connection", "close, x-private, te")
        .header("x-private", "1")
        .header("keep-alive", "timeout=5")
        .header("proxy-connection", "keep-alive")
        .header("transfer-encoding", "gzip")
        .header("upgrade", "h2c")
        .header("http2-settings", "AAMAAABkAAQAAP__")
        .header("te", "gzip, trailers")
        .header("accept", "*/*")
        .body(Empty::<Bytes>::new())
        .unwrap();
    send(&client, request).await.unwrap();
    assert_eq!(
        within(heads.recv()).await.unwrap(),
        "GET /?q HTTP/1.1\r\naccept: */*\r\nte: trailers\r\nhost: service.test:8080\r\n\r\n"
    );
    send(&client, get("http://service.test:80")).await.unwrap();
    assert_eq!(within(heads.recv()).await.unwrap(), "GET / HTTP/1.1\r\nhost: service.test\r\n\r\n");
}

#[tokio::test]
async fn http2_has_the_authority_and_no_host_field() {
    let identity = Identity::new();
    let server = http_server(identity.speaks(&["h2"]), |request| {
        Box::pin(async move {
            assert!(!request.headers().contains_key("host"));
            let authority = request.uri().authority().unwrap().to_string();
            Response::new(Full::new(Bytes::from(authority)).boxed_unsync())
        })
    })
    .await;
    let client = client_with(&server, identity.trusted());
    let request = Request::get("https://service.test:443/").header("host", "elsewhere.test");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(fetch(&client, request).await.unwrap(), "service.test");
}

#[tokio::test]
async fn the_dialer_gets_host_and_port_as_the_uri_means_them() {
    // Answers HTTP and hangs up on TLS, whose connections are dialled before that.
    let server = raw_server(|_, mut stream| async move {
        if stream.read_u8().await.is_ok_and(|first| first == b'G') {
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
            drain(stream).await;
        }
    })
    .await;
    let dialer = loopback(server.port);
    let client = Client::new(Arc::clone(&dialer) as Arc<_>, Default::default());
    for uri in ["http://Service.test", "http://service.test:8080/", "http://[::1]:81/x", "http://127.0.0.1/"] {
        send(&client, get(uri)).await.unwrap();
    }
    send(&client, get("https://service.test/")).await.unwrap_err();
    assert_eq!(
        *dialer.dialled.lock().unwrap(),
        ["service.test 80", "service.test 8080", "::1 81", "127.0.0.1 80", "service.test 443"]
    );
}

#[tokio::test]
async fn an_address_that_cannot_be_meant_is_an_error_before_anything_is_dialled() {
    let server = http_server(Speaks::Http1, echo).await;
    let dialer = loopback(server.port);
    let client = Client::new(Arc::clone(&dialer) as Arc<_>, Default::default());
    for (uri, problem) in [
        ("/path", "it has no scheme; start it with http:// or https://"),
        ("ftp://service.test/", "its scheme is ftp; use http or https"),
        ("http://user:secret@service.test/", "it holds a user name; send credentials in an authorization header field"),
        ("http://service.test:0/", "0 is not a port; ports are 1 to 65535"),
    ] {
        let error = send(&client, get(uri)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("the request's URI cannot be used: {problem}"));
        assert!(matches!(error, ClientError::UriInvalid { .. }));
    }
    assert!(dialer.dialled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn redirects_and_encodings_are_left_to_the_guest() {
    let server = answering(
        "HTTP/1.1 302 Found\r\nlocation: http://service.test/other\r\ncontent-encoding: gzip\r\n\
         content-length: 4\r\n\r\n\x1f\x0b\x08\x00",
    )
    .await;
    let response = send(&client(&server), get(URI)).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["content-encoding"], "gzip");
    assert_eq!(read(response.into_body()).await.unwrap(), "\x1f\x0b\x08\x00");
    assert_eq!(server.seen.accepted(), 1);
}

#[tokio::test]
async fn interim_responses_are_passed_over() {
    let server = answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n\
         HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    )
    .await;
    let response = send(&client(&server), get(URI)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(read(response.into_body()).await.unwrap(), "ok");
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("x-sum".parse().unwrap(), HeaderValue::from_static("42"))])
}

#[tokio::test]
async fn trailers_go_both_ways_over_both_protocols() {
    // hyper's HTTP/1 server sends trailers that were announced, to those that ask for them.
    let answer = |request| -> futures::future::BoxFuture<'static, Response<ServerBody>> {
        Box::pin(async move {
            let mut response = echo(request).await;
            response.headers_mut().insert("trailer", HeaderValue::from_static("x-sum"));
            response
        })
    };
    for (_server, client, uri) in both_protocols(answer).await {
        let (mut frames, body) = channel();
        let request = Request::post(uri).header("te", "trailers").header("trailer", "x-sum").body(body).unwrap();
        let sending = async {
            frames.send(data("hello")).await.unwrap();
            frames.send(Ok(Frame::trailers(trailers()))).await.unwrap();
            drop(frames);
        };
        let (response, ()) = within(futures::future::join(client.send(request, Timeouts::default()), sending)).await;
        let collected = within(response.unwrap().into_body().collect()).await.unwrap();
        assert_eq!(collected.trailers(), Some(&trailers()), "{uri}");
        assert_eq!(collected.to_bytes(), "hello");
    }
}

#[tokio::test]
async fn a_conversation_streams_frame_by_frame_over_both_protocols() {
    for (_server, client, uri) in both_protocols(echo).await {
        let (mut frames, body) = channel();
        let request = Request::post(uri).body(body).unwrap();
        let response = send(&client, request).await.unwrap();
        let mut answers = response.into_body();
        for word in ["one", "two", "three"] {
            within(frames.send(data(word))).await.unwrap();
            assert_eq!(next(&mut answers).await.unwrap(), word);
        }
        drop(frames);
        assert_eq!(read(answers).await.unwrap(), "");
    }
}

async fn next(body: &mut ResponseBody) -> Result<Bytes, ClientError> {
    within(body.frame()).await.expect("the body has ended").map(|frame| frame.into_data().expect("data"))
}

const LARGE: usize = 64 * 1024 * 1024;

/// What may be on its way: the kernel's buffers on both sides (4 MiB to send and 6 MiB to receive at most, as Linux has
/// them) and our own.
const ON_ITS_WAY: usize = 24 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_waits_for_a_server_that_does_not_read() {
    type Gate = Arc<Mutex<Option<oneshot::Receiver<()>>>>;
    fn answer(
        gate: Gate,
        request: Request<hyper::body::Incoming>,
    ) -> futures::future::BoxFuture<'static, Response<ServerBody>> {
        Box::pin(async move {
            if let Some(gate) = gate.lock().await.take() {
                gate.await.unwrap();
            }
            let mut body = request.into_body();
            let mut count = 0;
            while let Some(frame) = body.frame().await {
                count += frame.unwrap().into_data().unwrap().len();
            }
            Response::new(Full::new(Bytes::from(count.to_string())).boxed_unsync())
        })
    }
    let gate = Gate::default();
    let servers = both_protocols({
        let gate = Arc::clone(&gate);
        move |request| answer(Arc::clone(&gate), request)
    });
    for (_server, client, uri) in servers.await {
        let (open, closed) = oneshot::channel();
        *gate.lock().await = Some(closed);
        let (body, made) = zeros::<std::convert::Infallible>(LARGE);
        let sending = tokio::spawn(async move { fetch(&client, Request::post(uri).body(body).unwrap()).await });
        let stopped_at = standstill(made.clone()).await;
        assert!(stopped_at <= ON_ITS_WAY, "{stopped_at} bytes were taken from the body over {uri}");
        open.send(()).unwrap();
        assert_eq!(within(sending).await.unwrap().unwrap(), LARGE.to_string());
        assert_eq!(*made.borrow(), LARGE);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_download_waits_for_a_guest_that_does_not_read() {
    let (sender, mut counters) = mpsc::unbounded_channel();
    let servers = both_protocols(move |_| {
        let (body, made) = zeros(LARGE);
        sender.send(made).unwrap();
        Box::pin(async move { Response::new(body.boxed_unsync()) })
    });
    for (_server, client, uri) in servers.await {
        let response = send(&client, get(uri)).await.unwrap();
        let made = counters.recv().await.unwrap();
        let stopped_at = standstill(made).await;
        assert!(stopped_at <= ON_ITS_WAY, "{stopped_at} bytes were sent unasked over {uri}");
        let mut body = response.into_body();
        let mut count = 0;
        while let Some(frame) = within(body.frame()).await {
            count += frame.unwrap().into_data().unwrap().len();
        }
        assert_eq!(count, LARGE);
    }
}

#[tokio::test]
async fn sending_and_reading_can_move_between_threads() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    let server = http_server(Speaks::Http1, echo).await;
    let client = client(&server);
    // The body is Send and not Sync, as those of guests are.
    let (frames, body) = channel();
    drop(frames);
    let request = Request::post(URI).body(body).unwrap();
    let response = within(assert_send(client.send(request, Timeouts::default()))).await.unwrap();
    assert_eq!(read(assert_send(response.into_body())).await.unwrap(), "");
}
