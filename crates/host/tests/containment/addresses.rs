//! What the tests of both tracks share: the addresses that nobody may reach, names that change, and servers.

use crate::support::{builder, engine};
use std::collections::{HashMap, VecDeque};
use std::future::{Future, ready};
use std::io::ErrorKind as IoErrorKind;
use std::net::{IpAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wippy_host::{Host, ResolveError, Resolver, Result};

/// Answers each name with the next of its answers, and the last of them from then on.
#[derive(Clone, Default)]
pub(crate) struct Names(Arc<Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>>, Arc<Mutex<Vec<String>>>);

impl Names {
    pub(crate) fn add(&self, name: &str, answers: &[&[&str]]) {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), answers);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Resolver for Names {
    fn resolve(&self, host: &str) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, ResolveError>> + Send>> {
        self.1.lock().unwrap().push(host.to_owned());
        let mut names = self.0.lock().unwrap();
        let answer = names
            .get_mut(host)
            .and_then(|answers| if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() });
        Box::pin(ready(answer.ok_or(ResolveError::NotFound)))
    }
}

/// A host with names of its own.
pub(crate) fn network() -> (Host, Names) {
    let names = Names::default();
    names.add("localhost", &[&["127.0.0.1", "::1"]]);
    (builder().resolver(names.clone()).engine(engine(50, 10)).build().unwrap(), names)
}

/// A listener that nobody may reach.
pub(crate) struct Forbidden(pub(crate) TcpListener);

impl Forbidden {
    pub(crate) fn new(ip: &str) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) fn assert_untouched(&self) {
        let accepted = self.0.accept();
        assert!(matches!(&accepted, Err(error) if error.kind() == IoErrorKind::WouldBlock), "reached: {accepted:?}");
    }
}

/// Every spelling of the loopback address, and some of other addresses that are nobody's business: private, link-local,
/// metadata, carrier-grade, and IPv4 addresses inside IPv6 ones. Both tracks are held to it.
pub(crate) fn forbidden_hosts() -> Vec<&'static str> {
    vec![
        "127.0.0.1",
        "127.8.8.8",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "[::]",
        "[::ffff:0.0.0.0]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "100.64.0.1",
        "100.100.100.200",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "255.255.255.255",
        "224.0.0.1",
        "[ff02::1]",
    ]
}

/// Serves each connection with one response, and counts them.
pub(crate) async fn serve(response: String) -> (u16, Arc<Mutex<Vec<String>>>) {
    serve_at("127.0.0.1", response).await
}

pub(crate) async fn serve_at(ip: &str, response: String) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind((ip, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut buffer).await {
                    Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            seen.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, requests)
}

pub(crate) fn ok_response() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi".to_owned()
}
