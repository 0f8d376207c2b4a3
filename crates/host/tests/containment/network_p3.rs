//! The same addresses through WASI 0.3: no track is a way around the policy of the other.

use crate::addresses::{Forbidden, forbidden_hosts, network, ok_response, serve};
use crate::support::{Entry, call};
use serde_json::{Value as Json, json};
use std::io::ErrorKind as IoErrorKind;
use std::net::{TcpListener, UdpSocket};
use wippy_host::Host;

fn probe(host: &Host) -> Entry {
    Entry::on(host, "probe-p3").imports(&[
        "wasi:cli",
        "wasi:io",
        "wasi:clocks",
        "wasi:filesystem",
        "wasi:random",
        "wasi:sockets",
        "wasi:http",
    ])
}

/// Some are no address that a socket may connect to in the first place.
fn is_refused(answer: &Json) -> bool {
    matches!(answer["err"].as_str(), Some("ErrorCode::AccessDenied" | "ErrorCode::InvalidArgument"))
}

#[tokio::test]
async fn without_allow_nothing_reaches_a_private_address() {
    let (host, _) = network();
    let listener = Forbidden::new("127.0.0.1");
    let socket = UdpSocket::bind(("127.0.0.1", listener.port())).unwrap();
    socket.set_nonblocking(true).unwrap();
    let entry = probe(&host);
    let (tcp, udp, fetch) = (entry.prepare("tcp").await, entry.prepare("udp").await, entry.prepare("fetch").await);
    for address in forbidden_hosts() {
        let target = format!("{address}:{}", listener.port());
        let answer = call(&tcp, json!([target, "x"])).await.unwrap();
        assert!(is_refused(&answer), "tcp {target}: {answer}");
        for connected in [true, false] {
            let answer = call(&udp, json!([target, "x", connected])).await.unwrap();
            assert!(is_refused(&answer), "udp {target} {connected}: {answer}");
        }
        let answer = call(&fetch, json!([target, "/"])).await.unwrap();
        assert_eq!(answer["err"], "ErrorCode::HttpRequestDenied", "{target}: {answer}");
    }
    listener.assert_untouched();
    assert_eq!(socket.recv(&mut [0; 8]).unwrap_err().kind(), IoErrorKind::WouldBlock);
}

#[tokio::test]
async fn no_name_leads_to_a_private_address() {
    let (host, names) = network();
    let listener = Forbidden::new("127.0.0.1");
    let port = listener.port();
    names.add("evil.example", &[&["127.0.0.1"]]);
    names.add("mapped.example", &[&["::ffff:127.0.0.1"]]);
    names.add("metadata.google.internal", &[&["169.254.169.254"]]);
    let fetch = probe(&host).prepare("fetch").await;
    for name in ["localhost", "LOCALHOST", "localhost.", "evil.example", "mapped.example", "metadata.google.internal"] {
        let answer = call(&fetch, json!([format!("{name}:{port}"), "/"])).await.unwrap();
        assert_eq!(answer["err"], "ErrorCode::HttpRequestDenied", "{name}: {answer}");
    }
    // An `allow` of the name does not open what it resolves to.
    for allow in [format!("evil.example:{port}"), "*.example".to_owned()] {
        let fetch = probe(&host).allow(&[&allow]).prepare("fetch").await;
        let answer = call(&fetch, json!([format!("evil.example:{port}"), "/"])).await.unwrap();
        assert_eq!(answer["err"], "ErrorCode::HttpRequestDenied", "{allow}: {answer}");
    }
    for text in ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "evil.example@127.0.0.1"] {
        let answer = call(&fetch, json!([format!("{text}:{port}"), "/"])).await.unwrap();
        assert!(answer.get("err").is_some(), "{text}: {answer}");
    }
    listener.assert_untouched();
}

#[tokio::test]
async fn names_are_judged_before_anybody_is_asked() {
    let (host, names) = network();
    let look_up = probe(&host).prepare("look-up").await;
    for address in ["127.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254", "100.64.0.1", "fe80::1"] {
        let answer = call(&look_up, json!([address])).await.unwrap();
        assert_eq!(answer["err"], "ErrorCode::AccessDenied", "{address}: {answer}");
    }
    for name in ["", "a..b", "a b", "127.1", "0x7f.1", "fe80::1%eth0", "[::1", "a/b", "a@b"] {
        let answer = call(&look_up, json!([name])).await.unwrap();
        assert!(answer.get("err").is_some(), "{name:?}: {answer}");
    }
    let narrow = probe(&host).allow(&["example.com:443"]).prepare("look-up").await;
    let answer = call(&narrow, json!(["elsewhere.example"])).await.unwrap();
    assert_eq!(answer["err"], "ErrorCode::AccessDenied", "{answer}");
    assert_eq!(names.asked(), Vec::<String>::new());
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
    let entry = probe(&host).allow(&[&format!("127.0.0.1:{port}"), "rebind.example"]);
    let (fetch, tcp) = (entry.prepare("fetch").await, entry.prepare("tcp").await);
    let arguments = json!([format!("rebind.example:{port}"), "/"]);
    assert_eq!(call(&fetch, arguments.clone()).await.unwrap()["ok"], json!([200, "hi"]));
    assert_eq!(names.asked().len(), 1, "one look-up for one connection");
    assert_eq!(call(&fetch, arguments.clone()).await.unwrap()["err"], "ErrorCode::HttpRequestDenied");
    // Of several addresses, only those that are permitted are tried.
    assert_eq!(call(&fetch, arguments).await.unwrap()["ok"], json!([200, "hi"]));
    assert_eq!(names.asked().len(), 3);
    assert_eq!(requests.lock().unwrap().len(), 2);
    // What the name gave to one interface opens nothing in another.
    let answer = call(&tcp, json!([format!("127.0.0.2:{port}"), "x"])).await.unwrap();
    assert_eq!(answer["err"], "ErrorCode::AccessDenied", "{answer}");
    other.assert_untouched();
}

#[tokio::test]
async fn a_redirect_is_the_guest_s_to_follow() {
    let (host, _) = network();
    let listener = Forbidden::new("127.0.0.1");
    let secret = format!("127.0.0.1:{}", listener.port());
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: http://{secret}/\r\ncontent-length: 0\r\n\r\n");
    let (port, _) = serve(answer).await;
    let fetch = probe(&host).allow(&[&format!("127.0.0.1:{port}")]).prepare("fetch").await;
    let answer = call(&fetch, json!([format!("127.0.0.1:{port}"), "/"])).await.unwrap();
    assert_eq!(answer["ok"][0], 302);
    assert_eq!(call(&fetch, json!([secret, "/"])).await.unwrap()["err"], "ErrorCode::HttpRequestDenied");
    listener.assert_untouched();
}
