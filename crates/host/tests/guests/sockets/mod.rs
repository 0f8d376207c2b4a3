//! `wasi:sockets`: TCP, UDP and names, against servers on the loopback, under the entry's network policy.

mod errors;
mod functions;
#[cfg(feature = "p3")]
mod p3;

use crate::support::Guest;
use serde_json::Value as Json;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use wippy_host::{CallContext, ManualClock};

/// The guest's own patience is five seconds of its clock, which stands still: the test's patience counts.
fn guest() -> Guest {
    let clock = CallContext::builder().clock(Arc::new(ManualClock::default())).build();
    Guest::new("probe-sockets").imports(["wasi:sockets", "wasi:io", "wasi:clocks"]).context(clock)
}

/// A guest that may reach the loopback, and nothing else.
fn local() -> Guest {
    guest().allow(&["localhost:*"])
}

/// The loopback addresses that this machine has: not every one has IPv6.
async fn loopbacks() -> Vec<IpAddr> {
    let mut found = Vec::new();
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        if TcpListener::bind((address, 0)).await.is_ok() {
            found.push(address);
        }
    }
    assert!(!found.is_empty(), "no loopback");
    found
}

/// A TCP server of one port, stopped when dropped.
struct Server {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

async fn server<F: Future<Output = ()> + Send + 'static>(
    at: IpAddr,
    handle: impl Fn(TcpStream) -> F + Send + 'static,
) -> Server {
    let listener = TcpListener::bind((at, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            connections.spawn(handle(stream));
        }
    });
    Server { address, _tasks: tasks }
}

/// Reads to the end, and then sends it back.
async fn echo(mut stream: TcpStream) {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    stream.write_all(&all).await.unwrap();
    stream.shutdown().await.unwrap();
}

fn port_of(address: &Json) -> (IpAddr, u16) {
    let address: SocketAddr = address.as_str().unwrap().parse().unwrap();
    (address.ip(), address.port())
}

/// Sends back what it gets, to whom it came from.
async fn udp_server(at: IpAddr) -> (SocketAddr, JoinSet<()>) {
    let socket = UdpSocket::bind((at, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let (count, from) = socket.recv_from(&mut buffer).await.unwrap();
            socket.send_to(&buffer[..count], from).await.unwrap();
        }
    });
    (address, tasks)
}
