//! The gate of one entry, which every import asks.

use super::rules::canonical;
use super::{Decision, Denial, DenialLog, NameMemory, NetworkHost, NetworkRules, NetworkUse};
use crate::metrics::EntryMetrics;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// An embedder's own say on the network. It has the last word, in both directions.
pub trait NetworkPolicy: Send + Sync {
    /// Decides one request. The default is what the entry's rules decided.
    ///
    /// Called in the middle of a guest's work, for every datagram too: it must not block. For an address that several
    /// names gave, it is asked once for each until it allows one.
    fn network(&self, request: &NetworkRequest<'_>) -> Decision {
        request.rules.clone()
    }
}

/// One question to a [`NetworkPolicy`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NetworkRequest<'a> {
    /// The id of the entry that asks.
    pub entry: &'a str,
    /// What it wants to do.
    pub action: NetworkUse,
    /// The name to look up, or the one that gave the address, in lower-case ASCII; `None` where no name is known, and
    /// for a lookup of a text that is no name.
    pub host: Option<&'a str>,
    /// The address, IPv4-mapped ones as IPv4; `None` for a lookup of a name. The port is 0 for a lookup of an address
    /// literal without a port.
    pub addr: Option<SocketAddr>,
    /// What the entry's rules decided.
    pub rules: &'a Decision,
}

impl NetworkRequest<'_> {
    /// A denial of this request for a reason of the policy's own, in the words of the host's denials.
    pub fn deny(&self, reason: impl Into<String>) -> Decision {
        let what = match (self.rules, self.host, self.addr) {
            (Decision::Deny(denial), ..) => denial.what.clone(),
            (_, host, Some(addr)) => super::denial::what(self.action, host, addr),
            (_, host, None) => format!("{} {}", self.action, host.unwrap_or("a name")),
        };
        Decision::Deny(Denial::new(what, reason))
    }
}

/// The network policy of one entry, with its memory and its log. Safe to share between threads and instances.
pub struct NetworkGuard {
    entry: Arc<str>,
    rules: NetworkRules,
    policy: Option<Arc<dyn NetworkPolicy>>,
    log: Arc<DenialLog>,
    names: NameMemory,
    metrics: Option<Arc<EntryMetrics>>,
}

impl NetworkGuard {
    /// The guard of `entry` (its id), with the entry's rules alone.
    pub fn new(entry: impl Into<Arc<str>>, rules: NetworkRules) -> Self {
        Self { entry: entry.into(), rules, policy: None, log: Arc::default(), names: NameMemory::new(), metrics: None }
    }

    /// The same guard, which also asks `policy`.
    #[must_use]
    pub fn with_policy(mut self, policy: Arc<dyn NetworkPolicy>) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The same guard, which writes its denials to that log.
    #[must_use]
    pub fn with_log(mut self, log: Arc<DenialLog>) -> Self {
        self.log = log;
        self
    }

    /// The same guard, which counts there what it denies.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Option<Arc<EntryMetrics>>) -> Self {
        self.metrics = metrics;
        self
    }

    /// The id of the entry.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The entry's rules.
    pub fn rules(&self) -> &NetworkRules {
        &self.rules
    }

    /// What was denied so far.
    pub fn denials(&self) -> &DenialLog {
        &self.log
    }

    /// Which names gave which addresses.
    pub fn names(&self) -> &NameMemory {
        &self.names
    }

    /// Whether `host` may be looked up, for whatever port. Resolve the name in the spelling of [`NetworkHost::parse`], not as
    /// the guest wrote it, and then call [`remember`](Self::remember).
    ///
    /// # Errors
    /// The denial, which is in the log already.
    pub fn lookup(&self, host: &str) -> Result<(), Denial> {
        self.check_name(host, None)
    }

    /// As [`lookup`](Self::lookup), where the port is known that the address will be used with.
    ///
    /// # Errors
    /// The denial, which is in the log already.
    pub fn lookup_for(&self, host: &str, port: u16) -> Result<(), Denial> {
        self.check_name(host, Some(port))
    }

    /// Notes which addresses the permitted lookup of `host` gave, so that [`check`](Self::check) knows their names.
    /// Address literals and texts that are no host are ignored.
    pub fn remember(&self, host: &str, addrs: &[IpAddr]) {
        self.remember_at(host, addrs, Instant::now());
    }

    /// As [`remember`](Self::remember), at the time `now`.
    pub(crate) fn remember_at(&self, host: &str, addrs: &[IpAddr], now: Instant) {
        if let Ok(NetworkHost::Name(name)) = NetworkHost::parse(host) {
            self.names.remember(&name, addrs, now);
        }
    }

    /// Whether `addr` may be used, to be asked at the moment of use. `host` is the name that it was just resolved from,
    /// where the caller knows it (an HTTP client does). Otherwise (sockets) the names remembered for it are tried, and
    /// one that is permitted is enough.
    ///
    /// # Errors
    /// The denial, which is in the log already.
    pub fn check(&self, action: NetworkUse, host: Option<&str>, addr: SocketAddr) -> Result<(), Denial> {
        self.check_at(action, host, addr, Instant::now())
    }

    /// As [`check`](Self::check), at the time `now`.
    ///
    /// # Errors
    /// The denial, which is in the log already.
    pub(crate) fn check_at(
        &self,
        action: NetworkUse,
        host: Option<&str>,
        addr: SocketAddr,
        now: Instant,
    ) -> Result<(), Denial> {
        let host = host.and_then(|host| NetworkHost::parse(host).ok());
        if let Some(name) = host.as_ref().and_then(NetworkHost::name) {
            return self.conclude(self.decide(action, Some(name), addr));
        }
        // A name only ever widens what the rules permit, so without a policy there is nothing more to ask.
        if self.policy.is_none() && self.rules.judge_address(action, None, addr).is_ok() {
            return Ok(());
        }
        let names = if action.is_local() { Vec::new() } else { self.names.names_of(addr.ip(), now) };
        let mut decision = None;
        for name in &names {
            match self.decide(action, Some(name), addr) {
                Decision::Allow => return Ok(()),
                // The latest name is the one that the guest most likely meant.
                denial => decision = decision.or(Some(denial)),
            }
        }
        self.conclude(decision.unwrap_or_else(|| self.decide(action, None, addr)))
    }

    fn check_name(&self, host: &str, port: Option<u16>) -> Result<(), Denial> {
        let parsed = NetworkHost::parse(host).ok();
        let rules = match &parsed {
            Some(host) => self.rules.decide_host(host, port),
            None => self.rules.decide_name(host, port),
        };
        let addr = match &parsed {
            Some(NetworkHost::Address(ip)) => Some(SocketAddr::new(*ip, port.unwrap_or_default())),
            _ => None,
        };
        self.conclude(self.ask(NetworkUse::Lookup, parsed.as_ref().and_then(NetworkHost::name), addr, rules))
    }

    fn decide(&self, action: NetworkUse, name: Option<&str>, addr: SocketAddr) -> Decision {
        let rules = self.rules.decide_resolved(action, name, addr);
        self.ask(action, name, Some(canonical(addr)), rules)
    }

    fn ask(&self, action: NetworkUse, host: Option<&str>, addr: Option<SocketAddr>, rules: Decision) -> Decision {
        match &self.policy {
            None => rules,
            Some(policy) => policy.network(&NetworkRequest { entry: &self.entry, action, host, addr, rules: &rules }),
        }
    }

    fn conclude(&self, decision: Decision) -> Result<(), Denial> {
        let Decision::Deny(mut denial) = decision else { return Ok(()) };
        denial.entry = Some(self.entry.clone());
        // A policy's own denial does not know where the rules were written.
        denial.source = self.rules.source();
        if let Some(metrics) = &self.metrics {
            metrics.refused();
        }
        self.log.record(&denial);
        Err(denial)
    }
}

impl fmt::Debug for NetworkGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.policy.is_some();
        f.debug_struct("NetworkGuard")
            .field("entry", &self.entry)
            .field("rules", &self.rules)
            .field("policy", &policy)
            .finish_non_exhaustive()
    }
}
