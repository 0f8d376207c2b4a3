//! The parts of a message, without sending it.

use crate::wasi::http::types::{ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme, Trailers};
use crate::{done, entries, name, wit_future, wit_stream};
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

const MILLISECOND: u64 = 1_000_000;

pub type Contents = StreamReader<u8>;
pub type Ending = FutureReader<Result<Option<Trailers>, ErrorCode>>;

fn values(values: Vec<Vec<u8>>) -> String {
    values.iter().map(|value| value.escape_ascii().to_string()).collect::<Vec<_>>().join(", ")
}

pub fn fields() -> Vec<String> {
    let mut report = Vec::new();
    let fields = Fields::new();
    report.push(format!("new: {} entries", fields.copy_all().len()));
    report.push(format!("set: {}", done(fields.set("x-one", &[b"1".to_vec(), b"2".to_vec()]))));
    report.push(format!("append: {}", done(fields.append("x-one", b"3"))));
    report.push(format!("get: {}", values(fields.get("X-One"))));
    report.push(format!("has: {} {}", fields.has("x-one"), fields.has("x-two")));
    let copy = fields.clone();
    report.push(format!("get-and-delete: {}", fields.get_and_delete("x-one").map_or_else(name, values)));
    report.push(format!("copy-all: {} entries", fields.copy_all().len()));
    report.push(format!("delete: {}", done(copy.clone().delete("x-one"))));
    report.push(format!("clone: {}", entries(&copy)));
    report.push(format!("append invalid: {}", done(fields.append("not a name", b"1"))));
    report.push(format!("append invalid value: {}", done(fields.append("x-two", b"a\nb"))));
    report.push(format!("append forbidden: {}", done(fields.append("connection", b"close"))));
    report.push(format!("set invalid: {}", done(fields.set("not a name", &[]))));
    report.push(format!("set forbidden: {}", done(fields.set("host", &[b"a".to_vec()]))));
    report.push(format!("delete invalid: {}", done(fields.delete("not a name"))));
    report.push(format!("get-and-delete invalid: {}", done(fields.get_and_delete("not a name"))));
    let from_list = |list: &[(&str, &str)]| {
        let list: Vec<_> = list.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        Fields::from_list(&list).map_or_else(name, |fields| entries(&fields))
    };
    report.push(format!("from-list: {}", from_list(&[("accept", "text/plain"), ("accept", "text/html")])));
    report.push(format!("from-list invalid: {}", from_list(&[("bad name", "x")])));
    report.push(format!("from-list forbidden: {}", from_list(&[("transfer-encoding", "chunked")])));
    report
}

pub fn request_options() -> Vec<String> {
    let mut report = Vec::new();
    let options = RequestOptions::new();
    let ms = |duration: Option<u64>| format!("{:?}", duration.map(|ns| ns / MILLISECOND));
    report.push(format!("get-connect-timeout: {}", ms(options.get_connect_timeout())));
    report.push(format!("set-connect-timeout: {}", done(options.set_connect_timeout(Some(10 * MILLISECOND)))));
    report.push(format!("get-connect-timeout: {}", ms(options.get_connect_timeout())));
    report.push(format!("set-first-byte-timeout: {}", done(options.set_first_byte_timeout(Some(20 * MILLISECOND)))));
    report.push(format!("get-first-byte-timeout: {}", ms(options.get_first_byte_timeout())));
    let set = options.set_between_bytes_timeout(Some(30 * MILLISECOND));
    report.push(format!("set-between-bytes-timeout: {}", done(set)));
    report.push(format!("get-between-bytes-timeout: {}", ms(options.get_between_bytes_timeout())));
    let copy = options.clone();
    report.push(format!("set-connect-timeout none: {}", done(options.set_connect_timeout(None))));
    report.push(format!("get-connect-timeout: {}", ms(options.get_connect_timeout())));
    report.push(format!("clone: {}", ms(copy.get_connect_timeout())));
    report
}

/// A body of these bytes, with trailers behind it.
pub fn body(text: String) -> (Contents, Ending) {
    let (mut sender, contents) = wit_stream::new();
    let (ending, trailers) = wit_future::new(|| Ok(None));
    wit_bindgen::spawn_local(async move {
        sender.write_all(text.into_bytes()).await;
        drop(sender);
        let fields = Fields::new();
        let _ = fields.append("x-sum", b"42");
        let _ = ending.write(Ok(Some(fields))).await;
    });
    (contents, trailers)
}

/// The bytes and the trailers of a message.
pub async fn read((contents, trailers): (Contents, Ending)) -> (String, String) {
    let bytes = contents.collect().await;
    let trailers = match trailers.await {
        Ok(Some(fields)) => entries(&fields),
        Ok(None) => "none".to_owned(),
        Err(code) => name(code),
    };
    (String::from_utf8_lossy(&bytes).into_owned(), trailers)
}

fn probe() -> Fields {
    let fields = Fields::new();
    let _ = fields.append("x-probe", b"1");
    fields
}

pub async fn request() -> Vec<String> {
    let mut report = Vec::new();
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(10 * MILLISECOND));
    let (contents, trailers) = body("text".to_owned());
    let (request, _sent) = Request::new(probe(), Some(contents), trailers, Some(options));
    report.push(format!("get-method: {}", name(request.get_method())));
    report.push(format!("set-method: {}", done(request.set_method(&Method::Put))));
    report.push(format!("get-method: {}", name(request.get_method())));
    report.push(format!("set-method invalid: {}", done(request.set_method(&Method::Other("a b".into())))));
    report.push(format!("get-path-with-query: {:?}", request.get_path_with_query()));
    report.push(format!("set-path-with-query: {}", done(request.set_path_with_query(Some("/a?b=c")))));
    report.push(format!("get-path-with-query: {:?}", request.get_path_with_query()));
    report.push(format!("set-path-with-query invalid: {}", done(request.set_path_with_query(Some("/a b\n")))));
    report.push(format!("set-scheme: {}", done(request.set_scheme(Some(&Scheme::Https)))));
    report.push(format!("get-scheme: {}", request.get_scheme().map_or_else(|| "none".to_owned(), name)));
    report.push(format!("set-scheme invalid: {}", done(request.set_scheme(Some(&Scheme::Other("a b".into()))))));
    report.push(format!("set-authority: {}", done(request.set_authority(Some("example.com:8080")))));
    report.push(format!("get-authority: {:?}", request.get_authority()));
    report.push(format!("set-authority invalid: {}", done(request.set_authority(Some("a b")))));
    let options = request.get_options();
    let timeout = options.as_ref().and_then(RequestOptions::get_connect_timeout);
    report.push(format!("get-options: {:?}", timeout.map(|ns| ns / MILLISECOND)));
    if let Some(options) = options {
        report.push(format!("set-connect-timeout: {}", done(options.set_connect_timeout(None))));
        report.push(format!("set-first-byte-timeout: {}", done(options.set_first_byte_timeout(None))));
        report.push(format!("set-between-bytes-timeout: {}", done(options.set_between_bytes_timeout(None))));
    }
    report.extend(kept(&request.get_headers()));
    let (result, read_to_end) = wit_future::new(|| Ok(()));
    drop(result);
    // The trailers are this component's own future, which it may not read.
    let (contents, _trailers) = Request::consume_body(request, read_to_end);
    report.push(format!("consume-body: {}", contents.collect().await.escape_ascii()));
    report
}

/// The headers of a message, which cannot be changed any more.
fn kept(headers: &Fields) -> Vec<String> {
    vec![
        format!("get-headers: {}", entries(headers)),
        format!("append: {}", done(headers.append("x-more", b"2"))),
        format!("set: {}", done(headers.set("x-probe", &[]))),
        format!("delete: {}", done(headers.delete("x-probe"))),
        format!("get-and-delete: {}", done(headers.get_and_delete("x-probe"))),
    ]
}

pub async fn response() -> Vec<String> {
    let mut report = Vec::new();
    let (contents, trailers) = body("text".to_owned());
    let (response, _sent) = Response::new(probe(), Some(contents), trailers);
    report.push(format!("get-status-code: {}", response.get_status_code()));
    report.push(format!("set-status-code: {}", done(response.set_status_code(418))));
    report.push(format!("get-status-code: {}", response.get_status_code()));
    report.push(format!("set-status-code invalid: {}", done(response.set_status_code(7))));
    report.extend(kept(&response.get_headers()));
    let (result, read_to_end) = wit_future::new(|| Ok(()));
    drop(result);
    let (contents, _trailers) = Response::consume_body(response, read_to_end);
    report.push(format!("consume-body: {}", contents.collect().await.escape_ascii()));
    report
}
