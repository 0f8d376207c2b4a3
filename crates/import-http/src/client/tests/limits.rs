//! What is in flight and open at once stays within the limit, and idle connections delay nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{BoxFuture, Either, join_all};
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use super::identity::Identity;
use super::support::*;
use crate::client::{ClientError, ClientOptions, Timeouts};

fn at_most(max_in_flight: usize) -> ClientOptions {
    ClientOptions { max_in_flight, ..ClientOptions::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_beyond_the_limit_wait_for_their_turn() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client_with(&server, at_most(4));
    let requests = (0..1000).map(|_| fetch(&client, post("http://service.test/", "hello")));
    for result in join_all(requests).await {
        assert_eq!(result.unwrap(), "hello");
    }
    assert_eq!(client.free_slots(), 4);
    // A connection that the client has just closed may not have been seen to close.
    let most_open = server.seen.most_open();
    assert!(most_open <= 8, "{most_open} connections were open at once");
}

#[tokio::test]
async fn http2_requests_are_counted_too() {
    static AT_ONCE: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    fn counting(_: Request<Incoming>) -> BoxFuture<'static, Response<ServerBody>> {
        Box::pin(async {
            MOST.fetch_max(AT_ONCE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            AT_ONCE.fetch_sub(1, Ordering::SeqCst);
            text("hello")
        })
    }
    let identity = Identity::new();
    let server = http_server(identity.speaks(&["h2"]), counting).await;
    let client = client_with(&server, ClientOptions { max_in_flight: 4, ..identity.trusted() });
    let requests = (0..100).map(|_| fetch(&client, get("https://service.test/")));
    for result in join_all(requests).await {
        assert_eq!(result.unwrap(), "hello");
    }
    assert!(MOST.load(Ordering::SeqCst) <= 4);
}

#[tokio::test]
async fn a_turn_that_does_not_come_in_time_is_told_as_such() {
    let server = http_server(Speaks::Http1, |_| Box::pin(std::future::pending())).await;
    let client = client_with(&server, at_most(1));
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.send(get("http://service.test/"), Timeouts::default()).await }
    });
    server.seen.open_is(1).await;
    let waits = Timeouts { connect: Some(SHORT), ..Timeouts::default() };
    let error = within(client.send(get("http://other.test/"), waits)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "http://other.test was not asked: 1 requests of this entry are in flight, which is its limit, and none ended \
         within 50ms; read or drop responses sooner, or raise the limit"
    );
    first.abort();
}

#[tokio::test]
async fn idle_connections_make_room_for_other_hosts() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client_with(&server, at_most(2));
    for host in 0..20 {
        let uri = format!("http://host{host}.test/");
        assert_eq!(fetch(&client, post(&uri, "hello")).await.unwrap(), "hello");
        assert!(client.sockets() <= 2);
    }
    assert_eq!(server.seen.accepted(), 20);
}

#[tokio::test]
async fn the_connection_used_longest_ago_goes_first() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client_with(&server, at_most(2));
    for host in ["a", "b", "a", "c", "a", "d", "a"] {
        fetch(&client, get(&format!("http://{host}.test/"))).await.unwrap();
        tokio::task::yield_now().await;
    }
    // One for each host: "a" kept its own throughout.
    assert_eq!(server.seen.accepted(), 4);
}

#[tokio::test]
async fn idle_connections_of_a_busy_host_make_room_too() {
    let gate = Arc::new(Semaphore::new(0));
    let server = http_server(Speaks::Http1, {
        let gate = Arc::clone(&gate);
        move |request| {
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                if request.uri().path() == "/wait" {
                    let _ = gate.acquire().await;
                }
                text("hello")
            })
        }
    })
    .await;
    let client = client_with(&server, at_most(3));
    let first = |path: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { fetch(&client, get(&format!("http://a.test{path}"))).await })
    };
    // Three connections to one host, of which one stays busy.
    let waiting = [first("/wait"), first("/wait"), first("/wait")];
    server.seen.open_is(3).await;
    gate.add_permits(3);
    for request in waiting {
        within(request).await.unwrap().unwrap();
    }
    gate.forget_permits(3);
    let busy = first("/wait");
    for host in ["b", "c", "d"] {
        assert_eq!(fetch(&client, get(&format!("http://{host}.test/"))).await.unwrap(), "hello");
    }
    gate.add_permits(1);
    assert_eq!(within(busy).await.unwrap().unwrap(), "hello");
    assert!(client.sockets() <= 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_hosts_at_once_fail_no_request() {
    let identity = Identity::with(|certificate| {
        certificate.subject_alt_names =
            (0..10).map(|host| rcgen::SanType::DnsName(format!("host{host}.test").try_into().unwrap())).collect();
    });
    let server = http_server(identity.speaks(&["http/1.1", "h2"]), echo).await;
    let client = client_with(&server, ClientOptions { max_in_flight: 4, ..identity.trusted() });
    let requests = (0..1000).map(|number| {
        let client = client.clone();
        tokio::spawn(async move {
            let uri = format!("https://host{}.test/", (number * 7) % 10);
            // POST, so that nothing is mended by sending it again.
            fetch(&client, post(&uri, "hello")).await
        })
    });
    for result in join_all(requests).await {
        assert_eq!(result.unwrap().unwrap(), "hello");
    }
    assert_eq!(client.free_slots(), 4);
    assert!(client.sockets() <= 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_given_up_at_any_point_leave_nothing_behind() {
    let identity = Identity::with(|certificate| {
        let names = (0..5).map(|host| rcgen::SanType::DnsName(format!("host{host}.test").try_into().unwrap()));
        certificate.subject_alt_names = names.collect();
    });
    for protocols in [&["http/1.1"], &["h2"]] {
        let server = http_server(identity.speaks(protocols), echo).await;
        let client = client_with(&server, ClientOptions { max_in_flight: 8, ..identity.trusted() });
        let requests = (0..400_usize).map(|number| {
            let client = client.clone();
            tokio::spawn(async move {
                let uri = format!("https://host{}.test/", number % 5);
                let exchange = std::pin::pin!(fetch(&client, post(&uri, "hello")));
                // Dropped after this many polls, if it is not finished before.
                let mut patience = (number * 31) % 400;
                let given_up = std::future::poll_fn(|context| {
                    if patience == 0 {
                        return std::task::Poll::Ready(());
                    }
                    patience -= 1;
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                });
                match futures::future::select(exchange, given_up).await {
                    Either::Left((result, _)) => assert_eq!(result.unwrap(), "hello"),
                    Either::Right(_) => {}
                }
            })
        });
        for result in join_all(requests).await {
            result.unwrap();
        }
        within(async {
            while !client.is_at_rest() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert!(client.sockets() <= 8);
        assert_eq!(fetch(&client, post("https://host0.test/", "hello")).await.unwrap(), "hello");
        drop(client);
        server.seen.open_is(0).await;
    }
}

#[tokio::test]
async fn limits_out_of_range_count_as_the_nearest() {
    let server = http_server(Speaks::Http1, echo).await;
    for (max_in_flight, max_response_header_bytes) in [(0, 0), (usize::MAX, usize::MAX)] {
        let options = ClientOptions { max_in_flight, max_response_header_bytes, ..ClientOptions::default() };
        assert_eq!(fetch(&client_with(&server, options), post("http://a.test/", "hello")).await.unwrap(), "hello");
    }
    let client = client_with(&server, at_most(0));
    let error = within(client.send(get("ftp://a.test/"), Timeouts::default())).await.unwrap_err();
    assert!(matches!(error, ClientError::UriInvalid { .. }));
}
