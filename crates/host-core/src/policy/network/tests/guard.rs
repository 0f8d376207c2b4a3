use super::{REMOTE, addr, ip, rules};
use crate::policy::network::{
    AllowSource, Decision, NameMemory, NetworkGuard, NetworkPolicy, NetworkRequest, NetworkRules, NetworkUse,
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[test]
fn a_socket_may_use_what_a_permitted_name_gave() {
    let guard = NetworkGuard::new("demo:report", rules(&["api.example.com:443", "*.example.org:80"]));
    guard.lookup("api.example.com").unwrap();
    let address = addr("93.184.216.34:443");
    for action in REMOTE {
        assert!(guard.check(action, None, address).is_err(), "nothing was looked up yet");
    }
    guard.remember("API.example.com.", &[ip("93.184.216.34"), ip("2606::1"), ip("10.0.0.7")]);
    for action in REMOTE {
        guard.check(action, None, address).unwrap();
        guard.check(action, None, addr("[2606::1]:443")).unwrap();
    }
    assert_eq!(
        guard.check(NetworkUse::Connect, None, addr("10.0.0.7:443")).unwrap_err().to_string(),
        r#"entry demo:report: denied tcp connect to api.example.com:443 at 10.0.0.7 (private address, which no name opens); add "10.0.0.7:443" to its wasi.network.allow"#
    );
    assert_eq!(
        guard.check(NetworkUse::Connect, None, addr("93.184.216.34:80")).unwrap_err().to_string(),
        r#"entry demo:report: denied tcp connect to api.example.com:80 at 93.184.216.34 (named by wasi.network.allow for other ports only); add "api.example.com:80" to its wasi.network.allow"#
    );
    assert!(guard.check(NetworkUse::Bind, None, address).is_err(), "a name opens no bind");
}

#[test]
fn one_permitted_name_of_a_shared_address_is_enough() {
    let guard = NetworkGuard::new("demo:report", rules(&["a.example.com:443", "b.example.com:80"]));
    guard.remember("a.example.com", &[ip("93.184.216.34")]);
    guard.remember("b.example.com", &[ip("93.184.216.34")]);
    guard.check(NetworkUse::Connect, None, addr("93.184.216.34:443")).unwrap();
    guard.check(NetworkUse::Connect, None, addr("93.184.216.34:80")).unwrap();
    let denial = guard.check(NetworkUse::Connect, None, addr("93.184.216.34:22")).unwrap_err();
    assert_eq!(denial.line.as_deref(), Some("b.example.com:22"), "the latest name is the one that is suggested");
}

#[test]
fn a_remembered_name_is_judged_by_the_rules_again() {
    let guard = NetworkGuard::new("demo:report", rules(&["a.example.com"]));
    guard.remember("evil.example", &[ip("93.184.216.34")]);
    guard.remember("a.example.com", &[ip("127.0.0.1")]);
    assert!(guard.check(NetworkUse::Connect, None, addr("93.184.216.34:443")).is_err());
    assert!(guard.check(NetworkUse::Connect, None, addr("127.0.0.1:443")).is_err());
}

#[test]
fn a_name_that_the_caller_knows_is_the_one_that_counts() {
    let guard = NetworkGuard::new("demo:report", rules(&["a.example.com"]));
    let address = addr("93.184.216.34:443");
    guard.check(NetworkUse::HttpRequest, Some("a.example.com"), address).unwrap();
    guard.remember("a.example.com", &[address.ip()]);
    assert!(guard.check(NetworkUse::HttpRequest, Some("b.example.com"), address).is_err());
    guard.check(NetworkUse::HttpRequest, Some("93.184.216.34"), address).unwrap();
}

#[test]
fn what_a_name_gave_is_forgotten_in_time() {
    let guard = NetworkGuard::new("demo:report", rules(&["a.example.com"]));
    let (start, address) = (Instant::now(), addr("93.184.216.34:443"));
    guard.remember_at("a.example.com", &[address.ip()], start);
    let later = start + NameMemory::LIFETIME;
    guard.check_at(NetworkUse::Connect, None, address, later - Duration::from_nanos(1)).unwrap();
    assert!(guard.check_at(NetworkUse::Connect, None, address, later).is_err());
}

#[test]
fn only_names_are_remembered() {
    let guard = NetworkGuard::new("demo:report", NetworkRules::public());
    for host in ["93.184.216.34", "::1", "a b", "", "127.1"] {
        guard.remember(host, &[ip("93.184.216.34")]);
    }
    assert!(guard.names().is_empty());
}

#[test]
fn a_denied_lookup_names_the_entry() {
    let guard = NetworkGuard::new("demo:report", rules(&["a.example.com:443"]));
    assert_eq!(
        guard.lookup("evil.example").unwrap_err().to_string(),
        r#"entry demo:report: denied lookup of evil.example (not named by wasi.network.allow); add "evil.example" to its wasi.network.allow"#
    );
    guard.lookup_for("a.example.com", 443).unwrap();
    assert_eq!(
        guard.lookup_for("a.example.com", 80).unwrap_err().to_string(),
        r#"entry demo:report: denied lookup of a.example.com:80 (named by wasi.network.allow for other ports only); add "a.example.com:80" to its wasi.network.allow"#
    );
    let counts = guard.denials().counts();
    assert_eq!(counts.iter().map(|row| row.count).sum::<u64>(), 2);
}

/// Allows what the rules deny on port 1, denies what they allow on port 2, and notes what it was asked.
#[derive(Default)]
struct Contrary(Mutex<Vec<String>>);

impl NetworkPolicy for Contrary {
    fn network(&self, request: &NetworkRequest<'_>) -> Decision {
        self.0.lock().unwrap().push(format!(
            "{} {:?} {:?} {:?} {}",
            request.entry,
            request.action,
            request.host,
            request.addr.map(|addr| addr.to_string()),
            request.rules.is_allowed()
        ));
        match (request.addr.map(|addr| addr.port()), request.host) {
            (Some(1), _) | (_, Some("friend.example")) => Decision::Allow,
            (Some(2), _) | (_, Some("foe.example")) => request.deny("closed for maintenance"),
            _ => request.rules.clone(),
        }
    }
}

#[test]
fn an_embedders_policy_has_the_last_word_in_both_directions() {
    let policy = Arc::new(Contrary::default());
    let guard = NetworkGuard::new("demo:report", rules(&["*.example.com"])).with_policy(policy.clone());
    guard.check(NetworkUse::Connect, None, addr("[::ffff:127.0.0.1]:1")).unwrap();
    guard.lookup("friend.example").unwrap();
    guard.lookup("a.example.com").unwrap();
    guard.remember("a.example.com", &[ip("93.184.216.34")]);
    guard.remember("b.example.com", &[ip("93.184.216.34")]);
    guard.check(NetworkUse::Connect, None, addr("93.184.216.34:443")).unwrap();
    let denial = guard.check(NetworkUse::Connect, None, addr("93.184.216.34:2")).unwrap_err();
    assert_eq!(
        denial.to_string(),
        "entry demo:report: denied tcp connect to b.example.com:2 at 93.184.216.34 (closed for maintenance)"
    );
    let denial = guard.lookup("foe.example").unwrap_err();
    assert_eq!(denial.to_string(), "entry demo:report: denied lookup of foe.example (closed for maintenance)");
    guard.check(NetworkUse::Bind, None, addr("0.0.0.0:0")).unwrap();
    assert_eq!(
        *policy.0.lock().unwrap(),
        [
            r#"demo:report Connect None Some("127.0.0.1:1") false"#,
            r#"demo:report Lookup Some("friend.example") None false"#,
            r#"demo:report Lookup Some("a.example.com") None true"#,
            r#"demo:report Connect Some("b.example.com") Some("93.184.216.34:443") true"#,
            r#"demo:report Connect Some("b.example.com") Some("93.184.216.34:2") true"#,
            r#"demo:report Connect Some("a.example.com") Some("93.184.216.34:2") true"#,
            r#"demo:report Lookup Some("foe.example") None false"#,
            r#"demo:report Bind None Some("0.0.0.0:0") true"#,
        ]
    );
}

struct Quiet;

impl NetworkPolicy for Quiet {}

#[test]
fn a_policy_that_says_nothing_changes_nothing() {
    let plain = NetworkGuard::new("demo:report", rules(&["a.example.com:443", "10.0.0.0/8"]));
    let asked =
        NetworkGuard::new("demo:report", rules(&["a.example.com:443", "10.0.0.0/8"])).with_policy(Arc::new(Quiet));
    for guard in [&plain, &asked] {
        guard.remember("a.example.com", &[ip("93.184.216.34"), ip("127.0.0.1")]);
    }
    for host in [None, Some("a.example.com"), Some("b.example.com"), Some("10.0.0.1")] {
        for address in ["93.184.216.34:443", "93.184.216.34:80", "127.0.0.1:443", "10.0.0.1:1", "0.0.0.0:0", "[::]:1"] {
            for action in REMOTE.into_iter().chain([NetworkUse::Bind, NetworkUse::Listen, NetworkUse::Accept]) {
                assert_eq!(plain.check(action, host, addr(address)), asked.check(action, host, addr(address)));
            }
        }
        if let Some(host) = host {
            assert_eq!(plain.lookup(host), asked.lookup(host));
        }
    }
    assert_eq!(plain.denials().counts(), asked.denials().counts());
}

#[test]
fn a_command_is_named_as_it_was_called() {
    let rules = rules(&[]).with_source(AllowSource::CommandLine);
    let guard = NetworkGuard::new("fetch.wasm", rules);
    assert_eq!(
        guard.lookup_for("api.example.com", 443).unwrap_err().to_string(),
        r#"fetch.wasm: denied lookup of api.example.com:443 (not named by --allow); add --allow "api.example.com:443""#
    );
}

#[test]
fn a_guard_is_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<NetworkGuard>();
}
