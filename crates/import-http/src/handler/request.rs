//! A request as a guest is to see it.

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderName, TE};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Uri};
use http_body::Body;
use http_body_util::BodyExt;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{Error as WasiError, WasiBody};
use wippy_host_core::{Error, Result};

/// Why a request's body ends before its time. The guest sees a code of `wasi:http`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestBodyError {
    /// It is larger than the server takes: `HTTP-request-body-size`.
    #[error("the request body is larger than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The client sends nothing any more: `connection-read-timeout`.
    #[error("the client sent nothing of the request body for too long")]
    TimedOut,
    /// The connection broke off, or what came over it is no HTTP: `connection-terminated`.
    #[error("the request body broke off: {0}")]
    Broken(String),
}

impl From<std::convert::Infallible> for RequestBodyError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl RequestBodyError {
    fn into_wasi(self) -> WasiError {
        match self {
            Self::TooLarge { limit } => WasiError::HttpRequestBodySize(Some(limit)),
            Self::TimedOut => WasiError::ConnectionReadTimeout,
            Self::Broken(_) => WasiError::ConnectionTerminated,
        }
    }
}

/// The request without what belongs to the client's connection, its URI with an authority; and its scheme. What
/// Wasmtime withholds from guests (`host`, `connection`, `transfer-encoding` and their like) it withholds itself.
pub(super) fn prepared<B>(request: Request<B>) -> Result<(Request<WasiBody>, Scheme)>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<RequestBodyError>,
{
    let (mut head, body) = request.into_parts();
    let scheme = match head.uri.scheme_str() {
        Some("https") => Scheme::Https,
        Some("http") | None => Scheme::Http,
        Some(other) => Scheme::Other(other.to_owned()),
    };
    head.uri = absolute(&head.method, head.uri, &head.headers)?;
    for name in hop_by_hop(&head.headers) {
        head.headers.remove(name);
    }
    let body = body.map_err(|error| error.into().into_wasi()).boxed_unsync();
    Ok((Request::from_parts(head, body), scheme))
}

fn absolute(method: &Method, uri: Uri, headers: &HeaderMap) -> Result<Uri> {
    if uri.authority().is_some() {
        return Ok(uri);
    }
    let host = headers.get(HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let mut parts = uri.into_parts();
    parts.authority = Some(host.ok_or_else(|| Error::invalid("the request names no host"))?);
    parts.scheme.get_or_insert(http::uri::Scheme::HTTP);
    // `OPTIONS *` speaks of the server as a whole, and a URI with an authority cannot say that.
    if *method == Method::OPTIONS && parts.path_and_query.as_ref().is_some_and(|path| path.as_str() == "*") {
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
    }
    Uri::from_parts(parts).map_err(|error| Error::invalid(format!("the request has no usable URI: {error}")))
}

/// The fields that the client means for its connection alone: those that `connection` names, and `te`.
fn hop_by_hop(headers: &HeaderMap) -> Vec<HeaderName> {
    let named = headers.get_all(CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok());
    named.chain([TE]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Empty;

    fn request(uri: &str, fields: &[(&str, &str)]) -> Result<(Request<WasiBody>, Scheme)> {
        let builder = fields.iter().fold(Request::builder().uri(uri), |builder, (n, v)| builder.header(*n, *v));
        prepared(builder.body(Empty::new()).unwrap())
    }

    #[test]
    fn the_authority_comes_from_the_uri_or_else_from_host() {
        let (of_host, scheme) = request("/a?b", &[("host", "one.example:81")]).unwrap();
        assert_eq!(of_host.uri().to_string(), "http://one.example:81/a?b");
        assert!(matches!(scheme, Scheme::Http));
        let (of_uri, scheme) = request("https://two.example/a", &[("host", "one.example")]).unwrap();
        assert_eq!(of_uri.uri().authority().unwrap().as_str(), "two.example");
        assert!(matches!(scheme, Scheme::Https));
        assert!(request("/a", &[]).is_err());
        assert!(request("/a", &[("host", "one two")]).is_err());
    }

    #[test]
    fn fields_that_belong_to_the_connection_do_not_reach_the_guest() {
        let fields =
            [("host", "a"), ("connection", "x-one, X-Two"), ("x-one", "1"), ("x-two", "2"), ("te", "trailers")];
        let (request, _) = request("/", &[&fields[..], &[("x-three", "3")]].concat()).unwrap();
        let names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["host", "connection", "x-three"]);
    }
}
