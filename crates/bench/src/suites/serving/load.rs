//! The load: connections that ask again as soon as they are answered, all from one thread.

use crate::measure::quantile;
use bytes::Bytes;
use futures::future::join_all;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Requests in flight.
const CONNECTIONS: usize = 32;

pub(super) struct Load<'a> {
    runtime: &'a Runtime,
    connections: Vec<Connection>,
    path: &'static str,
}

/// What so many requests came to.
pub(super) struct Round {
    /// Requests a second.
    pub(super) rate: f64,
    /// What 99 of 100 requests were answered within, in microseconds.
    pub(super) p99: f64,
    /// Requests that were the first of their instance.
    pub(super) first: usize,
}

type Connection = SendRequest<Empty<Bytes>>;

/// How long the answer took, in microseconds, and the number in it.
type Answer = (f64, u32);

impl<'a> Load<'a> {
    /// The path is to be answered with the number of requests that the instance has had.
    pub(super) fn new(runtime: &'a Runtime, address: SocketAddr, path: &'static str) -> Self {
        let connections = runtime.block_on(join_all((0..CONNECTIONS).map(|_| connected(address))));
        Self { runtime, connections, path }
    }

    pub(super) fn round(&mut self, requests: u32) -> Round {
        let left = Cell::new(requests);
        let start = Instant::now();
        let answers = self.connections.iter_mut().map(|connection| answers(connection, self.path, &left));
        let answers = self.runtime.block_on(join_all(answers)).concat();
        let rate = f64::from(requests) / start.elapsed().as_secs_f64();
        let latencies: Vec<f64> = answers.iter().map(|answer| answer.0).collect();
        let first = answers.iter().filter(|answer| answer.1 == 1).count();
        Round { rate, p99: quantile(&latencies, 0.99), first }
    }
}

async fn connected(address: SocketAddr) -> Connection {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

async fn answers(connection: &mut Connection, path: &str, left: &Cell<u32>) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some(fewer) = left.get().checked_sub(1) {
        left.set(fewer);
        connection.ready().await.unwrap();
        let start = Instant::now();
        let request = Request::builder().uri(path).header("host", "bench.example").body(Empty::new()).unwrap();
        let response = connection.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let latency = start.elapsed().as_secs_f64() * 1e6;
        answers.push((latency, std::str::from_utf8(&body).unwrap().parse().unwrap()));
    }
    answers
}
