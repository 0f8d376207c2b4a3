//! Where Wasmtime's `wasi:http` hands a request to our client.

use crate::client::{Client, ClientError, Timeouts};
use crate::error::{into_wasi, io_error};
use crate::trace::Trace;
use futures::FutureExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use std::future::Future;
use std::sync::Arc;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

pub(crate) struct Hooks {
    /// `None` where the import is not granted.
    client: Option<Client>,
    entry: Arc<str>,
    /// For requests of a guest that names no trace.
    trace: Option<Trace>,
}

impl Hooks {
    pub(crate) fn new(client: Option<Client>, entry: Arc<str>, trace: Option<Trace>) -> Self {
        Self { client, entry, trace }
    }

    /// The requests from here on are those of another call.
    pub(crate) fn set_trace(&mut self, trace: Option<Trace>) {
        self.trace = trace;
    }
}

/// What a guest may write of a body at once, in bytes; Wasmtime holds two such pieces of each. Its own 1 MiB would make a
/// thousand clients that do not read cost gigabytes.
const BODY_CHUNK: usize = 64 * 1024;

type IoResult = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Box<dyn Future<Output = Result<(Response<WasiBody>, IoResult), Error>> + Send>;

impl WasiHttpHooks for Hooks {
    fn send_request(&mut self, mut request: Request<WasiBody>, options: Option<RequestOptions>, _: IoResult) -> Sent {
        let Some(client) = self.client.clone() else {
            return Box::new(std::future::ready(Err(Error::HttpRequestDenied)));
        };
        let options = options.unwrap_or_default();
        if let Some(trace) = &self.trace {
            trace.tell(request.headers_mut());
        }
        let timeouts = Timeouts {
            connect: options.connect_timeout,
            first_byte: options.first_byte_timeout,
            between_bytes: options.between_bytes_timeout,
        };
        let entry = self.entry.clone();
        Box::new(async move {
            let response = client.send(request, timeouts).await.map_err(|error| failed(&entry, error))?;
            let body = move |body: crate::client::ResponseBody| {
                body.map_err(move |error| failed(&entry, error)).boxed_unsync()
            };
            // The connection is the pool's: there is no work of ours to wait for.
            let done: IoResult = Box::new(std::future::ready(Ok(())).fuse());
            Ok((response.map(body), done))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    #[cfg(feature = "p3")]
    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        tracing::debug!(%error, "http protocol error");
        ErrorCode::HttpProtocolError
    }

    fn p2_error_from_connect(&mut self, error: &std::io::Error) -> ErrorCode {
        io_error(error)
    }
}

/// A guest sees a code alone; the log has the sentence.
fn failed(entry: &str, error: ClientError) -> Error {
    if !matches!(error, ClientError::Denied { .. }) {
        tracing::info!(entry, %error, "http request failed");
    }
    into_wasi(error)
}
