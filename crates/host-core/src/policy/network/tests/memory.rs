use super::ip;
use crate::policy::network::NameMemory;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

fn names(memory: &NameMemory, address: &str, now: Instant) -> Vec<String> {
    memory.names_of(ip(address), now).iter().map(|name| name.to_string()).collect()
}

#[test]
fn one_address_has_all_the_names_that_gave_it_the_latest_first() {
    let (memory, now) = (NameMemory::new(), Instant::now());
    memory.remember("a.example", &[ip("192.0.2.1"), ip("2001:db8::1")], now);
    memory.remember("b.example", &[ip("::ffff:192.0.2.1")], now);
    assert_eq!(names(&memory, "192.0.2.1", now), ["b.example", "a.example"]);
    assert_eq!(names(&memory, "::ffff:192.0.2.1", now), ["b.example", "a.example"]);
    assert_eq!(names(&memory, "2001:db8::1", now), ["a.example"]);
    assert_eq!(names(&memory, "192.0.2.2", now), [""; 0]);
    memory.remember("a.example", &[ip("192.0.2.1")], now);
    assert_eq!(names(&memory, "192.0.2.1", now), ["a.example", "b.example"]);
    assert_eq!(memory.len(), 3);
}

#[test]
fn an_address_is_forgotten_ten_minutes_after_its_last_lookup() {
    let (memory, start) = (NameMemory::new(), Instant::now());
    let minute = |minutes: u64| start + Duration::from_secs(60 * minutes);
    memory.remember("a.example", &[ip("192.0.2.1")], start);
    assert_eq!(names(&memory, "192.0.2.1", minute(10) - Duration::from_nanos(1)), ["a.example"]);
    assert_eq!(names(&memory, "192.0.2.1", minute(10)), [""; 0]);
    memory.remember("a.example", &[ip("192.0.2.1")], minute(9));
    assert_eq!(names(&memory, "192.0.2.1", minute(18)), ["a.example"]);
    assert_eq!(names(&memory, "192.0.2.1", minute(19)), [""; 0]);
    memory.remember("b.example", &[ip("192.0.2.2")], minute(19));
    assert_eq!(memory.len(), 1, "the next lookup frees what is forgotten");
}

#[test]
fn the_oldest_lookups_make_room() {
    let (memory, now) = (NameMemory::with_bounds(3, Duration::from_secs(1)), Instant::now());
    for (name, address) in
        [("a", "192.0.2.1"), ("b", "192.0.2.2"), ("c", "192.0.2.3"), ("a", "192.0.2.1"), ("d", "192.0.2.4")]
    {
        memory.remember(name, &[ip(address)], now);
    }
    assert_eq!(names(&memory, "192.0.2.1", now), ["a"], "renewed, so no longer the oldest");
    assert_eq!(names(&memory, "192.0.2.2", now), [""; 0]);
    assert_eq!(memory.len(), 3);
}

#[test]
fn no_guest_makes_it_grow_without_end() {
    let (memory, now) = (NameMemory::new(), Instant::now());
    for round in 0..200u32 {
        let addrs: Vec<IpAddr> = (0..100).map(|index| Ipv4Addr::from_bits(round * 50 + index).into()).collect();
        memory.remember(&format!("n{round}.example"), &addrs, now);
        assert!(memory.len() <= NameMemory::CAPACITY);
    }
    assert_eq!(memory.len(), NameMemory::CAPACITY);
    let (memory, flood) = (NameMemory::new(), (0..100_000).map(|bits| Ipv4Addr::from_bits(bits).into()));
    memory.remember("a.example", &flood.collect::<Vec<_>>(), now);
    assert_eq!(memory.len(), NameMemory::CAPACITY);
    for index in 0..100 {
        memory.remember(&format!("n{index}.example"), &[ip("192.0.2.1")], now);
    }
    let held = names(&memory, "192.0.2.1", now);
    assert_eq!(held.len(), NameMemory::NAMES_OF_ONE);
    assert_eq!(held[0], "n99.example");
}

#[test]
fn no_room_at_all_is_room_for_nothing() {
    let (memory, now) = (NameMemory::with_bounds(0, Duration::MAX), Instant::now());
    memory.remember("a.example", &[ip("192.0.2.1")], now);
    assert!(memory.is_empty());
    let memory = NameMemory::with_bounds(1, Duration::MAX);
    memory.remember("a.example", &[ip("192.0.2.1")], now);
    assert!(memory.is_empty(), "a time that cannot be told is not kept for ever");
}
