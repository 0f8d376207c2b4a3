//! `http.service`: an address that is listened on.

use super::fields::Fields;
use super::lifecycle;
use super::limits::limit;
use super::problem::quoted;
use super::source::Located;
use super::{application_path, duration};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// An `http.service`. What it does not say has the host's default.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpService {
    /// Where it listens.
    pub addr: Located<ListenAddress>,
    /// How long it waits.
    pub timeouts: HttpTimeouts,
    /// Whether it starts with `run <app>`. Default: yes.
    pub auto_start: Option<Located<bool>>,
    /// The certificate that it shows. None: plain HTTP.
    pub tls: Option<HttpTls>,
    /// What a client may use up.
    pub limits: HttpLimits,
}

/// Where a service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenAddress {
    /// An IP address (an IPv6 one without brackets) or a name of this machine. None: every address.
    pub host: Option<String>,
    /// The port; 0 stands for any that is free.
    pub port: u16,
}

/// The times that a service waits; 0 stands for no limit.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HttpTimeouts {
    /// For a whole request.
    pub read: Option<Located<Duration>>,
    /// For a whole response.
    pub write: Option<Located<Duration>>,
    /// For the next request on a connection.
    pub idle: Option<Located<Duration>>,
    /// For the header of a request.
    pub header: Option<Located<Duration>>,
}

/// PEM files, relative to the application's root and below it. That they exist is not checked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpTls {
    /// The chain of certificates.
    pub certificate: Located<PathBuf>,
    /// The private key.
    pub key: Located<PathBuf>,
}

/// What a client may use up, each from 1.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HttpLimits {
    /// Request line and header fields, in bytes.
    pub max_header_bytes: Option<Located<u64>>,
    /// The body of a request, in bytes.
    pub max_body_bytes: Option<Located<u64>>,
    /// Connections at once.
    pub max_connections: Option<Located<u64>>,
}

pub(super) const KEYS: &[&str] = &["addr", "kind", "lifecycle", "limits", "meta", "name", "timeouts", "tls"];

pub(super) const TIMEOUT_KEYS: &[&str] = &["header", "idle", "read", "write"];
pub(super) const TLS_KEYS: &[&str] = &["certificate", "key"];
pub(super) const LIMIT_KEYS: &[&str] = &["max_body_bytes", "max_connections", "max_header_bytes"];

pub(super) fn read(fields: &Fields<'_>) -> Option<HttpService> {
    let addr = address(fields);
    let timeouts = timeouts(fields);
    let auto_start = lifecycle::auto_start(fields);
    let tls = tls(fields);
    let limits = limits(fields);
    Some(HttpService { addr: addr?, timeouts, auto_start, tls, limits })
}

fn address(fields: &Fields<'_>) -> Option<Located<ListenAddress>> {
    let text = fields.required_text("addr")?;
    match parse(&text.value) {
        Some(address) => Some(text.map(|_| address)),
        None => {
            let message = format!("`addr` must be an address with a port, found {}", quoted(&text.value));
            fields.error(&text.span, message, "write `addr: \":8080\"`, or `addr: \"127.0.0.1:8080\"`");
            None
        }
    }
}

fn parse(text: &str) -> Option<ListenAddress> {
    let (host, port) = text.rsplit_once(':')?;
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let port = port.parse().ok()?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let valid = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().map_or_else(|_| is_name(host), |address| address.is_ipv4()),
    };
    let host = bracketed.unwrap_or(host);
    valid.then(|| ListenAddress { host: (!host.is_empty()).then(|| host.to_owned()), port })
}

/// A host name, or nothing. What looks like a number is a slip in an address.
fn is_name(host: &str) -> bool {
    let allowed = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    host.is_empty() || (allowed && host.len() <= 253 && host.contains(|c: char| c.is_ascii_alphabetic()))
}

fn timeouts(fields: &Fields<'_>) -> HttpTimeouts {
    let Some(timeouts) = fields.nested("timeouts", "timeouts.") else { return HttpTimeouts::default() };
    timeouts.check_keys(TIMEOUT_KEYS, &[]);
    HttpTimeouts {
        read: duration::read(&timeouts, "read"),
        write: duration::read(&timeouts, "write"),
        idle: duration::read(&timeouts, "idle"),
        header: duration::read(&timeouts, "header"),
    }
}

fn tls(fields: &Fields<'_>) -> Option<HttpTls> {
    let tls = fields.nested("tls", "tls.")?;
    tls.check_keys(TLS_KEYS, &[]);
    let certificate = application_path::required(&tls, "certificate");
    let key = application_path::required(&tls, "key");
    Some(HttpTls { certificate: certificate?, key: key? })
}

fn limits(fields: &Fields<'_>) -> HttpLimits {
    let Some(limits) = fields.nested("limits", "limits.") else { return HttpLimits::default() };
    limits.check_keys(LIMIT_KEYS, &[]);
    HttpLimits {
        max_header_bytes: limit(&limits, "max_header_bytes", 1),
        max_body_bytes: limit(&limits, "max_body_bytes", 1),
        max_connections: limit(&limits, "max_connections", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{ListenAddress, parse};

    #[test]
    fn an_address_has_a_port_and_may_have_a_host() {
        let address = |host: Option<&str>, port| Some(ListenAddress { host: host.map(str::to_owned), port });
        assert_eq!(parse(":8080"), address(None, 8080));
        assert_eq!(parse("127.0.0.1:0"), address(Some("127.0.0.1"), 0));
        assert_eq!(parse("[::1]:80"), address(Some("::1"), 80));
        assert_eq!(parse("localhost:80"), address(Some("localhost"), 80));
        for text in ["8080", "", ":", ":http", ":+80", "::1:80", "[::1]", "[::1:80", "1.2.3:80", "a b:80", ":65536"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
