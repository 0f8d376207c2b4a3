//! Answers the few requests of an operator: one for each connection, in bounded time, from few at once.

use super::Watched;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at one time; more wait in the system's queue.
const CONNECTIONS: usize = 32;

/// From accepting a connection to the end of its response.
const PATIENCE: Duration = Duration::from_secs(10);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// Serves for as long as the process lives, a drain included.
pub(super) async fn serve(listener: TcpListener, watched: Arc<Watched>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(permit) = room.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let watched = watched.clone();
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(PATIENCE, connection(stream, watched)).await;
                    drop(permit);
                });
            }
            // Out of file descriptors, most likely: at once would be too soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(stream: TcpStream, watched: Arc<Watched>) {
    let service = service_fn(move |request| {
        let watched = watched.clone();
        async move { Ok::<_, Infallible>(answer(&request, &watched).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).keep_alive(false).max_buf_size(16 << 10);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a request for metrics broke off");
    }
}

async fn answer(request: &Request<Incoming>, watched: &Watched) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n".to_owned());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/metrics" => match watched.exposition().text() {
            Ok((content_type, body)) => {
                let mut response = text(StatusCode::OK, body);
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                response
            }
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error\n".to_owned()),
        },
        "/health" => state(request, "ok", "failing", watched.ailment()),
        "/ready" => state(request, "ready", "not ready", watched.unready().await),
        _ => text(StatusCode::NOT_FOUND, "GET /metrics, /health or /ready\n".to_owned()),
    }
}

/// 200, or 503 with what is wrong: text, or JSON where that is asked for.
fn state(request: &Request<Incoming>, good: &str, bad: &str, wrong: Option<String>) -> Response<Full<Bytes>> {
    let (code, status) = match wrong {
        None => (StatusCode::OK, good),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, bad),
    };
    let accepted = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains("application/json")) {
        let mut response = text(code, json!({"status": status, "reason": wrong}).to_string());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return response;
    }
    text(code, wrong.map_or_else(|| format!("{status}\n"), |wrong| format!("{status}: {wrong}\n")))
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}
