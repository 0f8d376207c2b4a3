//! Which addresses a permitted name gave: what a socket, which only ever sees addresses, is judged with.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A bounded memory of lookups. Safe to share between threads.
///
/// An address is forgotten [`LIFETIME`](Self::LIFETIME) after the last lookup that gave it, whatever the record's own
/// time to live: guests look a name up and connect at once, and an address that has changed hands since should not stay
/// open. A guest that keeps an address for longer looks the name up again, or its entry names the address.
#[derive(Debug)]
pub struct NameMemory {
    capacity: usize,
    lifetime: Duration,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    by_address: HashMap<IpAddr, Vec<Lookup>>,
    /// Every lookup in the order in which they are forgotten. Renewing one moves it, so this never outgrows the
    /// capacity.
    by_age: BTreeMap<u64, IpAddr>,
    next: u64,
}

#[derive(Debug)]
struct Lookup {
    name: Arc<str>,
    age: u64,
    until: Instant,
}

impl NameMemory {
    /// How many pairs of an address and a name are held by default; beyond it the oldest go. At most about 2 MB.
    pub const CAPACITY: usize = 4096;
    /// How long an address is held by default.
    pub const LIFETIME: Duration = Duration::from_secs(600);
    /// How many names one address has at most, the latest ones: every use of the address may walk them all.
    pub const NAMES_OF_ONE: usize = 16;

    /// An empty memory with the default bounds.
    pub fn new() -> Self {
        Self::with_bounds(Self::CAPACITY, Self::LIFETIME)
    }

    /// An empty memory of `capacity` pairs (0 holds none), each for `lifetime`.
    pub fn with_bounds(capacity: usize, lifetime: Duration) -> Self {
        Self { capacity, lifetime, inner: Mutex::default() }
    }

    /// Notes that `name` gave `addrs` at the time `now`. The name is kept as it is: give it in the spelling of
    /// [`NetworkHost::Name`](super::NetworkHost::Name).
    pub fn remember(&self, name: &str, addrs: &[IpAddr], now: Instant) {
        // A time beyond the clock's range cannot come, so there is nothing to forget at.
        let Some(until) = now.checked_add(self.lifetime).filter(|_| self.capacity > 0) else { return };
        let name: Arc<str> = name.into();
        let mut inner = self.lock();
        inner.forget_expired(now);
        for addr in addrs.iter().take(self.capacity) {
            inner.remember(name.clone(), addr.to_canonical(), until);
            while inner.by_age.len() > self.capacity {
                inner.forget_oldest();
            }
        }
    }

    /// The names that gave `addr` and are not forgotten at the time `now`, the latest first.
    pub fn names_of(&self, addr: IpAddr, now: Instant) -> Vec<Arc<str>> {
        let inner = self.lock();
        let Some(lookups) = inner.by_address.get(&addr.to_canonical()) else { return Vec::new() };
        lookups.iter().rev().filter(|lookup| now < lookup.until).map(|lookup| lookup.name.clone()).collect()
    }

    /// How many pairs of an address and a name are held, forgotten ones included until the next lookup.
    pub fn len(&self) -> usize {
        self.lock().by_age.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing between two changes can panic, so a poisoned memory is still whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for NameMemory {
    fn default() -> Self {
        Self::new()
    }
}

impl Inner {
    fn remember(&mut self, name: Arc<str>, addr: IpAddr, until: Instant) {
        let age = self.next;
        self.next += 1;
        let lookups = self.by_address.entry(addr).or_default();
        let known = lookups.iter().position(|lookup| lookup.name == name);
        let crowded = (lookups.len() >= NameMemory::NAMES_OF_ONE).then_some(0);
        if let Some(index) = known.or(crowded) {
            self.by_age.remove(&lookups.remove(index).age);
        }
        lookups.push(Lookup { name, age, until });
        self.by_age.insert(age, addr);
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some((age, addr)) = self.by_age.first_key_value() {
            let lookups = self.by_address.get(addr).map(Vec::as_slice).unwrap_or_default();
            if lookups.iter().any(|lookup| lookup.age == *age && now < lookup.until) {
                return;
            }
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((age, addr)) = self.by_age.pop_first() else { return };
        if let Some(lookups) = self.by_address.get_mut(&addr) {
            lookups.retain(|lookup| lookup.age != age);
            if lookups.is_empty() {
                self.by_address.remove(&addr);
            }
        }
    }
}
