//! The rules of one entry, and what they decide.

use super::denial::{Cause, Refusal, line, what, with_port};
use super::rule::{Opening, Rule};
use super::rule_error::{Problem, RuleError, quoted};
use super::{AddressClass, AllowSource, Decision, Denial, MAX_ITEMS, NetworkHost, NetworkUse};
use std::net::{IpAddr, SocketAddr};

/// A parsed `wasi.network` section. The module's documentation says what it opens.
///
/// Two sets of rules are equal when they hold the same items, in whatever order and spelling; connections may be shared
/// between entries with equal rules.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NetworkRules {
    /// Sorted, each once. `None` without an `allow` list.
    allow: Option<Vec<Rule>>,
    source: AllowSource,
}

impl NetworkRules {
    /// Without an `allow` list: every public address, every name, no listener.
    pub fn public() -> Self {
        Self { allow: None, source: AllowSource::Entry }
    }

    /// With an empty list: nothing.
    pub fn nothing() -> Self {
        Self { allow: Some(Vec::new()), source: AllowSource::Entry }
    }

    /// The rules of an `allow` list.
    ///
    /// # Errors
    /// One [`RuleError`] for each bad item, in their order, and one for the first item beyond [`MAX_ITEMS`] (1024),
    /// after which no item is looked at.
    pub fn parse<S: AsRef<str>>(items: &[S]) -> Result<Self, Vec<RuleError>> {
        let (mut rules, mut errors) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().take(MAX_ITEMS).enumerate() {
            match Rule::parse(item.as_ref()) {
                Ok(rule) => rules.push(rule),
                Err(problem) => errors.push(problem.at(index)),
            }
        }
        if items.len() > MAX_ITEMS {
            let message = format!("{} items are more than the {MAX_ITEMS} that a list may hold", items.len());
            errors.push(Problem::new(message, "name domains (\"*.example.com\") and networks").at(MAX_ITEMS));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        rules.sort_unstable();
        rules.dedup();
        Ok(Self { allow: Some(rules), source: AllowSource::Entry })
    }

    /// The same rules, whose denials say to add to `source`. [`AllowSource::Entry`] unless told.
    #[must_use]
    pub fn with_source(mut self, source: AllowSource) -> Self {
        self.source = source;
        self
    }

    /// Where the rules were written.
    pub fn source(&self) -> AllowSource {
        self.source
    }

    /// The items in their normal spelling, sorted; `None` without an `allow` list.
    pub fn items(&self) -> Option<Vec<String>> {
        self.allow.as_ref().map(|rules| rules.iter().map(Rule::to_string).collect())
    }

    /// Whether `host` may be looked up, in order to use `port` of it where that is known. An address literal is judged
    /// as an address; a text that is no host ([`NetworkHost::parse`]) is denied, with no line to add.
    pub fn decide_name(&self, host: &str, port: Option<u16>) -> Decision {
        match NetworkHost::parse(host) {
            Ok(host) => self.decide_host(&host, port),
            Err(error) => {
                let what = format!("{} {}", NetworkUse::Lookup, quoted(host));
                Decision::Deny(Denial { source: self.source, ..Denial::new(what, format!("not a host name: {error}")) })
            }
        }
    }

    /// As [`decide_name`](Self::decide_name), for a host that is parsed already.
    pub fn decide_host(&self, host: &NetworkHost, port: Option<u16>) -> Decision {
        let (refusal, target) = match host {
            NetworkHost::Name(name) => {
                let target = port.map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
                (self.judge_name(name, port), target)
            }
            NetworkHost::Address(ip) => {
                let ip = ip.to_canonical();
                let target = port.map_or_else(|| ip.to_string(), |port| with_port(ip, &port.to_string()));
                (self.judge_ip(ip, port), target)
            }
        };
        match refusal {
            Ok(()) => Decision::Allow,
            Err(refusal) => self.deny(format!("{} {target}", NetworkUse::Lookup), &refusal, target),
        }
    }

    /// Whether `addr` may be used. `host` is the name that it was resolved from, where that is known: it widens what is
    /// permitted, never narrows it. Anything but a name there (a literal, an invalid text) counts as none.
    ///
    /// The zone and flow label of an IPv6 address play no part.
    pub fn decide_address(&self, action: NetworkUse, host: Option<&str>, addr: SocketAddr) -> Decision {
        let host = host.and_then(|host| NetworkHost::parse(host).ok());
        self.decide_resolved(action, host.as_ref().and_then(NetworkHost::name), addr)
    }

    /// As [`decide_address`](Self::decide_address), for the name of a [`NetworkHost`].
    pub(super) fn decide_resolved(&self, action: NetworkUse, name: Option<&str>, addr: SocketAddr) -> Decision {
        let addr = canonical(addr);
        match self.judge_address(action, name, addr) {
            Ok(()) => Decision::Allow,
            Err(refusal) => {
                let line = line(action, name, addr, refusal.class);
                self.deny(what(action, name, addr), &refusal, line)
            }
        }
    }

    fn deny(&self, what: String, refusal: &Refusal, line: String) -> Decision {
        Decision::Deny(Denial {
            line: Some(line),
            source: self.source,
            starts_list: self.allow.is_none(),
            ..Denial::new(what, refusal.reason(self.source))
        })
    }

    /// The decision on an address, without words: this runs for every datagram.
    pub(super) fn judge_address(
        &self,
        action: NetworkUse,
        name: Option<&str>,
        addr: SocketAddr,
    ) -> Result<(), Refusal> {
        let (ip, port) = (addr.ip().to_canonical(), addr.port());
        match action {
            NetworkUse::Accept | NetworkUse::ReceiveDatagram { on_permitted_bind: true } => return Ok(()),
            NetworkUse::Bind if port == 0 && ip.is_unspecified() => return Ok(()),
            _ => {}
        }
        let class = AddressClass::of(ip);
        let name = name.filter(|_| !action.is_local());
        let Some(rules) = &self.allow else {
            if class.is_public() && !action.is_local() {
                return Ok(());
            }
            return Err(Refusal { class: Some(class), cause: Cause::NotNamed });
        };
        let mut cause = Cause::NotNamed;
        for rule in rules {
            let found = match rule.opens(ip, class) {
                Opening::Opens if rule.has_port(port) => return Ok(()),
                Opening::Opens => Cause::OtherPorts,
                Opening::Withheld if rule.has_port(port) => Cause::Withheld(rule.to_string()),
                _ => match name.filter(|name| rule.names(name)) {
                    // The rule of this name has said already which addresses it opens.
                    None | Some("localhost") => continue,
                    Some(_) if !class.is_public() => Cause::OnlyByAddress,
                    Some(_) if rule.has_port(port) => return Ok(()),
                    Some(_) => Cause::OtherPorts,
                },
            };
            cause = cause.max(found);
        }
        Err(Refusal { class: Some(class), cause })
    }

    fn judge_name(&self, name: &str, port: Option<u16>) -> Result<(), Refusal> {
        let Some(rules) = &self.allow else { return Ok(()) };
        let mut cause = Cause::NotNamed;
        for rule in rules.iter().filter(|rule| rule.names(name)) {
            if port.is_none_or(|port| rule.has_port(port)) {
                return Ok(());
            }
            cause = Cause::OtherPorts;
        }
        Err(Refusal { class: None, cause })
    }

    /// An address literal in the place of a name. With no port known, a rule for any port will do: the use is judged
    /// later.
    fn judge_ip(&self, ip: IpAddr, port: Option<u16>) -> Result<(), Refusal> {
        if let Some(port) = port {
            return self.judge_address(NetworkUse::Lookup, None, SocketAddr::new(ip, port));
        }
        let class = AddressClass::of(ip);
        let mut cause = Cause::NotNamed;
        let open = match &self.allow {
            None => class.is_public(),
            Some(rules) => rules.iter().any(|rule| {
                let opening = rule.opens(ip, class);
                if opening == Opening::Withheld {
                    cause = Cause::Withheld(rule.to_string());
                }
                opening == Opening::Opens
            }),
        };
        if open { Ok(()) } else { Err(Refusal { class: Some(class), cause }) }
    }
}

/// The address without what plays no part: the IPv4-mapped form, the zone, the flow label.
pub(super) fn canonical(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}
