//! Host names and address literals, in the one spelling that comparisons use.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use thiserror::Error;

/// The longest name that DNS can carry, in bytes, without the trailing dot.
const MAX_NAME: usize = 253;
/// The longest part between two dots, in bytes.
const MAX_LABEL: usize = 63;
/// The longest text that is looked at, in bytes: a name of [`MAX_NAME`] in any script is shorter.
const MAX_TEXT: usize = 4 * MAX_NAME;

/// A host as a guest or a rule writes it: a name or an address, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NetworkHost {
    /// A name in lower-case ASCII (`xn--` for other scripts) without a trailing dot. Not necessarily one that exists.
    Name(String),
    /// An address; an IPv4-mapped one is given as IPv4.
    Address(IpAddr),
}

/// Why a text is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkHostError {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// Longer than DNS can carry.
    #[error("it is longer than 253 bytes")]
    TooLong,
    /// A part between two dots is empty.
    #[error("there is nothing between two dots")]
    EmptyLabel,
    /// A part between two dots is longer than DNS can carry.
    #[error("a part of it is longer than 63 bytes")]
    LongLabel,
    /// Something other than letters, digits, `-`, `_` and dots.
    #[error("it holds {0:?}")]
    Character(char),
    /// Characters of other scripts that the rules for international names forbid.
    #[error("it is no valid international name")]
    International,
    /// `127.1`, `0x7f.1`, `010.0.0.1`, `1.2.3.400`: some resolvers read such a text as an address, each its own way.
    #[error("it ends in a number, but is no IPv4 address of four decimal numbers")]
    NumberForm,
    /// Not an IPv6 address, although it has the colons of one.
    #[error("it is no IPv6 address")]
    Ipv6,
    /// An IPv6 address with a zone, such as `fe80::1%eth0`.
    #[error("an IPv6 zone is not supported")]
    Zone,
}

impl NetworkHost {
    /// Reads `text`: a name (international ones are converted to ASCII), an IPv4 address of four decimal numbers, or an
    /// IPv6 address with or without brackets. One trailing dot is ignored, and so is the case.
    ///
    /// # Errors
    /// Any [`NetworkHostError`]. Texts over 1012 bytes are refused without a look at them.
    pub fn parse(text: &str) -> Result<Self, NetworkHostError> {
        if text.is_empty() {
            return Err(NetworkHostError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(NetworkHostError::TooLong);
        }
        if let Some(inner) = text.strip_prefix('[') {
            return inner.strip_suffix(']').ok_or(NetworkHostError::Ipv6).and_then(ipv6);
        }
        if text.contains(':') {
            return ipv6(text);
        }
        if text.is_ascii() {
            return ascii(text);
        }
        // The converter also decodes `%`, which no name may hold.
        if text.contains('%') {
            return Err(NetworkHostError::Character('%'));
        }
        match url::Host::parse(text) {
            Ok(url::Host::Domain(name)) => ascii(&name),
            Ok(url::Host::Ipv4(address)) => Ok(Self::Address(address.into())),
            Ok(url::Host::Ipv6(_)) | Err(_) => Err(NetworkHostError::International),
        }
    }

    /// The name, unless it is an address.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }
}

impl FromStr for NetworkHost {
    type Err = NetworkHostError;

    fn from_str(text: &str) -> Result<Self, NetworkHostError> {
        Self::parse(text)
    }
}

fn ipv6(text: &str) -> Result<NetworkHost, NetworkHostError> {
    if text.contains('%') {
        return Err(NetworkHostError::Zone);
    }
    let address: Ipv6Addr = text.parse().map_err(|_| NetworkHostError::Ipv6)?;
    Ok(NetworkHost::Address(IpAddr::V6(address).to_canonical()))
}

fn ascii(text: &str) -> Result<NetworkHost, NetworkHostError> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() {
        return Err(NetworkHostError::Empty);
    }
    if text.len() > MAX_NAME {
        return Err(NetworkHostError::TooLong);
    }
    let stray = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if let Some(stray) = text.chars().find(stray) {
        return Err(NetworkHostError::Character(stray));
    }
    for label in text.split('.') {
        match label.len() {
            0 => return Err(NetworkHostError::EmptyLabel),
            1..=MAX_LABEL => {}
            _ => return Err(NetworkHostError::LongLabel),
        }
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(NetworkHost::Address(address));
    }
    if ends_in_a_number(text) {
        return Err(NetworkHostError::NumberForm);
    }
    Ok(NetworkHost::Name(text.to_ascii_lowercase()))
}

/// As browsers decide whether a host is an IPv4 address: no real name ends this way, and resolvers disagree on what it
/// is.
fn ends_in_a_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or(text);
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|b| b.is_ascii_digit()) || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
