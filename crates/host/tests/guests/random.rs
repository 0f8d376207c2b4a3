//! `wasi:random`: from the operating system, or from a source that a test chooses.

use crate::support::{Guest, builder};
use serde_json::{Value as Json, json};
use wippy_host::imports::random::SeededEntropy;
use wippy_host::{Entropy, Error, ErrorKind, Host, Reason, Result};

fn guest() -> Guest {
    Guest::new("probe-random").imports(["wasi:random"])
}

async fn length(guest: &Guest, export: &str, count: u64) -> usize {
    let function = guest.call_values(export, vec![count.into()]).await.unwrap();
    function.as_bytes().unwrap().len()
}

#[tokio::test]
async fn as_many_bytes_come_as_were_asked_for() {
    for count in [0, 1, 32, 4096, 1 << 20] {
        for export in ["bytes", "insecure-bytes"] {
            assert_eq!(length(&guest(), export, count).await, count as usize, "{export}");
        }
    }
}

#[tokio::test]
async fn the_operating_systems_numbers_do_not_repeat() {
    let guest = guest();
    for (export, arguments) in [
        ("bytes", json!([32])),
        ("insecure-bytes", json!([32])),
        ("number", json!([])),
        ("insecure-number", json!([])),
        ("seed", json!([])),
    ] {
        let first = guest.call(export, arguments.clone()).await;
        assert_ne!(first, guest.call(export, arguments).await, "{export}");
    }
    let Json::Array(seed) = guest.call("seed", json!([])).await else { panic!("no tuple") };
    assert_ne!(seed[0], seed[1]);
}

fn seeded(seed: u64) -> Host {
    builder().entropy(SeededEntropy::new(seed)).build().unwrap()
}

/// One of each kind of number.
async fn drawn(host: &Host) -> Vec<Json> {
    let guest = Guest::on(host, "probe-random").imports(["wasi:random"]);
    let mut drawn = Vec::new();
    for export in ["number", "insecure-number", "seed", "number"] {
        drawn.push(guest.call(export, json!([])).await);
    }
    for export in ["bytes", "insecure-bytes"] {
        drawn.push(guest.call(export, json!([16])).await);
    }
    drawn
}

#[tokio::test]
async fn seeded_numbers_repeat_and_differ_by_their_seed() {
    let first = drawn(&seeded(7)).await;
    assert_eq!(first, drawn(&seeded(7)).await);
    assert_ne!(first, drawn(&seeded(8)).await);
    assert_ne!(first[0], first[3], "the second number is the first again");
}

struct Counting;

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        buffer.iter_mut().zip(1..).for_each(|(byte, number)| *byte = number);
        Ok(())
    }
}

#[tokio::test]
async fn every_secure_number_comes_from_the_hosts_source() {
    let host = builder().entropy(Counting).build().unwrap();
    let guest = Guest::on(&host, "probe-random").imports(["wasi:random"]);
    assert_eq!(guest.call("bytes", json!([4])).await, json!({"base64": "AQIDBA=="}));
    let number = 0x0807_0605_0403_0201_u64;
    assert_eq!(guest.call("number", json!([])).await, json!(number));
    assert_eq!(guest.call("seed", json!([])).await, json!([number, number]));
}

struct Broken;

impl Entropy for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<()> {
        Err(Error::new(ErrorKind::Unavailable, "the generator is gone"))
    }
}

#[tokio::test]
async fn a_source_that_fails_ends_the_call() {
    let host = builder().entropy(Broken).build().unwrap();
    let guest = Guest::on(&host, "probe-random").imports(["wasi:random"]);
    for (export, arguments) in [
        ("bytes", json!([1])),
        ("insecure-bytes", json!([1])),
        ("number", json!([])),
        ("insecure-number", json!([])),
        ("seed", json!([])),
    ] {
        let error = guest.fails(export, arguments).await;
        assert_eq!((error.kind(), error.message()), (ErrorKind::Unavailable, "the generator is gone"), "{export}");
    }
}

#[tokio::test]
async fn more_bytes_than_the_limit_end_the_call() {
    let guest = guest().limits(|limits| limits.max_host_bytes = 4096);
    for export in ["bytes", "insecure-bytes"] {
        assert_eq!(length(&guest, export, 64).await, 64);
        for count in [4097, u64::from(u32::MAX) + 1, u64::MAX] {
            let error = guest.fails(export, json!([count])).await;
            assert_eq!(
                error.message(),
                format!("test:probe-random: the guest asked for {count} random bytes at once, and may have 4096")
            );
            assert_eq!(
                error.remedy(),
                Some("raise limits.max_host_bytes of the entry, or let the guest ask for less at a time")
            );
            assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::HostBytes));
        }
    }
}
