//! What a redirect makes of a request.

use super::options::invalid;
use super::request::Outgoing;
use crate::errors::LuaError;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION};
use http::{HeaderMap, Method, StatusCode};

/// Redirects that one request follows.
pub(super) const MAX_REDIRECTS: usize = 10;

/// Turns the request into the one that the response asks for; whether it does.
pub(super) fn follow(outgoing: &mut Outgoing, status: StatusCode, headers: &HeaderMap) -> Result<bool, LuaError> {
    let keeps_body = match status {
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => outgoing.method != Method::POST,
        StatusCode::SEE_OTHER => false,
        _ => return Ok(false),
    };
    let Some(location) = headers.get(LOCATION) else { return Ok(false) };
    let location = String::from_utf8_lossy(location.as_bytes());
    let mut url = outgoing.url.join(&location).map_err(|error| {
        invalid(format!("{} redirects to {location:.256?}, which is no URL: {error}", outgoing.url))
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(format!("{} redirects to {location:.256?}, which is not followed", outgoing.url)));
    }
    url.set_fragment(None);
    if url.origin() != outgoing.url.origin() {
        outgoing.headers.remove(AUTHORIZATION);
        outgoing.headers.remove(COOKIE);
    }
    if !keeps_body {
        if outgoing.method != Method::HEAD {
            outgoing.method = Method::GET;
        }
        outgoing.body = Bytes::new();
        for field in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE] {
            outgoing.headers.remove(field);
        }
    }
    outgoing.url = url;
    Ok(true)
}
