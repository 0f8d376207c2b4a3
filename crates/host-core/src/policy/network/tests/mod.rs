//! The policy's promises, one file for each part.

mod classes;
mod decisions;
mod denials;
mod guard;
mod hostile;
mod items;
mod log;
mod memory;
mod section;

use super::{NetworkRules, NetworkUse};
use std::net::{IpAddr, SocketAddr};

const RECEIVE: NetworkUse = NetworkUse::ReceiveDatagram { on_permitted_bind: false };

/// Uses that are decided by the remote address.
const REMOTE: [NetworkUse; 4] = [NetworkUse::Connect, NetworkUse::SendDatagram, RECEIVE, NetworkUse::HttpRequest];

fn rules(items: &[&str]) -> NetworkRules {
    let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    NetworkRules::parse(&items).unwrap()
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no socket address"))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text} is no address"))
}

/// Whether `rules` let a guest connect to `address`, which `host` gave.
fn connects(rules: &NetworkRules, host: Option<&str>, address: &str) -> bool {
    rules.decide_address(NetworkUse::Connect, host, addr(address)).is_allowed()
}
