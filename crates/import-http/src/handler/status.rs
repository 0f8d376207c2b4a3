//! A response for a guest that answered with an error code.

use super::ResponseBody;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use wasmtime_wasi_http::Error as ErrorCode;

/// The status that fits the code, and no more than its name: what a code carries is for the log.
pub(super) fn response(entry: &str, code: &ErrorCode) -> Response<ResponseBody> {
    let status = of(code);
    tracing::warn!(entry, ?code, status = status.as_u16(), "the guest answered with an error code");
    let mut response = Response::new(ResponseBody::text(status.canonical_reason().unwrap_or("Error")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Codes about the request are the client's affair, codes about an upstream the gateway's, the rest ours.
fn of(code: &ErrorCode) -> StatusCode {
    match code {
        ErrorCode::HttpRequestDenied => StatusCode::FORBIDDEN,
        ErrorCode::HttpRequestLengthRequired => StatusCode::LENGTH_REQUIRED,
        ErrorCode::HttpRequestBodySize(_) => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::HttpRequestMethodInvalid => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::HttpRequestUriInvalid => StatusCode::BAD_REQUEST,
        ErrorCode::HttpRequestUriTooLong => StatusCode::URI_TOO_LONG,
        ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize { .. }
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::ConnectionLimitReached => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::LoopDetected => StatusCode::LOOP_DETECTED,
        ErrorCode::ConfigurationError | ErrorCode::InternalError(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_GATEWAY,
    }
}
