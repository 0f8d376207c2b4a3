//! Every function, and what a guest reaches by it.

use super::{echo, guest, local, loopbacks, port_of, server, udp_server};
use crate::support::{LONG, World, within};
use serde_json::{Value as Json, json};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use wippy_host::{CallContext, ManualClock};

#[tokio::test]
async fn a_guest_connects_and_knows_whom_it_reached() {
    for at in loopbacks().await {
        let server = server(at, echo).await;
        let address = server.address.to_string();
        assert_eq!(local().ok("tcp-connect", json!([address])).await, json!(address));
    }
}

#[tokio::test]
async fn what_a_guest_sends_comes_back() {
    for at in loopbacks().await {
        let server = server(at, echo).await;
        for text in ["", "x", "día\n", &"0123456789".repeat(20_000)] {
            let back = local().ok("tcp-echo", json!([server.address.to_string(), text])).await;
            assert_eq!(back, json!(text));
        }
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    for at in loopbacks().await {
        // Bound, so that nobody else gets the port, and not listening.
        let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.unwrap();
        socket.bind((at, 0).into()).unwrap();
        let address = socket.local_addr().unwrap().to_string();
        assert_eq!(local().err("tcp-connect", json!([address])).await, json!("finish-connect: connection-refused"));
        assert_eq!(local().err("tcp-echo", json!([address, "x"])).await, json!("finish-connect: connection-refused"));
    }
}

#[tokio::test]
async fn an_address_that_the_entry_does_not_allow_is_denied() {
    let server = server(Ipv4Addr::LOCALHOST.into(), echo).await;
    let (address, port) = (server.address.to_string(), server.address.port());
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    for denied in [
        guest(),
        guest().allow::<&str>(&[]),
        guest().allow(&[format!("127.0.0.1:{other}")]),
        guest().allow(&["0.0.0.0/0"]),
        guest().allow(&["example.com:*"]),
    ] {
        assert_eq!(denied.err("tcp-connect", json!([address])).await, json!("finish-connect: access-denied"));
        let mapped = format!("[::ffff:127.0.0.1]:{port}");
        let code = denied.err("tcp-connect", json!([mapped])).await;
        assert!(!code.as_str().unwrap().contains("refused"), "{mapped}: {code}");
        assert_eq!(denied.err("udp-send", json!([address, "x"])).await, json!("send: access-denied"));
        assert_eq!(denied.err("udp-echo", json!([address, "x"])).await, json!("stream: access-denied"));
    }
    for allowed in
        [guest().allow(&[format!("127.0.0.1:{port}")]), guest().allow(&["127.0.0.0/8"]), guest().allow(&["localhost"])]
    {
        assert_eq!(allowed.ok("tcp-connect", json!([address])).await, json!(address));
    }
}

#[tokio::test]
async fn a_guest_binds_where_it_is_allowed_to() {
    for at in loopbacks().await {
        let any = SocketAddr::new(at, 0).to_string();
        for export in ["tcp-bind", "udp-bind", "tcp-listen"] {
            let (ip, port) = port_of(&local().ok(export, json!([any])).await);
            assert_eq!(ip, at);
            assert_ne!(port, 0, "{export}");
        }
        for (export, step) in [("tcp-bind", "start-bind"), ("udp-bind", "start-bind"), ("tcp-listen", "start-bind")] {
            assert_eq!(guest().err(export, json!([any])).await, json!(format!("{step}: access-denied")), "{export}");
        }
        let everywhere = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        for export in ["tcp-bind", "udp-bind"] {
            let (ip, port) = port_of(&guest().ok(export, json!([everywhere])).await);
            assert!(ip.is_unspecified() && port != 0, "{export}: a port of the system's choice is free to all");
        }
        assert_eq!(guest().err("tcp-listen", json!([everywhere])).await, json!("start-listen: access-denied"));
    }
}

#[tokio::test]
async fn an_address_that_is_taken_cannot_be_bound() {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let taken = tcp.local_addr().unwrap().to_string();
    assert_eq!(local().err("tcp-bind", json!([taken])).await, json!("start-bind: address-in-use"));
    assert_eq!(local().err("tcp-listen", json!([taken])).await, json!("start-bind: address-in-use"));
    let taken = udp.local_addr().unwrap().to_string();
    assert_eq!(local().err("udp-bind", json!([taken])).await, json!("start-bind: address-in-use"));
    // A documentation address: no machine has it.
    let elsewhere = guest().allow(&["192.0.2.1"]);
    assert_eq!(elsewhere.err("tcp-bind", json!(["192.0.2.1:0"])).await, json!("start-bind: address-not-bindable"));
}

/// Connects again and again, until the guest listens or `served` has ended.
async fn connect_to_guest(address: SocketAddr) -> TcpStream {
    loop {
        match TcpStream::connect(address).await {
            Ok(stream) => return stream,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
        }
    }
}

#[tokio::test]
async fn a_guest_serves_a_connection() {
    let conversation = async |address: SocketAddr| {
        let mut stream = connect_to_guest(address).await;
        stream.write_all("día\n".as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut back = String::new();
        stream.read_to_string(&mut back).await.unwrap();
        back
    };
    loop {
        // The guest chooses no port by itself: one that was free a moment ago may be taken by now.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
        let guest = local();
        let serving = guest.call("tcp-serve-once", json!([address.to_string()]));
        let mut client = Box::pin(within(conversation(address)));
        let mut serving = Box::pin(serving);
        tokio::select! {
            served = &mut serving => {
                if served == json!({"err": "start-bind: address-in-use"}) {
                    continue;
                }
                assert_eq!(served, json!({"ok": "día\n"}));
                assert_eq!(client.await, "día\n");
            }
            back = &mut client => {
                assert_eq!(back, "día\n");
                assert_eq!(serving.await, json!({"ok": "día\n"}));
            }
        }
        return;
    }
}

#[tokio::test]
async fn a_guest_is_client_and_server_at_once() {
    for at in loopbacks().await {
        let any = SocketAddr::new(at, 0).to_string();
        assert_eq!(
            local().ok("tcp-self", json!([any, "día"])).await,
            json!([
                "is-listening: true",
                "server's and client's address of the server: same",
                "server's and client's address of the client: same",
                "server read: día",
                "client read: día",
                "shutdown receive: ok",
            ])
        );
        assert_eq!(
            local().ok("udp-self", json!([any, "día"])).await,
            json!(["remote-address: same", "send: 1", "receive: día", "sender: same", "subscribe: ready true",])
        );
    }
}

#[tokio::test]
async fn every_option_of_a_tcp_socket_is_set_and_read() {
    for ipv6 in [false, true] {
        let report = guest().call("tcp-options", json!([ipv6])).await;
        let family = if ipv6 { "ipv6" } else { "ipv4" };
        assert_eq!(
            report,
            json!([
                "create-tcp-socket: ok",
                format!("address-family: {family}"),
                "is-listening: false",
                "set-listen-backlog-size: ok",
                "set-listen-backlog-size 0: invalid-argument",
                "keep-alive-enabled: false",
                "set-keep-alive-enabled: ok",
                "keep-alive-enabled: true",
                "set-keep-alive-idle-time: ok",
                "keep-alive-idle-time: 40000000000",
                "set-keep-alive-idle-time 0: invalid-argument",
                "set-keep-alive-interval: ok",
                "keep-alive-interval: 5000000000",
                "set-keep-alive-interval 0: invalid-argument",
                "set-keep-alive-count: ok",
                "keep-alive-count: 4",
                "set-keep-alive-count 0: invalid-argument",
                "set-hop-limit: ok",
                "hop-limit: 42",
                "set-hop-limit 0: invalid-argument",
                "set-receive-buffer-size: ok",
                "receive-buffer-size: enough",
                "set-receive-buffer-size 0: invalid-argument",
                "set-send-buffer-size: ok",
                "send-buffer-size: enough",
                "set-send-buffer-size 0: invalid-argument",
                "local-address: invalid-state",
                "remote-address: invalid-state",
            ])
        );
    }
}

#[tokio::test]
async fn every_option_of_a_udp_socket_is_set_and_read() {
    for ipv6 in [false, true] {
        let report = guest().call("udp-options", json!([ipv6])).await;
        let family = if ipv6 { "ipv6" } else { "ipv4" };
        assert_eq!(
            report,
            json!([
                "create-udp-socket: ok",
                format!("address-family: {family}"),
                "set-unicast-hop-limit: ok",
                "unicast-hop-limit: 42",
                "set-unicast-hop-limit 0: invalid-argument",
                "set-receive-buffer-size: ok",
                "receive-buffer-size: enough",
                "set-receive-buffer-size 0: invalid-argument",
                "set-send-buffer-size: ok",
                "send-buffer-size: enough",
                "set-send-buffer-size 0: invalid-argument",
                "local-address: invalid-state",
                "remote-address: invalid-state",
            ])
        );
    }
}

#[tokio::test]
async fn a_reset_by_the_peer_has_its_code_within_the_stream() {
    let server = server(Ipv4Addr::LOCALHOST.into(), |mut stream| async move {
        stream.read_u8().await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let code = local().ok("network-error-code", json!([server.address.to_string()])).await;
    assert_eq!(code, json!("connection-reset"));
}

#[tokio::test]
async fn a_datagram_goes_out_and_comes_back() {
    for at in loopbacks().await {
        let (address, _tasks) = udp_server(at).await;
        let address = address.to_string();
        for text in ["x", "día", &"0123456789".repeat(1000)] {
            assert_eq!(local().ok("udp-echo", json!([address, text])).await, json!(text));
            assert_eq!(local().ok("udp-echo-to", json!([address, text])).await, json!([text, address]));
        }
        assert_eq!(local().ok("udp-send", json!([address, "x"])).await, json!(1));
    }
}

#[tokio::test]
async fn a_datagram_that_is_too_large_is_refused() {
    let (address, _tasks) = udp_server(Ipv4Addr::LOCALHOST.into()).await;
    let text = "x".repeat(70_000);
    assert_eq!(local().err("udp-echo", json!([address.to_string(), text])).await, json!("send: datagram-too-large"));
}

#[tokio::test]
async fn a_name_is_resolved_where_the_entry_allows_it() {
    let one: [IpAddr; 2] = ["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
    World::add_name("two.test", &one);
    World::add_name("nothing.test", &[]);
    assert_eq!(guest().ok("resolve", json!(["two.test"])).await, json!(["192.0.2.7", "2001:db8::7"]));
    assert_eq!(guest().ok("resolve", json!(["TWO.test"])).await, json!(["192.0.2.7", "2001:db8::7"]));
    assert_eq!(guest().ok("resolve", json!(["nothing.test"])).await, json!([]));
    assert_eq!(guest().ok("resolve", json!(["1.2.3.4"])).await, json!(["1.2.3.4"]));
    assert_eq!(guest().ok("resolve", json!(["2606:4700::9"])).await, json!(["2606:4700::9"]));
    for (guest, name, message) in [
        (guest(), "missing.test", "resolve-next-address: name-unresolvable"),
        (guest(), "not a name", "resolve-addresses: invalid-argument"),
        (guest(), "", "resolve-addresses: invalid-argument"),
        (guest().allow(&["other.test"]), "two.test", "resolve-addresses: access-denied"),
        (guest().allow(&["*.two.test"]), "two.test", "resolve-addresses: access-denied"),
        (guest().allow::<&str>(&[]), "localhost", "resolve-addresses: access-denied"),
    ] {
        assert_eq!(guest.err("resolve", json!([name])).await, json!(message), "{name}");
    }
    let named = guest().allow(&["two.test:443"]);
    assert_eq!(named.ok("resolve", json!(["two.test"])).await, json!(["192.0.2.7", "2001:db8::7"]));
}

#[tokio::test]
async fn localhost_is_a_loopback_address() {
    let Json::Array(found) = local().ok("resolve", json!(["localhost"])).await else { panic!("no list") };
    assert!(!found.is_empty());
    for address in found {
        let address: IpAddr = address.as_str().unwrap().parse().unwrap();
        assert!(address.is_loopback(), "{address}");
    }
}

#[tokio::test]
async fn a_name_never_opens_a_private_address() {
    let server = server(Ipv4Addr::LOCALHOST.into(), echo).await;
    World::add_name("rebound.test", &[Ipv4Addr::LOCALHOST.into()]);
    let guest = guest().allow(&["rebound.test:*"]);
    assert_eq!(guest.ok("resolve", json!(["rebound.test"])).await, json!(["127.0.0.1"]));
    assert_eq!(
        guest.err("tcp-connect", json!([server.address.to_string()])).await,
        json!("finish-connect: access-denied")
    );
}

#[tokio::test]
async fn many_guests_wait_for_the_network_at_once_on_one_thread() {
    use wippy_host::Function;
    const GUESTS: usize = 50;
    let barrier = Arc::new(tokio::sync::Barrier::new(GUESTS));
    let server = server(Ipv4Addr::LOCALHOST.into(), move |stream| {
        let barrier = barrier.clone();
        async move {
            // Nobody is answered before all are there.
            barrier.wait().await;
            echo(stream).await;
        }
    })
    .await;
    let function = Arc::new(local().function("tcp-echo").await);
    let mut calls = JoinSet::new();
    for number in 0..GUESTS {
        let (function, address) = (function.clone(), server.address.to_string());
        calls.spawn(async move {
            let text = format!("number {number}");
            let context = CallContext::builder().clock(Arc::new(ManualClock::default())).build();
            let back = function.call(&context, vec![address.into(), text.as_str().into()]).await.unwrap();
            assert_eq!(back.into_json().unwrap(), json!({"ok": text}));
        });
    }
    assert_eq!(tokio::time::timeout(LONG, calls.join_all()).await.expect("the guests hang").len(), GUESTS);
}
