//! The servers that a test's component makes requests to.

use std::collections::BTreeMap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::http::{Body, Message, write};

/// A server as a test describes it.
#[derive(Deserialize, Clone)]
pub(super) struct Server {
    name: String,
    /// `closed`: nobody listens there.
    kind: Option<String>,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize, Clone)]
struct Endpoint {
    #[serde(default = "get")]
    method: String,
    #[serde(default = "root")]
    path: String,
    mode: Option<String>,
    response: Option<Answer>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Answer {
    Text(String),
    Full(Response),
}

#[derive(Deserialize, Clone)]
#[serde(default)]
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    chunks: Option<Vec<String>>,
    trailers: BTreeMap<String, String>,
}

impl Default for Response {
    fn default() -> Self {
        let (headers, trailers) = (BTreeMap::new(), BTreeMap::new());
        Self { status: 200, headers, body: String::new(), chunks: None, trailers }
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

impl Server {
    /// Starts it, and gives the variable that tells the component where it is. Its thread ends with this program: a test
    /// run is one.
    pub(super) fn start(&self, limit: Duration) -> io::Result<(String, String)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        if self.kind.as_deref() != Some("closed") {
            let endpoints = self.endpoints.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let endpoints = endpoints.clone();
                    // What is wrong with a connection the component finds for itself.
                    thread::spawn(move || drop(serve(&stream, &endpoints, limit)));
                }
            });
        }
        Ok((format!("HTTP_SERVER_{}", self.name.to_uppercase()), address))
    }
}

fn serve(stream: &TcpStream, endpoints: &[Endpoint], limit: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(limit))?;
    let request = Message::read(stream, false, false)?;
    let mut words = request.start.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_head = method == "HEAD";
    let whole = |body| if is_head { Body::Length(<[u8]>::len(body)) } else { Body::Whole(body) };
    let found = endpoints.iter().find(|endpoint| endpoint.method == method && endpoint.path == path);
    let Some(endpoint) = found else { return write(stream, "HTTP/1.1 404 Not Found", [], whole(b"")) };
    match (endpoint.mode.as_deref(), &endpoint.response) {
        (Some("echo-body"), _) => write(stream, "HTTP/1.1 200 OK", [], whole(&request.body)),
        (Some("echo-headers"), _) => {
            let prefixed = |prefix: &str, fields: &[(String, String)]| -> Vec<(String, String)> {
                fields.iter().map(|(name, value)| (format!("{prefix}{name}"), value.clone())).collect()
            };
            let told = [("x-request-method", method), ("x-request-path", path)];
            let told = told.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let headers =
                told.chain(prefixed("x-echo-", &request.headers)).chain(prefixed("x-trailer-", &request.trailers));
            write(stream, "HTTP/1.1 200 OK", headers, whole(b""))
        }
        (_, Some(Answer::Text(text))) => write(stream, "HTTP/1.1 200 OK", [], whole(text.as_bytes())),
        (_, Some(Answer::Full(response))) => {
            let start = format!("HTTP/1.1 {} Answer", response.status);
            let body = match &response.chunks {
                Some(chunks) if !is_head => Body::Chunks(chunks, &response.trailers),
                _ => whole(response.body.as_bytes()),
            };
            write(stream, &start, response.headers.clone(), body)
        }
        (_, None) => write(stream, "HTTP/1.1 200 OK", [], whole(b"")),
    }
}
