//! What a handler should not do.

use crate::reply::Reply;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::http::outgoing_handler;
use crate::wasi::http::types::{ErrorCode, Fields, OutgoingRequest, ResponseOutparam};

pub fn trap_before() {
    core::arch::wasm32::unreachable();
}

pub fn trap_after(out: ResponseOutparam) {
    let reply = Reply::start(out, 200, &[]);
    let _ = reply.write(b"partial");
    core::arch::wasm32::unreachable();
}

/// A trap behind a whole response.
pub fn trap_finished(out: ResponseOutparam) {
    Reply::text(out, 200, "whole");
    core::arch::wasm32::unreachable();
}

pub fn error_code(out: ResponseOutparam, which: u64) {
    let code = match which {
        0 => ErrorCode::InternalError(Some("the secret of the guest".to_string())),
        1 => ErrorCode::HttpRequestDenied,
        2 => ErrorCode::ConnectionTimeout,
        3 => ErrorCode::ConnectionRefused,
        _ => ErrorCode::HttpRequestBodySize(None),
    };
    ResponseOutparam::set(out, Err(code));
}

/// A request of its own, which its transport does not grant.
pub fn outgoing(out: ResponseOutparam) {
    let sent = outgoing_handler::handle(OutgoingRequest::new(Fields::new()), None);
    Reply::text(out, 200, if sent.is_ok() { "sent" } else { "refused" });
}

/// A body that is given up.
pub fn dropped_body(out: ResponseOutparam) {
    let reply = Reply::start(out, 200, &[]);
    let _ = reply.write(b"partial");
}

/// A body that is neither finished nor given up.
pub fn leaked_body(out: ResponseOutparam) {
    let reply = Reply::start(out, 200, &[]);
    let _ = reply.write(b"partial");
    core::mem::forget(reply);
}

/// Fewer bytes than were announced.
pub fn short(out: ResponseOutparam) {
    let reply = Reply::start(out, 200, &[("content-length", "10")]);
    let _ = reply.write(b"12345");
    drop(reply.stream);
    let _ = crate::wasi::http::types::OutgoingBody::finish(reply.body, None);
}

pub fn spin() {
    let mut count = 0_u64;
    loop {
        count = core::hint::black_box(count.wrapping_add(1));
    }
}

pub fn wait() {
    subscribe_duration(u64::MAX).block();
}

/// A head and a piece, and then nothing more.
pub fn wait_after(out: ResponseOutparam) {
    let reply = Reply::start(out, 200, &[]);
    let _ = reply.write(b"partial");
    wait();
}
