//! hyper's client by hand: one connection, whose responses are read to nothing.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

pub(crate) struct Reader {
    connection: SendRequest<Empty<Bytes>>,
}

impl Reader {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (connection, driver) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(driver);
        Self { connection }
    }

    /// The bytes that are behind the path.
    pub(crate) async fn count(&mut self, path: &str) -> u64 {
        self.connection.ready().await.unwrap();
        let request = Request::builder().uri(path).header("host", "bench.example").body(Empty::new()).unwrap();
        let mut body = self.connection.send_request(request).await.unwrap().into_body();
        let mut count = 0;
        while let Some(frame) = body.frame().await {
            count += frame.unwrap().into_data().map_or(0, |data| data.len() as u64);
        }
        count
    }
}
