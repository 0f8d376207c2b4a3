//! One item of an `allow` list: its grammar and what it matches.

use super::class::{AddressClass, lies_outside_public_space};
use super::host::{NetworkHost, NetworkHostError};
use super::rule_error::{Problem, quoted};
use ipnet::{IpNet, Ipv6Net};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The longest item that is looked at, in bytes: the longest host in any script, and a port.
const MAX_ITEM: usize = 1100;

/// A parsed item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rule {
    target: Target,
    /// `None` is every port.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Target {
    Localhost,
    Name(String),
    /// Every name that ends in a dot and this.
    Under(String),
    Network {
        net: IpNet,
        /// Whether `net` holds no public address.
        outside: bool,
    },
}

/// What an item says about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    Opens,
    /// The address lies in the item's network, which does not open its class.
    Withheld,
    Elsewhere,
}

impl Rule {
    pub(super) fn parse(item: &str) -> Result<Self, Problem> {
        let item = item.trim();
        if item.is_empty() {
            return Err(Problem::new("the item is empty", "remove it, or write a host and a port"));
        }
        if item.len() > MAX_ITEM {
            return Err(Problem::new(format!("{} is too long for a host", quoted(item)), "write a host and a port"));
        }
        if let Some((scheme, rest)) = item.split_once("://") {
            return Err(scheme_problem(item, scheme, rest));
        }
        if let Some(rest) = item.strip_prefix('[') {
            return bracketed(item, rest);
        }
        if let Some((before, after)) = item.split_once('/') {
            return with_slash(item, before, after);
        }
        match item.split_once(':') {
            None => Self::of_host(item, item, None),
            Some((host, port)) if !port.contains(':') => Self::of_host(item, host, parse_port(item, host, port)?),
            Some(_) => bare_ipv6(item),
        }
    }

    /// The rule for `host`, the part of `item` before the port.
    fn of_host(item: &str, host: &str, port: Option<u16>) -> Result<Self, Problem> {
        if host.contains('*') {
            return Ok(Self { target: wildcard(item, host, port)?, port });
        }
        let target = match NetworkHost::parse(host) {
            Ok(NetworkHost::Address(address)) if !host.is_ascii() => {
                return Err(not_ascii(item, &address.to_string(), port));
            }
            Ok(NetworkHost::Name(name)) if !host.is_ascii() => return Err(not_ascii(item, &name, port)),
            Ok(NetworkHost::Address(address)) => network(IpNet::from(address)),
            Ok(NetworkHost::Name(name)) if name == "localhost" => Target::Localhost,
            Ok(NetworkHost::Name(name)) => Target::Name(name),
            Err(error) => return Err(host_problem(item, error)),
        };
        Ok(Self { target, port })
    }

    /// Whether the item names `name`, whatever the port.
    pub(super) fn names(&self, name: &str) -> bool {
        match &self.target {
            Target::Localhost => name == "localhost",
            Target::Name(own) => own == name,
            Target::Under(domain) => name
                .strip_suffix(domain.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|s| !s.is_empty()),
            Target::Network { .. } => false,
        }
    }

    /// Whether the item opens `ip`, which is of `class`, whatever the port and however the guest came by it.
    pub(super) fn opens(&self, ip: IpAddr, class: AddressClass) -> Opening {
        match &self.target {
            Target::Localhost if ip.is_loopback() => Opening::Opens,
            Target::Network { net, outside } if net.contains(&ip) => {
                let alone = net.prefix_len() == net.max_prefix_len();
                let whole = *outside && class != AddressClass::Metadata;
                if class.is_public() || alone || whole { Opening::Opens } else { Opening::Withheld }
            }
            _ => Opening::Elsewhere,
        }
    }

    pub(super) fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

impl fmt::Display for Rule {
    /// The item in its normal spelling.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Localhost => f.write_str("localhost")?,
            Target::Name(name) => f.write_str(name)?,
            Target::Under(domain) => write!(f, "*.{domain}")?,
            Target::Network { net, .. } => {
                let brackets = self.port.is_some() && net.addr().is_ipv6();
                f.write_str(if brackets { "[" } else { "" })?;
                match net.prefix_len() == net.max_prefix_len() {
                    true => net.addr().fmt(f)?,
                    false => net.fmt(f)?,
                }
                f.write_str(if brackets { "]" } else { "" })?;
            }
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Addresses are judged in their canonical form, so networks of IPv4-mapped addresses have to follow them there.
fn network(net: IpNet) -> Target {
    let net = match net {
        IpNet::V6(v6) => match v6.addr().to_ipv4_mapped() {
            Some(v4) if v6.prefix_len() >= 96 => IpNet::new(v4.into(), v6.prefix_len() - 96).unwrap_or(net),
            _ => net,
        },
        IpNet::V4(_) => net,
    };
    Target::Network { net, outside: lies_outside_public_space(net) }
}

/// `before/after`, of which only a network is right.
fn with_slash(item: &str, before: &str, after: &str) -> Result<Rule, Problem> {
    let Ok(address) = before.parse::<IpAddr>() else {
        let message = format!("{} has a path; an item is a host and a port", quoted(item));
        return Err(suggest(message, before, "write the host and the port alone"));
    };
    let (prefix, port) = match after.split_once(':') {
        None => (after, None),
        Some((prefix, port)) => (prefix, parse_port(item, &format!("{before}/{prefix}"), port)?),
    };
    Ok(Rule { target: parse_network(item, address, prefix)?, port })
}

fn parse_network(item: &str, address: IpAddr, prefix: &str) -> Result<Target, Problem> {
    let digits = (1..=3).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit());
    let Some(net) = prefix.parse().ok().filter(|_| digits).and_then(|prefix| IpNet::new(address, prefix).ok()) else {
        let (most, example) = if address.is_ipv4() { (32, "10.0.0.0/8") } else { (128, "fd00::/8") };
        return Err(Problem::new(
            format!("{} has no prefix length of 0 to {most} after the \"/\"", quoted(item)),
            format!("write a network such as {example:?}, or the address alone"),
        ));
    };
    if net.trunc() != net {
        return Err(Problem::new(
            format!("{} has bits set beyond its prefix length", quoted(item)),
            format!("write the network \"{}\", or the address \"{address}\"", net.trunc()),
        ));
    }
    Ok(network(net))
}

/// `[inside]` and perhaps a port; `rest` lacks the first bracket.
fn bracketed(item: &str, rest: &str) -> Result<Rule, Problem> {
    let Some((inside, after)) = rest.split_once(']') else {
        return Err(Problem::new(
            format!("{} has no closing bracket", quoted(item)),
            "write an IPv6 address with a port as \"[::1]:80\"",
        ));
    };
    if inside.parse::<std::net::Ipv4Addr>().is_ok() {
        let message = format!("{} has brackets around an IPv4 address", quoted(item));
        return Err(suggest(message, &format!("{inside}{after}"), "leave the brackets out"));
    }
    let port = match after.strip_prefix(':') {
        Some(port) => parse_port(item, &format!("[{inside}]"), port)?,
        None if after.is_empty() => None,
        None => {
            return Err(Problem::new(
                format!("{} has {} after the bracket, where only a port may stand", quoted(item), quoted(after)),
                "write an IPv6 address as \"[::1]:80\", a network as \"[fd00::/8]:443\"",
            ));
        }
    };
    let (address, prefix) = inside.split_once('/').map_or((inside, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(ipv6) = address.parse::<Ipv6Addr>() else {
        return Err(ipv6_problem(item, address));
    };
    let target = match prefix {
        Some(prefix) => parse_network(item, ipv6.into(), prefix)?,
        None => network(Ipv6Net::from(ipv6).into()),
    };
    Ok(Rule { target, port })
}

/// Two colons and more, without brackets.
fn bare_ipv6(item: &str) -> Result<Rule, Problem> {
    // `::1:80` is an address, of a sort that nobody uses; what it means is a port.
    if let Some(port) =
        item.strip_prefix("::1:").filter(|port| *port == "*" || port.parse::<u16>().is_ok_and(|p| p > 9))
    {
        let message = format!("{} is an IPv6 address with a port, which needs brackets", quoted(item));
        return Err(suggest(message, &format!("[::1]:{port}"), "write an IPv6 address with a port as \"[::1]:80\""));
    }
    match item.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Rule { target: network(Ipv6Net::from(address).into()), port: None }),
        Err(_) => Err(ipv6_problem(item, item)),
    }
}

fn ipv6_problem(item: &str, address: &str) -> Problem {
    let Some((_, zone)) = address.split_once('%').filter(|(bare, _)| bare.parse::<Ipv6Addr>().is_ok()) else {
        return Problem::new(
            format!("{} is no IPv6 address", quoted(item)),
            "write an IPv6 address with a port as \"[::1]:80\", a name with a port as \"api.example.com:443\"",
        );
    };
    let message = format!("{} has an IPv6 zone, which is not supported", quoted(item));
    suggest(message, &item.replacen(&format!("%{zone}"), "", 1), "leave the zone out")
}

fn wildcard(item: &str, host: &str, port: Option<u16>) -> Result<Target, Problem> {
    let with_port = |host: &str| port.map_or(host.to_owned(), |port| format!("{host}:{port}"));
    if host == "*" {
        return Err(Problem::new(
            format!("{} would name every host", quoted(item)),
            format!(
                "leave \"allow\" out to reach every public address, or name networks such as \"{}\" and \"{}\"",
                with_port("0.0.0.0/0"),
                with_port(if port.is_some() { "[::/0]" } else { "::/0" }),
            ),
        ));
    }
    if let Some(domain) = host.strip_prefix("*.").filter(|domain| !domain.contains('*')) {
        return match NetworkHost::parse(domain) {
            Ok(NetworkHost::Name(name)) if !domain.is_ascii() => Err(not_ascii(item, &format!("*.{name}"), port)),
            Ok(NetworkHost::Name(name)) => Ok(Target::Under(name)),
            Ok(NetworkHost::Address(_)) | Err(NetworkHostError::NumberForm) => Err(Problem::new(
                format!("{} has a wildcard before an address", quoted(item)),
                "write a network such as \"10.0.0.0/8\"",
            )),
            Err(error) => Err(host_problem(item, error)),
        };
    }
    let message = format!("{} has a wildcard elsewhere than in front of a domain", quoted(item));
    let domain = host.rsplit('*').next().unwrap_or_default().trim_start_matches('.');
    Err(match NetworkHost::parse(domain) {
        Ok(NetworkHost::Name(name)) => Problem::write(message, &with_port(&format!("*.{name}"))),
        _ => Problem::new(message, "write the domain as \"*.example.com\""),
    })
}

fn not_ascii(item: &str, host: &str, port: Option<u16>) -> Problem {
    // What two people read as the same word can be two names, so the list holds what is compared.
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let message = format!("{} is not in ASCII, the form in which names are compared", quoted(item));
    Problem::write(message, &format!("{host}{port}"))
}

fn host_problem(item: &str, error: NetworkHostError) -> Problem {
    let remedy = match error {
        NetworkHostError::NumberForm => "write four decimal numbers without leading zeros, such as \"127.0.0.1\"",
        NetworkHostError::Zone => "leave the zone out",
        _ => "write a host and a port, such as \"api.example.com:443\"",
    };
    Problem::new(format!("{} names no host: {error}", quoted(item)), remedy)
}

/// The port in `text`, which stood after `host`.
fn parse_port(item: &str, host: &str, text: &str) -> Result<Option<u16>, Problem> {
    let digits = |text: &str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    if text == "*" {
        return Ok(None);
    }
    if text.is_empty() {
        return Err(suggest(format!("{} has a colon and no port", quoted(item)), host, "leave the colon out"));
    }
    if text.split(['-', ',']).all(digits) && !digits(text) {
        return Err(Problem::new(
            format!("{} has more than one port; port ranges are not supported", quoted(item)),
            format!("write one item for each port, or {} for every port", quoted(host)),
        ));
    }
    match text.parse::<u16>() {
        Ok(port) if digits(text) && port > 0 => Ok(Some(port)),
        _ => Err(Problem::new(
            format!("{} has the port {}", quoted(item), quoted(text)),
            "write a port from 1 to 65535, or \"*\" for every port",
        )),
    }
}

fn scheme_problem(item: &str, scheme: &str, rest: &str) -> Problem {
    let message = format!("{} has a scheme; an item is a host and a port", quoted(item));
    let port = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "postgres" | "postgresql" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        _ => None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match Rule::parse(host) {
        Ok(rule) => Problem::write(message, &Rule { port: rule.port.or(port), ..rule }.to_string()),
        Err(_) => Problem::new(message, "write the host and the port alone"),
    }
}

/// A problem whose remedy is `part` of the item where that is right by itself, and `otherwise` where not.
///
/// Each part has lost a scheme, a path, brackets, a zone or a colon, so that parsing it comes back here a few times at
/// most.
fn suggest(message: String, part: &str, otherwise: &str) -> Problem {
    match Rule::parse(part) {
        Ok(rule) => Problem::write(message, &rule.to_string()),
        Err(_) => Problem::new(message, otherwise),
    }
}
