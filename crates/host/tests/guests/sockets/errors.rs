//! Errors by their codes: what a socket says to calls that its state or an argument rules out, and what a peer brings about.

use super::{guest, local, loopbacks, server};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::io::AsyncReadExt;
use tokio::net::UdpSocket;

#[tokio::test]
async fn a_tcp_socket_refuses_what_its_state_does_not_allow() {
    for at in loopbacks().await {
        let report = local().ok("tcp-states", json!([SocketAddr::new(at, 0).to_string()])).await;
        let third = if at.is_ipv4() { "broadcast" } else { "mapped" };
        assert_eq!(
            report,
            json!([
                "local-address: invalid-state",
                "remote-address: invalid-state",
                "accept: invalid-state",
                "shutdown: invalid-state",
                "start-listen: invalid-state",
                "finish-bind: not-in-progress",
                "finish-connect: not-in-progress",
                "finish-listen: not-in-progress",
                "start-bind the other family: invalid-argument",
                "start-bind multicast: invalid-argument",
                format!("start-bind {third}: invalid-argument"),
                "start-connect the other family: invalid-argument",
                "start-connect multicast: invalid-argument",
                format!("start-connect {third}: invalid-argument"),
                "start-connect port 0: invalid-argument",
                "start-connect anywhere: invalid-argument",
                "start-bind: ok",
                "start-bind while binding: concurrency-conflict",
                "start-connect while binding: concurrency-conflict",
                "start-listen while binding: concurrency-conflict",
                "start-bind bound: invalid-state",
                "start-listen: ok",
                "accept nobody: would-block",
                "start-listen listening: invalid-state",
                "start-connect listening: invalid-state",
                "start-connect: ok",
                "finish-connect at once: would-block",
                "set-listen-backlog-size connecting: invalid-state",
                "set-listen-backlog-size connected: invalid-state",
                "start-connect connected: invalid-state",
                "start-listen connected: invalid-state",
                "start-bind connected: invalid-state",
            ])
        );
    }
}

#[tokio::test]
async fn a_udp_socket_refuses_what_its_state_does_not_allow() {
    for at in loopbacks().await {
        let report = local().ok("udp-states", json!([SocketAddr::new(at, 0).to_string()])).await;
        assert_eq!(
            report,
            json!([
                "local-address: invalid-state",
                "remote-address: invalid-state",
                "finish-bind: not-in-progress",
                "stream unbound: invalid-state",
                "start-bind the other family: invalid-argument",
                "start-bind: ok",
                "start-bind while binding: concurrency-conflict",
                "start-bind bound: invalid-state",
                "stream the other family: invalid-argument",
                "stream port 0: invalid-argument",
                "stream anywhere: invalid-argument",
                "send to nobody: invalid-argument",
                "send to the other family: invalid-argument",
                "send to port 0: invalid-argument",
                "send to anywhere: invalid-argument",
                "send too much: datagram-too-large",
                "send to another than its peer: invalid-argument",
            ])
        );
    }
}

#[tokio::test]
async fn an_address_that_the_entry_does_not_allow_is_not_bound() {
    for at in loopbacks().await {
        let any = SocketAddr::new(at, 0).to_string();
        for export in ["tcp-bind", "tcp-listen", "udp-bind"] {
            assert_eq!(guest().err(export, json!([any])).await, json!("start-bind: access-denied"), "{export}");
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_without_a_way_to_it_is_unreachable() {
    // No machine routes a link's own addresses over the loopback.
    let guest = guest().allow(&["[fe80::/10]:9", "localhost:*"]);
    if loopbacks().await.iter().any(IpAddr::is_ipv6) {
        let code = guest.err("tcp-connect", json!(["[fe80::1%1]:9"])).await;
        assert_eq!(code, json!("finish-connect: remote-unreachable"));
        let code = guest.err("udp-echo", json!(["[fe80::1%1]:9", "x"])).await;
        assert_eq!(code, json!("stream: remote-unreachable"));
        let code = guest.err("udp-send", json!(["[fe80::1%1]:9", "x"])).await;
        assert_eq!(code, json!("send: remote-unreachable"));
    }
}

#[tokio::test]
async fn a_datagram_to_a_port_where_nobody_listens_is_refused() {
    for at in loopbacks().await {
        // Bound, so that nobody else gets the port, and connected to itself: datagrams of others find nobody.
        let socket = UdpSocket::bind((at, 0)).await.unwrap();
        socket.connect(socket.local_addr().unwrap()).await.unwrap();
        let address = socket.local_addr().unwrap().to_string();
        assert_eq!(local().err("udp-echo", json!([address, "x"])).await, json!("receive: connection-refused"));
        let code = local().err("udp-send-until-it-fails", json!([address])).await;
        assert_eq!(code, json!("send: connection-refused"));
    }
}

#[tokio::test]
async fn a_write_to_a_connection_that_was_reset_fails() {
    let server = server(Ipv4Addr::LOCALHOST.into(), |mut stream| async move {
        stream.read_u8().await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let report = local().ok("tcp-write-to-reset", json!([server.address.to_string()])).await;
    assert_eq!(report, json!(["write: last-operation-failed", "write-zeroes: last-operation-failed"]));
}

#[tokio::test]
async fn a_look_up_says_that_it_takes_time_and_why_it_failed() {
    assert_eq!(
        guest().ok("name-states", json!(["slow.test"])).await,
        json!(["resolve-next-address: would-block", "resolve-next-address: temporary-resolver-failure"])
    );
    assert_eq!(
        guest().ok("name-states", json!(["broken.test"])).await,
        json!(["resolve-next-address: would-block", "resolve-next-address: permanent-resolver-failure"])
    );
}
