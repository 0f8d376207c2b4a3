//! What a handler should do.

use crate::note;
use crate::reply::Reply;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::http::types::{
    http_error_code, ErrorCode, Fields, IncomingBody, IncomingRequest, ResponseOutparam, Scheme,
};
use crate::wasi::io::streams::StreamError;
use std::sync::atomic::{AtomicU32, Ordering};

pub fn hello(out: ResponseOutparam) {
    Reply::text(out, 200, "hello");
}

/// How many requests for this path the instance has had.
pub fn count(out: ResponseOutparam) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    Reply::text(out, 200, &count.to_string());
}

/// What the request says, line by line.
pub fn request(request: &IncomingRequest, out: ResponseOutparam) {
    let scheme = match request.scheme() {
        Some(Scheme::Http) => "http".to_string(),
        Some(Scheme::Https) => "https".to_string(),
        Some(Scheme::Other(other)) => other,
        None => "none".to_string(),
    };
    let method = format!("{:?}", request.method()).replace("Method::", "");
    let authority = request.authority().unwrap_or_default();
    let path = request.path_with_query().unwrap_or_default();
    let mut text = format!("method {method}\nscheme {scheme}\nauthority {authority}\npath {path}\n");
    for (name, value) in request.headers().entries() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
    }
    Reply::text(out, 200, &text);
}

/// A body is had once.
pub fn consume_twice(request: &IncomingRequest, out: ResponseOutparam) {
    let _body = request.consume().unwrap();
    let again = if request.consume().is_ok() { "ok" } else { "err" };
    Reply::text(out, 200, &format!("consume again: {again}"));
}

/// Sends back what comes, as it comes, and the trailers behind it.
pub fn echo(request: IncomingRequest, out: ResponseOutparam) {
    let incoming = request.consume().unwrap();
    let input = incoming.stream().unwrap();
    let reply = Reply::start(out, 200, &[("content-type", "application/octet-stream"), ("trailer", "x-sum")]);
    loop {
        match input.blocking_read(64 * 1024) {
            Ok(bytes) if reply.write(&bytes).is_err() => return,
            Ok(_) => {}
            Err(StreamError::Closed) => break,
            Err(_) => return,
        }
    }
    drop(input);
    let future = IncomingBody::finish(incoming);
    future.subscribe().block();
    let trailers = future.get().unwrap().unwrap().unwrap_or(None);
    reply.finish(trailers.map(|fields| Fields::from_list(&fields.entries()).unwrap()));
}

/// Counts the bytes of the request, or names the error in which they end.
pub fn upload(request: IncomingRequest, out: ResponseOutparam) {
    let body = request.consume().unwrap();
    let input = body.stream().unwrap();
    let mut count = 0;
    let end = loop {
        match input.blocking_read(64 * 1024) {
            Ok(bytes) => count += bytes.len(),
            Err(StreamError::Closed) => break "closed".to_string(),
            Err(StreamError::LastOperationFailed(error)) => {
                break http_error_code(&error).map_or(error.to_debug_string(), |code| code.to_string());
            }
        }
    };
    Reply::text(out, 200, &format!("{count} {end}"));
}

/// A head alone.
pub fn status(out: ResponseOutparam, status: u16) {
    let response = crate::wasi::http::types::OutgoingResponse::new(Fields::new());
    response.set_status_code(status).unwrap();
    ResponseOutparam::set(out, Ok(response));
}

pub fn trailers(out: ResponseOutparam) {
    let reply = Reply::start(out, 200, &[("trailer", "x-sum")]);
    let _ = reply.write(b"body");
    reply.finish(Some(Fields::from_list(&[("x-sum".to_string(), b"4".to_vec())]).unwrap()));
}

/// So many bytes, and a note at each mebibyte.
pub fn big(out: ResponseOutparam, bytes: u64, declared: bool) {
    let length = bytes.to_string();
    let headers = [("content-length", length.as_str())];
    let reply = Reply::start(out, 200, if declared { &headers } else { &[] });
    let chunk = [b'x'; 4096];
    let mut sent = 0;
    while sent < bytes {
        let next = (bytes - sent).min(4096);
        if reply.write(&chunk[..next as usize]).is_err() {
            return note("closed");
        }
        sent += next;
        if sent % (1 << 20) == 0 {
            note(&format!("sent {sent}"));
        }
    }
    reply.finish(None);
}

/// A line every few milliseconds, without end.
pub fn ticks(out: ResponseOutparam, milliseconds: u64) {
    let reply = Reply::start(out, 200, &[]);
    for tick in 0.. {
        note(&format!("tick {tick}"));
        if reply.write(format!("tick {tick}\n").as_bytes()).is_err() {
            return note("closed");
        }
        subscribe_duration(milliseconds * 1_000_000).block();
    }
}

/// What comes of an informational response.
pub fn informational(out: ResponseOutparam) {
    let sent = match out.send_informational(103, Fields::new()) {
        Ok(()) => "sent".to_string(),
        Err(ErrorCode::InternalError(_)) => "internal-error".to_string(),
        Err(other) => other.to_string(),
    };
    let wrong = match out.send_informational(200, Fields::new()) {
        Ok(()) => "sent".to_string(),
        Err(other) => other.to_string(),
    };
    Reply::text(out, 200, &format!("{sent} {wrong}"));
}

/// A whole response, and then work for so many milliseconds.
pub fn work_after(out: ResponseOutparam, milliseconds: u64) {
    Reply::text(out, 200, "done");
    subscribe_duration(milliseconds * 1_000_000).block();
    note("worked");
}
