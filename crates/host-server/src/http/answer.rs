//! Responses of the server's own, and the status that an error has.

use super::OutBody;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use wippy_host_core::{Error, ErrorKind, Reason};

pub(super) const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A status with its name as text: nothing that tells of the host.
pub(super) fn plain(status: StatusCode) -> Response<OutBody> {
    text(status, status.canonical_reason().unwrap_or("Error").to_owned())
}

/// A status with text that is meant for the client.
pub(super) fn text(status: StatusCode, text: String) -> Response<OutBody> {
    let mut response = Response::new(OutBody::full(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}

/// The status for what ended a call. Limits of the entry are no fault of the client, and no reason to send less.
pub(super) fn status_of(error: &Error) -> StatusCode {
    match (error.kind(), error.reason()) {
        (ErrorKind::RateLimited, reason) if reason != Reason::Other => StatusCode::INTERNAL_SERVER_ERROR,
        // A grant that the entry lacks, and a variable that is not set, are the operator's affair.
        (ErrorKind::PermissionDenied, Reason::NotGranted) | (_, Reason::Setup) => StatusCode::INTERNAL_SERVER_ERROR,
        (kind, _) => status_of_kind(kind),
    }
}

pub(super) fn status_of_kind(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Invalid => StatusCode::BAD_REQUEST,
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::AlreadyExists | ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable | ErrorKind::Canceled => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The kind that a function means with a name of its own: `NotFound`, `not-found`, `not_found`.
pub(super) fn kind_named(name: &str) -> Option<ErrorKind> {
    const KINDS: [ErrorKind; 10] = [
        ErrorKind::NotFound,
        ErrorKind::AlreadyExists,
        ErrorKind::Invalid,
        ErrorKind::PermissionDenied,
        ErrorKind::Unavailable,
        ErrorKind::Internal,
        ErrorKind::Canceled,
        ErrorKind::Conflict,
        ErrorKind::Timeout,
        ErrorKind::RateLimited,
    ];
    let letters = || name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase());
    KINDS.into_iter().find(|kind| letters().eq(kind.as_str().chars().map(|c| c.to_ascii_lowercase())))
}
