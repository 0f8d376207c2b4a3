//! What a guest wants to do with an address or a name.

use serde::Serialize;
use std::fmt;

/// One use of the network, the first half of every question to the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NetworkUse {
    /// Resolving a name, without using what it gives yet.
    Lookup,
    /// Opening a TCP connection to a remote address.
    Connect,
    /// Binding a TCP or UDP socket to a local address. Sockets also ask this for the implicit bind before a connect or
    /// a send: port 0 of the unspecified address, which is free.
    Bind,
    /// Taking TCP connections on a local address.
    Listen,
    /// Taking one TCP connection; the address is the remote one. Permitted, because the listener was.
    Accept,
    /// Sending a UDP datagram to a remote address, or naming it as the peer of a socket.
    SendDatagram,
    /// Handing a received UDP datagram to the guest; the address is the sender's.
    ReceiveDatagram {
        /// Whether the guest bound the socket itself to an address that `allow` names. Such a socket is a server's, and
        /// takes datagrams from anyone, as a listener takes connections. Otherwise a datagram is judged as sending to
        /// its sender would be. The free bind to port 0 of the unspecified address does not count.
        on_permitted_bind: bool,
    },
    /// Sending an HTTP request to a remote address.
    HttpRequest,
}

impl NetworkUse {
    /// Whether the address is one of the host's own, to be bound: names play no part then.
    pub fn is_local(self) -> bool {
        matches!(self, Self::Bind | Self::Listen)
    }
}

impl fmt::Display for NetworkUse {
    /// The words before the address in a denial, such as `tcp connect to`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "lookup of",
            Self::Connect => "tcp connect to",
            Self::Bind => "bind to",
            Self::Listen => "tcp listen on",
            Self::Accept => "tcp accept from",
            Self::SendDatagram => "udp send to",
            Self::ReceiveDatagram { .. } => "udp receive from",
            Self::HttpRequest => "http request to",
        })
    }
}
