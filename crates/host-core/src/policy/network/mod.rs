//! What an entry may reach over the network: one decision for `wasi:sockets`, `wasi:http` and every other import that
//! opens connections.
//!
//! # What is decided, and when
//!
//! [`NetworkRules`] is the parsed `wasi.network` section. It decides twice, because names and addresses are different
//! things: [`NetworkRules::decide_name`] before a name is looked up, [`NetworkRules::decide_address`] on the resolved
//! address at the moment of use. The second decision is the one that protects: a name proves nothing about the address
//! that its owner's DNS server answers with.
//!
//! | | without `allow` | with `allow` |
//! |---|---|---|
//! | look up a name | any valid name | the names that it names |
//! | connect, send, HTTP request | [`AddressClass::Public`] addresses | what it names |
//! | receive a datagram | as sending to its sender; on a socket bound by permission, from anyone | the same |
//! | bind port 0 of `0.0.0.0` or `::` | free | free |
//! | bind anything else, listen | never | addresses that it names |
//! | accept | always: the listener was permitted | always |
//!
//! An empty `allow: []` names nothing, so nothing is reached.
//!
//! # What an item opens
//!
//! - **A name** (`api.example.com`, `*.example.org`) opens the public addresses that it resolved to, on its port. It
//!   never opens an address of another class and never a bind. `*.example.org` does not name `example.org`.
//! - **`localhost`** opens `127.0.0.0/8` and `::1`, however the guest came by them, for binding and listening too.
//!   `app.localhost` and `*.localhost` are names like any other and open no loopback address.
//! - **One address** (`10.0.0.7`, `[::1]:80`, also written `10.0.0.7/32`) opens that address, whatever its class.
//! - **A network** opens every address in it, *if it lies wholly outside public space* (`10.0.0.0/8`, `fd00::/8`).
//!   A network with public addresses in it opens those alone: `0.0.0.0/0` is every public IPv4 address and not the
//!   loopback, `::/0` every public IPv6 address. Who opens the whole internet does not mean the host's own services.
//! - **A metadata service** ([`AddressClass::Metadata`]) hands out the credentials of the machine; it opens by its own
//!   address alone, never as part of a network: `fd00::/8` and `100.64.0.0/10` are common private networks that happen
//!   to hold one.
//!
//! IPv4-mapped addresses are turned into IPv4 first, in items and in questions. Other IPv6 forms that carry an IPv4
//! address (NAT64, 6to4, Teredo) have the class of what they carry, but are opened by IPv6 items only. A NAT64 prefix
//! of the network operator's own (RFC 6052) cannot be told from other public addresses.
//!
//! # Who asks
//!
//! Imports ask a [`NetworkGuard`], one for each entry: it adds the entry's name to a [`Denial`], remembers which
//! addresses a permitted name gave ([`NameMemory`]), asks the embedder's [`NetworkPolicy`], and writes each denial to
//! the log once with a count ([`DenialLog`]).

mod action;
mod class;
mod denial;
mod denial_log;
mod guard;
mod host;
mod names;
mod rule;
mod rule_error;
mod rules;
mod section;

#[cfg(test)]
mod tests;

pub use action::NetworkUse;
pub use class::AddressClass;
pub use denial::{AllowSource, Decision, Denial};
pub use denial_log::{DenialCount, DenialLog, Denials};
pub use guard::{NetworkGuard, NetworkPolicy, NetworkRequest};
pub use host::{NetworkHost, NetworkHostError};
pub use names::NameMemory;
pub use rule_error::RuleError;
pub use rules::NetworkRules;
pub use section::NetworkSection;

/// The most items that one `allow` list may hold: every check walks them all.
pub const MAX_ITEMS: usize = 1024;
