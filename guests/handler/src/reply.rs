//! A response, from head to trailers.

use crate::wasi::http::types::{Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};
use crate::wasi::io::streams::{OutputStream, StreamError};

/// What a write takes at most.
const CHUNK: usize = 4096;

pub struct Reply {
    pub stream: OutputStream,
    pub body: OutgoingBody,
}

impl Reply {
    /// Sends the head.
    pub fn start(out: ResponseOutparam, status: u16, headers: &[(&str, &str)]) -> Self {
        let entries: Vec<_> = headers.iter().map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect();
        let response = OutgoingResponse::new(Fields::from_list(&entries).unwrap());
        response.set_status_code(status).unwrap();
        let body = response.body().unwrap();
        let stream = body.write().unwrap();
        ResponseOutparam::set(out, Ok(response));
        Self { stream, body }
    }

    pub fn write(&self, bytes: &[u8]) -> Result<(), StreamError> {
        bytes.chunks(CHUNK).try_for_each(|chunk| self.stream.blocking_write_and_flush(chunk))
    }

    pub fn finish(self, trailers: Option<Fields>) {
        drop(self.stream);
        OutgoingBody::finish(self.body, trailers).unwrap();
    }

    /// A whole response of text.
    pub fn text(out: ResponseOutparam, status: u16, text: &str) {
        let reply = Self::start(out, status, &[("content-type", "text/plain")]);
        // The client of a HEAD request takes no body.
        let _ = reply.write(text.as_bytes());
        reply.finish(None);
    }
}
