//! Decisions and their words.

use super::{AddressClass, NetworkUse};
use serde::{Serialize, Serializer};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Where the `allow` list was written, which is where a denial says to add a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AllowSource {
    /// `wasi.network.allow` of an entry.
    #[default]
    Entry,
    /// `--allow` options of a command.
    CommandLine,
}

impl AllowSource {
    fn name(self) -> &'static str {
        match self {
            Self::Entry => "wasi.network.allow",
            Self::CommandLine => "--allow",
        }
    }
}

/// The answer to one question: there is no third.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[must_use]
pub enum Decision {
    /// Go ahead.
    Allow,
    /// The guest gets its interface's access-denied error, the log gets this.
    Deny(Denial),
}

impl Decision {
    /// Whether this is [`Decision::Allow`].
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow)
    }

    /// The decision for the `?` operator.
    ///
    /// # Errors
    /// The [`Denial`], where it is one.
    pub fn into_result(self) -> Result<(), Denial> {
        match self {
            Self::Allow => Ok(()),
            Self::Deny(denial) => Err(denial),
        }
    }
}

/// What was denied, why, and the item that would allow it.
///
/// Displayed: `entry demo:report: denied tcp connect to 127.0.0.1:5432 (loopback address, not named by
/// wasi.network.allow); add "127.0.0.1:5432" to its wasi.network.allow`. Every text that a guest chose is either a host
/// name of plain ASCII or quoted and cut, so that it can be written to a log or a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Denial {
    /// The entry that asked; set by [`NetworkGuard`](super::NetworkGuard).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "entry_text")]
    pub entry: Option<Arc<str>>,
    /// The use and its target, such as `tcp connect to 127.0.0.1:5432`.
    pub what: String,
    /// Why, such as `loopback address, not named by wasi.network.allow`.
    pub reason: String,
    /// The item to add to `allow`. None where none would help: a text that is no host name, or an embedder's own
    /// policy.
    pub line: Option<String>,
    /// Where to add it.
    pub source: AllowSource,
    /// Whether the entry has no `allow` list yet. The first item makes one, and from then on only what it names is
    /// reached, public addresses and lookups included.
    pub starts_list: bool,
}

impl Denial {
    /// A denial of an embedder's own, with nothing that could be added to `allow`.
    pub fn new(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            entry: None,
            what: what.into(),
            reason: reason.into(),
            line: None,
            source: AllowSource::Entry,
            starts_list: false,
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.entry, self.source) {
            (Some(entry), AllowSource::Entry) => write!(f, "entry {entry}: ")?,
            (Some(entry), AllowSource::CommandLine) => write!(f, "{entry}: ")?,
            (None, _) => {}
        }
        write!(f, "denied {} ({})", self.what, self.reason)?;
        match (&self.line, self.source) {
            (None, _) => Ok(()),
            (Some(line), AllowSource::Entry) => write!(f, "; add \"{line}\" to its wasi.network.allow"),
            (Some(line), AllowSource::CommandLine) => write!(f, "; add --allow \"{line}\""),
        }
    }
}

impl std::error::Error for Denial {}

/// Serde implements `Serialize` for an `Arc` only with a feature that would then be on for everyone.
fn entry_text<S: Serializer>(entry: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    entry.as_deref().serialize(serializer)
}

/// Why the rules refuse, before it is put into words: most refusals of an address are overruled by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The class of the address; `None` for a name.
    pub(super) class: Option<AddressClass>,
    pub(super) cause: Cause,
}

/// Ordered: where several items come close, the greatest is the most helpful to name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    NotNamed,
    OtherPorts,
    /// A name rule matches, but the address is not public.
    OnlyByAddress,
    /// The address lies in the network of this item, which does not open its class.
    Withheld(String),
}

impl Refusal {
    pub(super) fn reason(&self, source: AllowSource) -> String {
        let list = source.name();
        let class = self.class.filter(|class| !class.is_public());
        let before = class.map(|class| format!("{class}, ")).unwrap_or_default();
        match &self.cause {
            Cause::NotNamed => format!("{before}not named by {list}"),
            Cause::OtherPorts => format!("{before}named by {list} for other ports only"),
            Cause::OnlyByAddress => format!("{before}which no name opens"),
            Cause::Withheld(_) if class == Some(AddressClass::Metadata) => {
                format!("{before}which opens by itself alone, not as part of a network")
            }
            Cause::Withheld(item) => format!("{before}and \"{item}\" opens public addresses only"),
        }
    }
}

/// `tcp connect to db.example.com:5432 at 10.0.0.7`.
pub(super) fn what(action: NetworkUse, name: Option<&str>, addr: SocketAddr) -> String {
    let (ip, port) = (addr.ip(), addr.port());
    match name.filter(|_| !action.is_local()) {
        Some(name) => format!("{action} {name}:{port} at {ip}"),
        None => format!("{action} {}", with_port(ip, &port.to_string())),
    }
}

/// The item that would permit it.
pub(super) fn line(action: NetworkUse, name: Option<&str>, addr: SocketAddr, class: Option<AddressClass>) -> String {
    let ip = addr.ip();
    // Port 0 asks the system for any port. A listener on the unspecified address got there by the free bind to port 0:
    // the port that it has now is another one the next time.
    let any = addr.port() == 0 || (action == NetworkUse::Listen && ip.is_unspecified());
    let port = if any { "*".to_owned() } else { addr.port().to_string() };
    let helps = |name: &&str| match *name {
        "localhost" => ip.is_loopback(),
        _ => class.is_some_and(AddressClass::is_public),
    };
    match name.filter(|_| !action.is_local()).filter(helps) {
        Some(name) => format!("{name}:{port}"),
        None => with_port(ip, &port),
    }
}

pub(super) fn with_port(ip: IpAddr, port: &str) -> String {
    match ip {
        IpAddr::V4(ip) => format!("{ip}:{port}"),
        IpAddr::V6(ip) => format!("[{ip}]:{port}"),
    }
}
