//! Each way in which a server or the network can fail has its own error.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::SinkExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::identity::Identity;
use super::support::*;
use crate::client::classify::{Stage, classify};
use crate::client::{Client, ClientError, ClientOptions, DialError, Origin};

const URI: &str = "http://service.test/";

async fn failure(answer: impl Into<Vec<u8>>) -> ClientError {
    let server = answering(answer).await;
    fetch(&client(&server), get(URI)).await.unwrap_err()
}

#[tokio::test]
async fn what_the_dialer_reports_is_what_the_guest_gets() {
    type Report = (fn() -> DialError, &'static str);
    let reports: [Report; 9] = [
        (
            || DialError::Denied("10.0.0.1 is private; allow \"10.0.0.1:80\"".to_owned()),
            "http://service.test may not be reached: 10.0.0.1 is private; allow \"10.0.0.1:80\"",
        ),
        (
            || DialError::NameNotFound("service.test".to_owned()),
            "http://service.test does not exist: no host is named service.test; check its spelling",
        ),
        (
            || DialError::DnsTimeout,
            "http://service.test cannot be resolved: the name servers did not answer in time; check the host's DNS \
             settings",
        ),
        (
            || DialError::DnsFailed("SERVFAIL".to_owned()),
            "http://service.test cannot be resolved: SERVFAIL; check the host's DNS settings",
        ),
        (
            || DialError::Refused,
            "http://service.test refused the connection: nothing listens there; check the port, and that the server \
             runs",
        ),
        (
            || DialError::Unreachable,
            "http://service.test cannot be reached: there is no route to its address; check the network of the host",
        ),
        (
            || DialError::TimedOut,
            "http://service.test gave no connection in the time that the operating system allows; check that it is \
             up, or raise connect-timeout",
        ),
        (
            || DialError::Other(io::ErrorKind::ConnectionRefused.into()),
            "http://service.test refused the connection: nothing listens there; check the port, and that the server \
             runs",
        ),
        (
            || DialError::Other(io::Error::other("too many open files")),
            "the request to http://service.test failed inside the host: client error (Connect): too many open files",
        ),
    ];
    for (report, message) in reports {
        let client = Client::new(Arc::new(Dials(move || async move { Err(report()) })), Default::default());
        assert_eq!(send(&client, get(URI)).await.unwrap_err().to_string(), message);
    }
}

#[test]
fn what_the_operating_system_reports_keeps_its_meaning() {
    let to = Origin::named("http://service.test");
    let error = |kind: io::ErrorKind, stage| classify(&io::Error::from(kind), &to, stage, &ClientOptions::default());
    for stage in [Stage::Head, Stage::Body] {
        for kind in [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::TimedOut] {
            assert!(matches!(error(kind, stage), ClientError::Terminated { .. }), "{kind}");
        }
        for kind in [io::ErrorKind::HostUnreachable, io::ErrorKind::NetworkUnreachable] {
            assert!(matches!(error(kind, stage), ClientError::Unroutable { .. }), "{kind}");
        }
    }
    assert!(matches!(error(io::ErrorKind::UnexpectedEof, Stage::Head), ClientError::Terminated { .. }));
    assert!(matches!(error(io::ErrorKind::UnexpectedEof, Stage::Body), ClientError::ResponseIncomplete { .. }));
    assert!(matches!(error(io::ErrorKind::StorageFull, Stage::Head), ClientError::Internal { .. }));
}

#[tokio::test]
async fn a_port_where_nothing_listens_refuses() {
    let server = raw_server(|_, _| async {}).await;
    let dialer = loopback(server.port);
    drop(server);
    // The listener closes when its task is gone, which is soon and not at once.
    let error = loop {
        let client = Client::new(Arc::clone(&dialer) as Arc<_>, Default::default());
        match send(&client, get(URI)).await.unwrap_err() {
            ClientError::Terminated { .. } => tokio::task::yield_now().await,
            error => break error,
        }
    };
    assert!(matches!(error, ClientError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_closed_before_the_response_is_terminated() {
    let error = failure("").await;
    assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
    let error = failure("HTTP/1.1 200 OK\r\nx-a").await;
    assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_reset_before_the_response_is_terminated() {
    let server = raw_server(|_, mut stream| async move {
        read_head(&mut stream).await;
        reset(stream);
    })
    .await;
    let error = send(&client(&server), get(URI)).await.unwrap_err();
    assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
}

/// Closes with a reset.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_incomplete() {
    let error = failure("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    assert!(matches!(error, ClientError::ResponseIncomplete { .. }), "{error:?}");
    let error = failure("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
    assert!(matches!(error, ClientError::ResponseIncomplete { .. }), "{error:?}");
}

#[tokio::test]
async fn what_came_of_a_broken_body_is_delivered_before_the_error_and_nothing_after_it() {
    let server = answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    let mut body = send(&client(&server), get(URI)).await.unwrap().into_body();
    assert_eq!(within(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "hello");
    assert!(within(body.frame()).await.unwrap().is_err());
    assert!(within(body.frame()).await.is_none());
}

#[tokio::test]
async fn a_broken_chunk_is_an_error_of_the_transfer_coding() {
    let error = failure("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a size\r\n").await;
    assert!(matches!(error, ClientError::ResponseTransferCoding { .. }), "{error:?}");
}

#[tokio::test]
async fn a_coding_that_nobody_asked_for_is_an_error_of_the_transfer_coding() {
    for coding in ["gzip, chunked", "gzip", "chunked, deflate"] {
        let error = failure(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\n0\r\n\r\n")).await;
        assert!(matches!(error, ClientError::ResponseTransferCoding { .. }), "{coding}: {error:?}");
    }
    for coding in ["Chunked", "identity, chunked", ", chunked"] {
        let answer = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {coding}\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
        let server = answering(answer).await;
        assert_eq!(fetch(&client(&server), get(URI)).await.unwrap(), "hi", "{coding}");
    }
}

#[tokio::test]
async fn trailers_beyond_the_limit_are_told_with_the_limit() {
    let told =
        |limit: usize| format!("ended its answer with trailers beyond the limit of {limit} bytes or 100 HTTP/1 lines");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n";
    let large = format!("{chunked}x-large: {}\r\n\r\n", "x".repeat(20_000));
    assert_eq!(failure(large).await.to_string(), format!("http://service.test {}", told(16_384)));
    let many = format!("{chunked}{}\r\n", "x-many: 1\r\n".repeat(101));
    assert_eq!(failure(many).await.to_string(), format!("http://service.test {}", told(16_384)));
    let endless = format!("{chunked}{}", "x".repeat(100_000));
    assert_eq!(failure(endless).await.to_string(), format!("http://service.test {}", told(16_384)));

    let identity = Identity::new();
    let server = http_server(identity.speaks(&["h2"]), |request| {
        Box::pin(async move {
            let size: usize = request.uri().path()[1..].parse().unwrap();
            let trailers =
                http::HeaderMap::from_iter([("x-large".parse().unwrap(), "x".repeat(size).parse().unwrap())]);
            let body = http_body_util::Full::new(Bytes::from("hi"));
            Response::new(body.with_trailers(async { Some(Ok(trailers)) }).boxed_unsync())
        })
    })
    .await;
    let options = ClientOptions { max_response_header_bytes: 10_000, ..identity.trusted() };
    let client = client_with(&server, options);
    assert_eq!(fetch(&client, get("https://service.test/9000")).await.unwrap(), "hi");
    let error = fetch(&client, get("https://service.test/11000")).await.unwrap_err();
    assert_eq!(error.to_string(), format!("https://service.test {}", told(10_000)));
}

#[tokio::test]
async fn what_is_not_http_is_a_protocol_error() {
    for answer in [
        "SSH-2.0-OpenSSH_9.9\r\n",
        "HTTP/3.7 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ] {
        let error = failure(answer).await;
        assert!(matches!(error, ClientError::Protocol { .. }), "{answer}: {error:?}");
    }
}

#[tokio::test]
async fn a_head_beyond_the_limit_is_told_with_the_limit() {
    let message = "http://service.test answered with header fields beyond the limit of 65536 bytes or 100 HTTP/1 lines";
    let large = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\n\r\n", "x".repeat(100_000));
    assert_eq!(failure(large).await.to_string(), message);
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-many: 1\r\n".repeat(101));
    assert_eq!(failure(many).await.to_string(), message);
    // Without an end it is no different.
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "x: 1\r\n".repeat(50_000));
    assert_eq!(failure(endless).await.to_string(), message);
}

#[tokio::test]
async fn a_head_within_the_limit_is_delivered() {
    let head = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(60_000));
    let server = answering(head).await;
    let response = send(&client(&server), get(URI)).await.unwrap();
    assert_eq!(response.headers()["x-large"].len(), 60_000);
}

#[tokio::test]
async fn http2_has_the_same_limit() {
    let identity = Identity::new();
    let server = http_server(identity.speaks(&["h2"]), |request| {
        Box::pin(async move {
            let size: usize = request.uri().path()[1..].parse().unwrap();
            Response::builder().header("x-large", "x".repeat(size)).body(text("").into_body()).unwrap()
        })
    })
    .await;
    let options = ClientOptions { max_response_header_bytes: 10_000, ..identity.trusted() };
    let client = client_with(&server, options);
    let response = send(&client, get("https://service.test/9000")).await.unwrap();
    assert_eq!(response.headers()["x-large"].len(), 9_000);
    let error = send(&client, get("https://service.test/11000")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "https://service.test answered with header fields beyond the limit of 10000 bytes or 100 HTTP/1 lines"
    );
}

#[tokio::test]
async fn a_switch_of_protocols_is_refused() {
    let error = failure("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n").await;
    assert_eq!(error.to_string(), "http://service.test switched to another protocol unasked (status 101)");
}

#[derive(Debug, thiserror::Error)]
#[error("the guest gave up")]
struct GuestError;

#[tokio::test]
async fn a_request_body_that_fails_gives_its_own_error_back_over_both_protocols() {
    let identity = Identity::new();
    let patient = |request: Request<hyper::body::Incoming>| -> BoxFuture<'static, Response<ServerBody>> {
        Box::pin(async move {
            let _ = request.into_body().collect().await;
            text("all of it")
        })
    };
    let http1 = http_server(Speaks::Http1, patient).await;
    let http2 = http_server(identity.speaks(&["h2"]), patient).await;
    for (client, uri) in
        [(client(&http1), "http://service.test/"), (client_with(&http2, identity.trusted()), "https://service.test/")]
    {
        let (mut frames, body) = channel();
        let sending = async {
            frames.send(data("hello")).await.unwrap();
            frames.send(Err(io::Error::other(GuestError))).await.unwrap();
        };
        let request = Request::post(uri).body(body).unwrap();
        let (result, ()) = futures::future::join(send(&client, request), sending).await;
        let ClientError::RequestBody { to, source } = result.unwrap_err() else { panic!("another error") };
        assert_eq!(format!("{to}/"), uri);
        let inner = source.downcast_ref::<io::Error>().unwrap().get_ref().unwrap();
        assert!(inner.is::<GuestError>());
    }
}

#[tokio::test]
async fn a_request_body_that_fails_late_breaks_the_response_off_with_its_error() {
    let server = http_server(Speaks::Http1, echo).await;
    let (mut frames, body) = channel();
    let request = Request::post(URI).body(body).unwrap();
    let mut answers = send(&client(&server), request).await.unwrap().into_body();
    within(frames.send(data("hello"))).await.unwrap();
    assert_eq!(within(answers.frame()).await.unwrap().unwrap().into_data().unwrap(), Bytes::from("hello"));
    within(frames.send(Err(io::Error::other(GuestError)))).await.unwrap();
    let error = within(answers.frame()).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the body of the request to http://service.test failed: the guest gave up");
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_request_is_an_answer() {
    let server = raw_server(|_, mut stream| async move {
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno";
        stream.write_all(answer).await.unwrap();
        drain(stream).await;
    })
    .await;
    let (frames, body) = channel();
    let response = send(&client(&server), Request::post(URI).body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(read(response.into_body()).await.unwrap(), "no");
    drop(frames);
}

#[tokio::test]
async fn an_http2_stream_that_the_server_resets_is_terminated() {
    let identity = Identity::new();
    let config = Arc::new(identity.config(&["h2"]));
    let server = raw_server(move |_, stream| {
        let config = Arc::clone(&config);
        async move {
            let stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                match request.uri().path() {
                    "/before" => respond.send_reset(h2::Reason::REFUSED_STREAM),
                    "/broken" => respond.send_reset(h2::Reason::FRAME_SIZE_ERROR),
                    _ => {
                        let mut body = respond.send_response(Response::new(()), false).unwrap();
                        body.send_data(Bytes::from("hello"), false).unwrap();
                        body.send_reset(h2::Reason::INTERNAL_ERROR);
                    }
                }
            }
        }
    })
    .await;
    let client = client_with(&server, identity.trusted());
    let error = send(&client, post("https://service.test/before", "")).await.unwrap_err();
    assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
    let error = send(&client, post("https://service.test/broken", "")).await.unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
    let error = fetch(&client, post("https://service.test/within", "")).await.unwrap_err();
    assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
}
