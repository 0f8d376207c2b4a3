//! A collector of OpenTelemetry that keeps what it is sent.

use crate::support::PATIENCE;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

pub(crate) struct Collector {
    pub(crate) url: String,
    received: Receiver<(String, Vec<u8>)>,
}

/// What a collector was sent, once its sender has ended.
pub(crate) struct Collected {
    /// The heads of the requests.
    pub(crate) heads: Vec<String>,
    /// Their bodies as they came, for what must not be there.
    pub(crate) bytes: Vec<u8>,
    pub(crate) service: String,
    pub(crate) spans: Vec<Span>,
}

impl Collector {
    /// One that takes everything.
    pub(crate) fn start() -> Self {
        Self::answering("200 OK")
    }

    pub(crate) fn answering(status: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, received) = channel();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if let Some(request) = request(&connection, status) {
                    let _ = sender.send(request);
                }
            }
        });
        Self { url, received }
    }

    /// Everything that it was sent so far: the sender waits for each answer, so that it has ended after the last.
    pub(crate) fn collected(&self) -> Collected {
        let mut collected =
            Collected { heads: Vec::new(), bytes: Vec::new(), service: String::new(), spans: Vec::new() };
        for (head, body) in self.received.try_iter() {
            let request = ExportTraceServiceRequest::decode(&*body).unwrap();
            for resource in request.resource_spans {
                collected.service = text(&resource.resource.unwrap().attributes, "service.name").unwrap();
                collected.spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
            collected.heads.push(head);
            collected.bytes.extend(body);
        }
        collected
    }
}

/// The head and body of one request, which is told of before it is answered.
fn request(mut connection: &TcpStream, status: &str) -> Option<(String, Vec<u8>)> {
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(connection);
    let head: Vec<String> = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    let _ = write!(connection, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    Some((head.join("\n"), body))
}

impl Collected {
    /// The one span of this name.
    #[track_caller]
    pub(crate) fn span(&self, name: &str) -> &Span {
        let mut found = self.spans.iter().filter(|span| span.name == name);
        let names: Vec<_> = self.spans.iter().map(|span| &span.name).collect();
        let span = found.next().unwrap_or_else(|| panic!("no {name} in {names:?}"));
        assert!(found.next().is_none(), "several of {name} in {names:?}");
        span
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// A text among attributes.
pub(crate) fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    match &attribute.value {
        Some(AnyValue { value: Some(Value::StringValue(text)), .. }) => Some(text.clone()),
        other => panic!("{key} is {other:?}"),
    }
}
