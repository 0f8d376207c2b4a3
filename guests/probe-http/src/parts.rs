//! The parts of a message, without sending it.

use crate::wasi::http::types::{
    http_error_code, Fields, HeaderError, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions, Scheme,
};
use crate::wasi::io::streams::StreamError;
use crate::{header_name, name, pairs_of};

const MILLISECOND: u64 = 1_000_000;

fn done(outcome: Result<(), HeaderError>) -> String {
    outcome.map_or_else(header_name, |()| "ok".into())
}

fn plain(outcome: Result<(), ()>) -> &'static str {
    if outcome.is_ok() {
        "ok"
    } else {
        "err"
    }
}

fn values(values: Vec<Vec<u8>>) -> String {
    values.iter().map(|value| value.escape_ascii().to_string()).collect::<Vec<_>>().join(", ")
}

fn entries(fields: &Fields) -> String {
    pairs_of(fields).iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

pub fn fields() -> Vec<String> {
    let mut report = Vec::new();
    let fields = Fields::new();
    report.push(format!("new: {} entries", fields.entries().len()));
    report.push(format!("set: {}", done(fields.set("x-one", &[b"1".to_vec(), b"2".to_vec()]))));
    report.push(format!("append: {}", done(fields.append("x-one", b"3"))));
    report.push(format!("get: {}", values(fields.get("X-One"))));
    report.push(format!("has: {} {}", fields.has("x-one"), fields.has("x-two")));
    let copy = fields.clone();
    report.push(format!("delete: {}", done(fields.delete("x-one"))));
    report.push(format!("entries: {}", fields.entries().len()));
    report.push(format!("clone: {}", entries(&copy)));
    report.push(format!("append invalid: {}", done(fields.append("not a name", b"1"))));
    report.push(format!("append invalid value: {}", done(fields.append("x-two", b"a\nb"))));
    report.push(format!("append forbidden: {}", done(fields.append("connection", b"close"))));
    report.push(format!("set invalid: {}", done(fields.set("not a name", &[]))));
    report.push(format!("set forbidden: {}", done(fields.set("host", &[b"a".to_vec()]))));
    report.push(format!("delete invalid: {}", done(fields.delete("not a name"))));
    report.push(format!("delete forbidden: {}", done(fields.delete("host"))));
    let from_list = |list: &[(&str, &str)]| {
        let list: Vec<_> = list.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        Fields::from_list(&list)
    };
    report.push(match from_list(&[("accept", "text/plain"), ("accept", "text/html")]) {
        Ok(fields) => format!("from-list: {}", entries(&fields)),
        Err(error) => format!("from-list: {}", header_name(error)),
    });
    report.push(match from_list(&[("bad name", "x")]) {
        Ok(_) => "from-list invalid: ok".into(),
        Err(error) => format!("from-list invalid: {}", header_name(error)),
    });
    report.push(match from_list(&[("connection", "close")]) {
        Ok(_) => "from-list forbidden: ok".into(),
        Err(error) => format!("from-list forbidden: {}", header_name(error)),
    });
    report
}

pub fn outgoing_request() -> Vec<String> {
    let mut report = Vec::new();
    let fields = Fields::new();
    let _ = fields.append("x-probe", b"1");
    let request = OutgoingRequest::new(fields);
    report.push(format!("method: {:?}", request.method()));
    report.push(format!("set-method: {}", plain(request.set_method(&Method::Put))));
    report.push(format!("method: {:?}", request.method()));
    report.push(format!("set-method other: {}", plain(request.set_method(&Method::Other("PURGE".into())))));
    report.push(format!("method: {:?}", request.method()));
    report.push(format!("set-method invalid: {}", plain(request.set_method(&Method::Other("a b".into())))));
    report.push(format!("path-with-query: {:?}", request.path_with_query()));
    report.push(format!("set-path-with-query: {}", plain(request.set_path_with_query(Some("/a?b=c")))));
    report.push(format!("path-with-query: {:?}", request.path_with_query()));
    report.push(format!("set-path-with-query invalid: {}", plain(request.set_path_with_query(Some("/a b\n")))));
    report.push(format!("scheme: {:?}", request.scheme()));
    report.push(format!("set-scheme: {}", plain(request.set_scheme(Some(&Scheme::Https)))));
    report.push(format!("scheme: {:?}", request.scheme()));
    let invalid = Scheme::Other("a b".into());
    report.push(format!("set-scheme invalid: {}", plain(request.set_scheme(Some(&invalid)))));
    report.push(format!("authority: {:?}", request.authority()));
    report.push(format!("set-authority: {}", plain(request.set_authority(Some("example.com:8080")))));
    report.push(format!("authority: {:?}", request.authority()));
    report.push(format!("set-authority invalid: {}", plain(request.set_authority(Some("a b")))));
    let headers = request.headers();
    report.push(format!("headers: {}", entries(&headers)));
    report.push(format!("headers append: {}", done(headers.append("x-more", b"2"))));
    report.push(format!("headers set: {}", done(headers.set("x-probe", &[b"2".to_vec()]))));
    report.push(format!("headers delete: {}", done(headers.delete("x-probe"))));
    drop(headers);
    body(&mut report, request.body(), || request.body().is_ok());
    report
}

pub fn outgoing_response() -> Vec<String> {
    let mut report = Vec::new();
    let fields = Fields::new();
    let _ = fields.append("x-probe", b"1");
    let response = OutgoingResponse::new(fields);
    report.push(format!("status-code: {}", response.status_code()));
    report.push(format!("set-status-code: {}", plain(response.set_status_code(418))));
    report.push(format!("status-code: {}", response.status_code()));
    report.push(format!("set-status-code invalid: {}", plain(response.set_status_code(7))));
    report.push(format!("headers: {}", entries(&response.headers())));
    report.extend(sized());
    body(&mut report, response.body(), || response.body().is_ok());
    report
}

/// A response whose body is not as long as its header says.
fn sized() -> [String; 2] {
    let begin = || {
        let fields = Fields::new();
        let _ = fields.append("content-length", b"2");
        let response = OutgoingResponse::new(fields);
        let body = response.body().unwrap();
        let output = body.write().unwrap();
        // The body lives as long as its response.
        (response, body, output)
    };
    let (_response, _body, output) = begin();
    let long = match output.blocking_write_and_flush(b"abc") {
        Err(StreamError::LastOperationFailed(error)) => http_error_code(&error).map_or("no code".into(), name),
        other => format!("{other:?}"),
    };
    let (_response, body, output) = begin();
    drop(output);
    let short = OutgoingBody::finish(body, None).map_or_else(name, |()| "ok".into());
    [format!("write too much: {long}"), format!("finish too early: {short}")]
}

/// A body can be taken once, its stream too, and it ends with `finish`.
fn body(report: &mut Vec<String>, body: Result<OutgoingBody, ()>, again: impl Fn() -> bool) {
    let Ok(body) = body else {
        report.push("body: err".into());
        return;
    };
    report.push("body: ok".into());
    report.push(format!("body again: {}", if again() { "ok" } else { "err" }));
    match body.write() {
        Ok(_stream) => report.push("write: ok".into()),
        Err(()) => report.push("write: err".into()),
    }
    report.push(format!("write again: {}", if body.write().is_ok() { "ok" } else { "err" }));
    // Nobody reads this body, so that either answer is right: what counts is that there is one.
    report.push(match OutgoingBody::finish(body, None) {
        Ok(()) => "finish: ok".into(),
        Err(code) => format!("finish: {}", name(code)),
    });
}

pub fn request_options() -> Vec<String> {
    let mut report = Vec::new();
    let options = RequestOptions::new();
    let ms = |duration: Option<u64>| format!("{:?}", duration.map(|ns| ns / MILLISECOND));
    report.push(format!("connect-timeout: {}", ms(options.connect_timeout())));
    report.push(format!("set-connect-timeout: {}", plain(options.set_connect_timeout(Some(10 * MILLISECOND)))));
    report.push(format!("connect-timeout: {}", ms(options.connect_timeout())));
    report.push(format!("first-byte-timeout: {}", ms(options.first_byte_timeout())));
    report.push(format!("set-first-byte-timeout: {}", plain(options.set_first_byte_timeout(Some(20 * MILLISECOND)))));
    report.push(format!("first-byte-timeout: {}", ms(options.first_byte_timeout())));
    report.push(format!("between-bytes-timeout: {}", ms(options.between_bytes_timeout())));
    let set = options.set_between_bytes_timeout(Some(30 * MILLISECOND));
    report.push(format!("set-between-bytes-timeout: {}", plain(set)));
    report.push(format!("between-bytes-timeout: {}", ms(options.between_bytes_timeout())));
    report.push(format!("set-connect-timeout none: {}", plain(options.set_connect_timeout(None))));
    report.push(format!("connect-timeout: {}", ms(options.connect_timeout())));
    report
}
