//! Requests and their responses.

use crate::wasi::http::outgoing_handler;
use crate::wasi::http::types::{
    http_error_code, FutureIncomingResponse, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use crate::wasi::io::poll::{poll, Pollable};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::{fields_of, name, pairs_of, Answer, Pairs, Request, Response};

const MILLISECOND: u64 = 1_000_000;

pub fn get(url: String) -> Answer<Response> {
    send(&bare("GET", url))
}

fn bare(method: &str, url: String) -> Request {
    Request {
        method: method.into(),
        url,
        headers: Vec::new(),
        body: Vec::new(),
        trailers: Vec::new(),
        connect_timeout: None,
        first_byte_timeout: None,
        between_bytes_timeout: None,
    }
}

pub fn send(request: &Request) -> Answer<Response> {
    let outgoing = prepare(request)?;
    let body = outgoing.body().map_err(|()| "outgoing-request.body: err")?;
    let pending = outgoing_handler::handle(outgoing, options(request)?).map_err(name)?;
    // A request that has failed already has nobody to read its body: the response says why.
    let sent = upload(body, &request.body, &request.trailers);
    let response = arrived(&pending)?;
    sent?;
    download(&response)
}

fn prepare(request: &Request) -> Answer<OutgoingRequest> {
    let outgoing = OutgoingRequest::new(fields_of(&request.headers)?);
    let (scheme, rest) = request.url.split_once("://").ok_or(format!("not a URL: {}", request.url))?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.into()),
    };
    outgoing.set_method(&method(&request.method)).map_err(|()| "set-method: err")?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| "set-scheme: err")?;
    outgoing.set_authority(Some(authority)).map_err(|()| "set-authority: err")?;
    outgoing.set_path_with_query(Some(path)).map_err(|()| "set-path-with-query: err")?;
    Ok(outgoing)
}

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.into()),
    }
}

fn options(request: &Request) -> Answer<Option<RequestOptions>> {
    let wanted = [request.connect_timeout, request.first_byte_timeout, request.between_bytes_timeout];
    if wanted == [None; 3] {
        return Ok(None);
    }
    let options = RequestOptions::new();
    let [connect, first_byte, between_bytes] = wanted.map(|ms| ms.map(|ms| ms.saturating_mul(MILLISECOND)));
    options.set_connect_timeout(connect).map_err(|()| "set-connect-timeout: err")?;
    options.set_first_byte_timeout(first_byte).map_err(|()| "set-first-byte-timeout: err")?;
    options.set_between_bytes_timeout(between_bytes).map_err(|()| "set-between-bytes-timeout: err")?;
    Ok(Some(options))
}

fn upload(body: OutgoingBody, chunks: &[String], trailers: &Pairs) -> Answer<()> {
    let output = body.write().map_err(|()| "outgoing-body.write: err")?;
    for chunk in chunks {
        write(&output, chunk)?;
    }
    drop(output);
    let trailers = if trailers.is_empty() { None } else { Some(fields_of(trailers)?) };
    OutgoingBody::finish(body, trailers).map_err(|code| format!("finish: {}", name(code)))
}

fn write(output: &OutputStream, text: &str) -> Answer<()> {
    let mut parts = text.as_bytes().chunks(4096);
    parts
        .try_for_each(|part| output.blocking_write_and_flush(part))
        .map_err(|error| format!("write: {}", stream(error)))
}

fn stream(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(error) => match http_error_code(&error) {
            Some(code) => name(code),
            None => error.to_debug_string(),
        },
    }
}

fn arrived(pending: &FutureIncomingResponse) -> Answer<IncomingResponse> {
    pending.subscribe().block();
    let response = pending.get().ok_or("no response although it was announced")?;
    response.map_err(|()| "the response was already taken")?.map_err(name)
}

fn download(response: &IncomingResponse) -> Answer<Response> {
    let (status, headers) = (response.status(), pairs_of(&response.headers()));
    let body = response.consume().map_err(|()| "consume: err")?;
    let input = body.stream().map_err(|()| "stream: err")?;
    let mut bytes = Vec::new();
    loop {
        match input.blocking_read(64 * 1024) {
            Ok(more) => bytes.extend(more),
            Err(StreamError::Closed) => break,
            Err(error) => return Err(format!("read: {}", stream(error))),
        }
    }
    drop(input);
    let future = IncomingBody::finish(body);
    future.subscribe().block();
    let trailers = future.get().ok_or("no trailers although they were announced")?;
    let trailers = trailers.map_err(|()| "the trailers were already taken")?.map_err(name)?;
    Ok(Response {
        status,
        headers,
        body: String::from_utf8(bytes).map_err(|error| error.to_string())?,
        trailers: trailers.as_ref().map(pairs_of),
    })
}

pub fn converse(url: &str, chunks: &[String]) -> Answer<Vec<String>> {
    let outgoing = prepare(&bare("POST", url.into()))?;
    let body = outgoing.body().map_err(|()| "outgoing-request.body: err")?;
    let pending = outgoing_handler::handle(outgoing, None).map_err(name)?;
    let output = body.write().map_err(|()| "outgoing-body.write: err")?;
    let mut chunks = chunks.iter();
    let mut answers = Vec::new();
    // The server may answer only once it has seen something.
    let first = chunks.next().ok_or("no chunks")?;
    write(&output, first)?;
    let response = arrived(&pending)?;
    let incoming = response.consume().map_err(|()| "consume: err")?;
    let input = incoming.stream().map_err(|()| "stream: err")?;
    answers.push(read_exactly(&input, first.len())?);
    for chunk in chunks {
        write(&output, chunk)?;
        answers.push(read_exactly(&input, chunk.len())?);
    }
    drop(output);
    OutgoingBody::finish(body, None).map_err(|code| format!("finish: {}", name(code)))?;
    match input.blocking_read(1) {
        Err(StreamError::Closed) => Ok(answers),
        Err(error) => Err(format!("read: {}", stream(error))),
        Ok(bytes) => Err(format!("{} bytes more than were sent", bytes.len())),
    }
}

fn read_exactly(input: &InputStream, count: usize) -> Answer<String> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let more = input.blocking_read((count - bytes.len()) as u64);
        bytes.extend(more.map_err(|error| format!("read: {}", stream(error)))?);
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

pub fn pour(url: String, first_byte_timeout: u64) -> (u64, Answer<Response>) {
    let mut taken = 0;
    let answer = pour_into(url, first_byte_timeout, &mut taken);
    (taken, answer)
}

fn pour_into(url: String, first_byte_timeout: u64, taken: &mut u64) -> Answer<Response> {
    let request = Request { first_byte_timeout: Some(first_byte_timeout), ..bare("POST", url) };
    let outgoing = prepare(&request)?;
    let body = outgoing.body().map_err(|()| "outgoing-request.body: err")?;
    let pending = outgoing_handler::handle(outgoing, options(&request)?).map_err(name)?;
    let output = body.write().map_err(|()| "outgoing-body.write: err")?;
    while output.blocking_write_and_flush(&[b'x'; 4096]).is_ok() {
        *taken += 4096;
    }
    drop(output);
    download(&arrived(&pending)?)
}

pub fn get_together(urls: Vec<String>) -> Vec<Answer<u16>> {
    let start = |url: String| {
        let outgoing = prepare(&bare("GET", url))?;
        outgoing_handler::handle(outgoing, None).map_err(name)
    };
    let pending: Vec<Answer<FutureIncomingResponse>> = urls.into_iter().map(start).collect();
    let mut waiting: Vec<Pollable> = pending.iter().flatten().map(|future| future.subscribe()).collect();
    while !waiting.is_empty() {
        let ready = poll(&waiting.iter().collect::<Vec<_>>());
        let mut index = 0;
        waiting.retain(|_| {
            index += 1;
            !ready.contains(&(index - 1))
        });
    }
    pending
        .into_iter()
        .map(|future| future.and_then(|future| arrived(&future)).map(|response| response.status()))
        .collect()
}

pub fn broken(url: String) -> Answer<String> {
    let outgoing = prepare(&bare("GET", url))?;
    let pending = outgoing_handler::handle(outgoing, None).map_err(name)?;
    let response = arrived(&pending)?;
    let body = response.consume().map_err(|()| "consume: err")?;
    let input = body.stream().map_err(|()| "stream: err")?;
    loop {
        match input.blocking_read(4096) {
            Ok(_) => {}
            Err(StreamError::Closed) => return Err("the body ended as it should".into()),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = http_error_code(&error).ok_or(format!("no HTTP error code: {}", error.to_debug_string()))?;
                return Ok(name(code));
            }
        }
    }
}

/// A body is had once, and its stream too.
pub fn consume_twice(url: String) -> Answer<Vec<String>> {
    let outgoing = prepare(&bare("GET", url))?;
    let pending = outgoing_handler::handle(outgoing, None).map_err(name)?;
    let response = arrived(&pending)?;
    let body = response.consume();
    let again = response.consume().map_or("err", |_| "ok");
    let body = body.map_err(|()| "incoming-response.consume: err")?;
    let stream = body.stream();
    let stream_again = body.stream().map_or("err", |_| "ok");
    stream.map_err(|()| "incoming-body.stream: err")?;
    Ok(vec![format!("consume again: {again}"), format!("stream again: {stream_again}")])
}
