//! The exchange rate, over `wasi:http`.

use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::streams::StreamError;
use serde::Deserialize;

const SECOND: u64 = 1_000_000_000;
/// No rate is longer; a server that sends more is not the rates server.
const MAX_BODY: usize = 64 * 1024;

#[derive(Deserialize)]
struct Answer {
    rate: f64,
}

/// What one euro costs in `currency`.
pub fn fetch(address: &str, key: &str, currency: &str) -> Result<f64, String> {
    let url = format!("http://{address}/rate?to={currency}");
    let (status, body) =
        get(address, &format!("/rate?to={currency}"), key).map_err(|why| format!("GET {url}: {why}"))?;
    match status {
        200 => {}
        401 => return Err(format!("GET {url}: the API key was refused (status 401)")),
        404 => return Err(format!("GET {url}: no rate for {currency} (status 404)")),
        _ => return Err(format!("GET {url}: status {status}: {}", String::from_utf8_lossy(&body))),
    }
    let answer: Answer =
        serde_json::from_slice(&body).map_err(|error| format!("GET {url}: the answer is not a rate: {error}"))?;
    if !answer.rate.is_finite() || answer.rate <= 0.0 {
        return Err(format!("GET {url}: a rate of {} makes no sense", answer.rate));
    }
    Ok(answer.rate)
}

fn get(authority: &str, path: &str, key: &str) -> Result<(u16, Vec<u8>), String> {
    let headers = Fields::from_list(&[
        ("accept".into(), b"application/json".to_vec()),
        ("x-api-key".into(), key.as_bytes().to_vec()),
    ])
    .map_err(|error| format!("the API key cannot be a header value: {error}"))?;
    let request = OutgoingRequest::new(headers);
    request.set_scheme(Some(&Scheme::Http)).map_err(|()| "the scheme was refused".to_owned())?;
    request.set_authority(Some(authority)).map_err(|()| format!("not an address: {authority}"))?;
    request.set_path_with_query(Some(path)).map_err(|()| format!("not a path: {path}"))?;

    let options = RequestOptions::new();
    for set in [RequestOptions::set_connect_timeout, RequestOptions::set_first_byte_timeout] {
        set(&options, Some(5 * SECOND)).map_err(|()| "timeouts are not supported".to_owned())?;
    }
    let pending = outgoing_handler::handle(request, Some(options)).map_err(name)?;
    pending.subscribe().block();
    let response = pending
        .get()
        .ok_or("no response although it was announced")?
        .map_err(|()| "the response was already taken")?
        .map_err(name)?;
    Ok((response.status(), body(&response)?))
}

/// `ConnectionRefused`, with its payload where it has one.
fn name(code: ErrorCode) -> String {
    code.to_string().replace("ErrorCode::", "")
}

fn body(response: &IncomingResponse) -> Result<Vec<u8>, String> {
    let body: IncomingBody = response.consume().map_err(|()| "the body was already taken")?;
    let stream = body.stream().map_err(|()| "the body was already read")?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(16 * 1024) {
            Ok(chunk) => bytes.extend(chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(format!("the body broke off: {}", error.to_debug_string()));
            }
        }
        if bytes.len() > MAX_BODY {
            return Err(format!("the body is longer than {MAX_BODY} bytes"));
        }
    }
}
