//! Handles requests as their path says.

wit_bindgen::generate!({
    world: "demo:handler-p3/handler-p3",
    path: ["../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/random.wit", "../../wit/wasi-0.3/filesystem.wit",
        "../../wit/wasi-0.3/sockets.wit", "../../wit/wasi-0.3/cli.wit", "../../wit/wasi-0.3/http.wit", "wit"],
    generate_all,
});

use std::sync::atomic::{AtomicU32, Ordering};
use wasi::clocks::monotonic_clock::wait_for;
use wasi::http::client;
use wasi::http::types::{ErrorCode, Fields, Method, Request, Response, Scheme};

struct Handler;
export!(Handler);

impl exports::wasi::http::handler::Guest for Handler {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let path = request.get_path_with_query().unwrap_or_default();
        match path.split('?').next().unwrap_or_default() {
            "/echo" => echo(request),
            "/about" => {
                let method = match request.get_method() {
                    Method::Get => "GET",
                    Method::Post => "POST",
                    _ => "other",
                };
                let scheme = match request.get_scheme() {
                    Some(Scheme::Http) => "http",
                    Some(Scheme::Https) => "https",
                    _ => "none",
                };
                let authority = request.get_authority().unwrap_or_default();
                let header = request.get_headers().get("x-asked").concat();
                let header = String::from_utf8_lossy(&header).into_owned();
                Ok(text(200, format!("{method} {scheme} {authority} {path} {header}")))
            }
            "/served" => {
                static SERVED: AtomicU32 = AtomicU32::new(0);
                Ok(text(200, (SERVED.fetch_add(1, Ordering::Relaxed) + 1).to_string()))
            }
            "/count" => Ok(counting(1000)),
            "/endless" => Ok(counting(u64::MAX)),
            "/trap" => panic!("meant to"),
            "/trap-later" => Ok(trapping()),
            "/late" => {
                wait_for(20_000_000).await;
                Ok(text(200, "late".to_owned()))
            }
            "/never" => {
                wait_for(u64::MAX).await;
                Ok(text(200, "never".to_owned()))
            }
            "/denied" => Err(ErrorCode::HttpRequestDenied),
            "/forward" => client::send(asking(&path, "/forwarded")).await,
            "/after" => {
                let asked = asking(&path, "/after");
                wit_bindgen::spawn_local(async move {
                    wait_for(20_000_000).await;
                    let _ = client::send(asked).await;
                });
                Ok(text(200, "before".to_owned()))
            }
            _ => Ok(text(404, "no such path".to_owned())),
        }
    }
}

/// The body and its trailers go back as they come.
fn echo(request: Request) -> Result<Response, ErrorCode> {
    let headers = Fields::new();
    for value in request.get_headers().get("content-type") {
        headers.append("content-type", &value).unwrap();
    }
    let (done, result) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, result);
    drop(done);
    Ok(Response::new(headers, Some(body), trailers).0)
}

/// A request to the authority that the query names.
fn asking(path: &str, asked_path: &str) -> Request {
    let authority = path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let (trailers, without) = wit_future::new(|| Ok(None));
    let (asked, _) = Request::new(Fields::new(), None, without, None);
    drop(trailers);
    asked.set_scheme(Some(&Scheme::Http)).unwrap();
    asked.set_authority(Some(authority)).unwrap();
    asked.set_path_with_query(Some(asked_path)).unwrap();
    asked
}

fn text(status: u16, body: String) -> Response {
    let (mut sender, stream) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        sender.write_all(body.into_bytes()).await;
    });
    streaming(status, stream)
}

/// So many lines, each written when the one before is taken.
fn counting(lines: u64) -> Response {
    let (mut sender, stream) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        for line in 0..lines {
            let left = sender.write_all(format!("line {line}\n").into_bytes()).await;
            if !left.is_empty() {
                return;
            }
        }
    });
    streaming(200, stream)
}

fn trapping() -> Response {
    let (mut sender, stream) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        sender.write_all(b"half".to_vec()).await;
        panic!("meant to, behind half a body");
    });
    streaming(200, stream)
}

fn streaming(status: u16, stream: wit_bindgen::rt::async_support::StreamReader<u8>) -> Response {
    let (trailers, without) = wit_future::new(|| Ok(None));
    drop(trailers);
    let (response, _) = Response::new(Fields::new(), Some(stream), without);
    response.set_status_code(status).unwrap();
    response
}
