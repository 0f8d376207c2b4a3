//! How the SDK's requests get out: with the client that guests' requests go out with, on the program's runtime.

use super::queue::Counts;
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use wippy_host::{SystemResolver, async_trait};

/// How long the collector has for one request.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is read of its answer, in bytes.
const MAX_ANSWER: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Client {
    client: wippy_import_http::HttpClient,
    runtime: Handle,
    counts: Arc<Counts>,
}

impl Client {
    pub(super) fn new(runtime: Handle, counts: Arc<Counts>) -> Self {
        let resolver = SystemResolver::default().with_timeout(PATIENCE);
        Self { client: wippy_import_http::HttpClient::unguarded(Arc::new(resolver)), runtime, counts }
    }
}

#[async_trait]
impl HttpClient for Client {
    /// The SDK waits for it on a thread of its own, where no socket works.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let (mut head, body) = request.into_parts();
        // OTEL_EXPORTER_OTLP_HEADERS holds tokens, and the crates below may log what they send.
        head.headers.values_mut().for_each(|value| value.set_sensitive(true));
        let exchange = async move {
            let answer = client.send(Request::from_parts(head, Full::new(body)), PATIENCE).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        let late = || HttpError::from(format!("no answer within {} s", PATIENCE.as_secs()));
        // The timer, too, is made on the runtime: there is none here.
        let exchanged = self.runtime.spawn(async move { tokio::time::timeout(PATIENCE, exchange).await }).await?;
        let answer = exchanged.unwrap_or_else(|_| Err(late()));
        match &answer {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => self.counts.failed(format!("it answers {}", answer.status())),
            Err(error) => self.counts.failed(error.to_string()),
        }
        answer
    }
}
