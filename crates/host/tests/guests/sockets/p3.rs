//! WASI 0.3: every function of its sockets.

use super::{echo, loopbacks, port_of, server, udp_server};
use crate::support::{Guest, World};
use serde_json::json;
use std::net::SocketAddr;
use tokio::net::{TcpSocket, UdpSocket};

fn guest() -> Guest {
    Guest::new("probe-p3-sockets").imports(["wasi:sockets"])
}

/// A guest that may reach the loopback, and nothing else.
fn local() -> Guest {
    guest().allow(&["localhost:*"])
}

#[tokio::test]
async fn a_connection_has_two_ends_and_carries_bytes_both_ways() {
    for at in loopbacks().await {
        let server = server(at, echo).await;
        let address = server.address.to_string();
        assert_eq!(local().ok("tcp-connect", json!([address])).await, json!(address));
        for text in ["", "x", "día\n", &"0123456789".repeat(20_000)] {
            assert_eq!(local().ok("tcp-echo", json!([address, text])).await, json!(text));
        }
        assert_eq!(guest().err("tcp-connect", json!([address])).await, json!("connect: access-denied"));
        let any = SocketAddr::new(at, 0).to_string();
        assert_eq!(
            local().ok("tcp-self", json!([any, "día"])).await,
            json!([
                "get-is-listening: true",
                "address of the server: same",
                "address of the client: same",
                "server read: día",
                "client read: día",
            ])
        );
    }
}

#[tokio::test]
async fn a_socket_is_bound_where_the_entry_allows_it() {
    for at in loopbacks().await {
        let any = SocketAddr::new(at, 0).to_string();
        for (export, step) in [("tcp-bind", "bind"), ("tcp-listen", "bind"), ("udp-bind", "bind")] {
            let (ip, port) = port_of(&local().ok(export, json!([any])).await);
            assert!(ip == at && port != 0, "{export}");
            assert_eq!(guest().err(export, json!([any])).await, json!(format!("{step}: access-denied")), "{export}");
        }
        let everywhere = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        assert_eq!(guest().err("tcp-listen", json!([everywhere])).await, json!("listen: access-denied"));
        // Bound, so that nobody else gets the ports, and not listening.
        let tcp = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.unwrap();
        tcp.bind((at, 0).into()).unwrap();
        let taken = tcp.local_addr().unwrap().to_string();
        assert_eq!(local().err("tcp-connect", json!([taken])).await, json!("connect: connection-refused"));
        let udp = UdpSocket::bind((at, 0)).await.unwrap();
        let taken = udp.local_addr().unwrap().to_string();
        assert_eq!(local().err("udp-bind", json!([taken])).await, json!("bind: address-in-use"));
    }
    let elsewhere = guest().allow(&["192.0.2.1"]);
    assert_eq!(elsewhere.err("tcp-bind", json!(["192.0.2.1:0"])).await, json!("bind: address-not-bindable"));
}

#[tokio::test]
async fn every_option_is_set_and_read() {
    for ipv6 in [false, true] {
        let family = if ipv6 { "ipv6" } else { "ipv4" };
        assert_eq!(
            guest().call("tcp-options", json!([ipv6])).await,
            json!([
                format!("get-address-family: {family}"),
                "get-is-listening: false",
                "set-listen-backlog-size: ok",
                "set-listen-backlog-size 0: invalid-argument",
                "set-keep-alive-enabled: ok",
                "get-keep-alive-enabled: true",
                "set-keep-alive-idle-time: ok",
                "get-keep-alive-idle-time: 40000000000",
                "set-keep-alive-idle-time 0: invalid-argument",
                "set-keep-alive-interval: ok",
                "get-keep-alive-interval: 5000000000",
                "set-keep-alive-interval 0: invalid-argument",
                "set-keep-alive-count: ok",
                "get-keep-alive-count: 4",
                "set-keep-alive-count 0: invalid-argument",
                "set-hop-limit: ok",
                "get-hop-limit: 42",
                "set-hop-limit 0: invalid-argument",
                "set-receive-buffer-size: ok",
                "get-receive-buffer-size: enough",
                "set-receive-buffer-size 0: invalid-argument",
                "set-send-buffer-size: ok",
                "get-send-buffer-size: enough",
                "set-send-buffer-size 0: invalid-argument",
            ])
        );
        assert_eq!(
            guest().call("udp-options", json!([ipv6])).await,
            json!([
                format!("get-address-family: {family}"),
                "set-unicast-hop-limit: ok",
                "get-unicast-hop-limit: 42",
                "set-unicast-hop-limit 0: invalid-argument",
                "set-receive-buffer-size: ok",
                "get-receive-buffer-size: enough",
                "set-receive-buffer-size 0: invalid-argument",
                "set-send-buffer-size: ok",
                "get-send-buffer-size: enough",
                "set-send-buffer-size 0: invalid-argument",
            ])
        );
    }
}

#[tokio::test]
async fn a_socket_refuses_what_its_state_does_not_allow() {
    for at in loopbacks().await {
        let any = SocketAddr::new(at, 0).to_string();
        assert_eq!(
            local().call("tcp-states", json!([any])).await,
            json!([
                "get-local-address: invalid-state",
                "get-remote-address: invalid-state",
                "receive: invalid-state",
                "send: invalid-state",
                "bind to the other family: invalid-argument",
                "connect to the other family: invalid-argument",
                "bind: ok",
                "bind again: invalid-state",
                "listen: ok",
                "listen again: invalid-state",
                "connect: invalid-state",
            ])
        );
        assert_eq!(
            local().call("udp-states", json!([any])).await,
            json!([
                "get-local-address: invalid-state",
                "get-remote-address: invalid-state",
                "receive: invalid-state",
                "send to nobody: invalid-argument",
                "send to port 0: invalid-argument",
                "send to the other family: invalid-argument",
                "connect to port 0: invalid-argument",
                "connect to the other family: invalid-argument",
                "disconnect: invalid-state",
                "bind to the other family: invalid-argument",
                "bind: ok",
                "bind again: invalid-state",
                "get-local-address: ok",
                "connect: ok",
                "get-remote-address is the own: true",
                "send too much: datagram-too-large",
                "send: ok",
                "receive: own",
                "disconnect: ok",
                "get-remote-address: invalid-state",
            ])
        );
    }
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
        assert_eq!(guest().err("udp-echo", json!([address, "x"])).await, json!("connect: access-denied"));
        assert_eq!(guest().err("udp-echo-to", json!([address, "x"])).await, json!("send: access-denied"));
    }
}

#[tokio::test]
async fn a_name_is_resolved_where_the_entry_allows_it() {
    World::add_name("p3-sockets.test", &["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()]);
    assert_eq!(guest().ok("resolve", json!(["p3-sockets.test"])).await, json!(["192.0.2.7", "2001:db8::7"]));
    for (guest, name, message) in [
        (guest(), "missing.test", "resolve-addresses: name-unresolvable"),
        (guest(), "not a name", "resolve-addresses: invalid-argument"),
        (guest().allow(&["other.test"]), "p3-sockets.test", "resolve-addresses: access-denied"),
    ] {
        assert_eq!(guest.err("resolve", json!([name])).await, json!(message), "{name}");
    }
}
