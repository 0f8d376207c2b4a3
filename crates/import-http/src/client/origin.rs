//! From a request as the guest made it to a request as it goes out.

use std::fmt;
use std::sync::Arc;

use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Uri, Version};

use super::ClientError;

/// Where a request goes: scheme, host and port, as `https://host:port` without the scheme's own port. Connections are
/// shared between requests with the same origin.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin(Arc<str>);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
impl Origin {
    /// An origin for tests that need an error about one.
    pub(crate) fn named(text: &str) -> Self {
        Self(text.into())
    }
}

/// Header fields that speak of one connection, which is ours to manage. `host` is among them because the request's
/// URI says where it goes, and the policy judged that: a `host` that says otherwise would reach another virtual server.
/// HTTP/1 gets it from the URI, HTTP/2 has `:authority`.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::HOST,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
];

/// Checks the address and brings URI, version and header fields into the form that suits both protocols.
pub(super) fn prepare(parts: &mut Parts) -> Result<Origin, ClientError> {
    if parts.method == Method::CONNECT {
        return Err(ClientError::MethodUnsupported { method: parts.method.clone() });
    }
    let (scheme, authority) = destination(&parts.uri)?;
    let origin = Origin(format!("{scheme}://{authority}").into());
    let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    parts.uri = Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|error| invalid(format!("it is not a valid URI ({error})")))?;
    // ALPN decides the version of https, and http is HTTP/1.1; the request has no say.
    parts.version = Version::HTTP_11;
    strip_hop_by_hop(parts);
    Ok(origin)
}

/// The port that `uri`, prepared, means: its own or its scheme's.
pub(super) fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 })
}

/// The host that `uri` means, an IPv6 address without its brackets.
pub(super) fn host(uri: &Uri) -> &str {
    let host = uri.host().unwrap_or_default();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn destination(uri: &Uri) -> Result<(Scheme, Authority), ClientError> {
    let scheme = match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS => scheme.clone(),
        Some(scheme) => return Err(invalid(format!("its scheme is {scheme}; use http or https"))),
        None => return Err(invalid("it has no scheme; start it with http:// or https://")),
    };
    let authority = uri.authority().ok_or_else(|| invalid("it names no host"))?;
    if authority.as_str().contains('@') {
        // HTTP/2 forbids them on the wire and HTTP/1 has no place for them: they would be dropped without a word.
        return Err(invalid("it holds a user name; send credentials in an authorization header field"));
    }
    let host = authority.host().to_ascii_lowercase();
    if host.is_empty() {
        return Err(invalid("it names no host"));
    }
    // `Authority::port` answers "none" to a port that is out of range, which must not become the default port.
    let port = match authority.as_str().get(host.len()..).unwrap_or_default().trim_start_matches(':') {
        "" => None,
        text => match text.parse::<u16>() {
            Ok(port) if port > 0 => Some(port),
            _ => return Err(invalid(format!("{text} is not a port; ports are 1 to 65535"))),
        },
    };
    let default = if scheme == Scheme::HTTPS { 443 } else { 80 };
    let text = match port {
        Some(port) if port != default => format!("{host}:{port}"),
        _ => host,
    };
    let authority =
        text.parse().map_err(|error| invalid(format!("{text} is not a host with an optional port ({error})")))?;
    Ok((scheme, authority))
}

fn invalid(problem: impl Into<String>) -> ClientError {
    ClientError::UriInvalid { problem: problem.into() }
}

fn strip_hop_by_hop(parts: &mut Parts) {
    let named: Vec<HeaderName> = parts
        .headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // Naming `te` is how HTTP/1 asks for trailers, which we pass on.
        .filter(|name| *name != header::TE)
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        parts.headers.remove(name);
    }
    // `te: trailers` is the one value that HTTP/2 knows, and the one that we can answer for: hyper decodes no other.
    if parts.headers.contains_key(header::TE) {
        let trailers = parts
            .headers
            .get_all(header::TE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("trailers")));
        parts.headers.remove(header::TE);
        if trailers {
            parts.headers.insert(header::TE, HeaderValue::from_static("trailers"));
        }
    }
}
