use super::{REMOTE, addr, connects, rules};
use crate::policy::network::{NetworkRules, NetworkUse};

const NOT_PUBLIC: [&str; 18] = [
    "127.0.0.1:80",
    "10.0.0.1:80",
    "172.16.0.1:80",
    "192.168.1.1:80",
    "169.254.1.1:80",
    "169.254.169.254:80",
    "100.64.0.1:80",
    "0.0.0.0:80",
    "255.255.255.255:80",
    "224.0.0.1:80",
    "[::1]:80",
    "[::]:80",
    "[fd00::1]:80",
    "[fe80::1]:80",
    "[fd00:ec2::254]:80",
    "[::ffff:127.0.0.1]:80",
    "[::ffff:169.254.169.254]:80",
    "[64:ff9b::10.0.0.1]:80",
];

#[test]
fn without_allow_public_addresses_alone_are_reached() {
    let rules = NetworkRules::public();
    for action in REMOTE {
        for host in [None, Some("example.com"), Some("localhost")] {
            for address in ["93.184.216.34:443", "[2606:4700::1]:443", "[::ffff:93.184.216.34]:80", "1.1.1.1:1"] {
                assert!(rules.decide_address(action, host, addr(address)).is_allowed(), "{action:?} {address}");
            }
            for address in NOT_PUBLIC {
                assert!(!rules.decide_address(action, host, addr(address)).is_allowed(), "{action:?} {address}");
            }
        }
    }
}

#[test]
fn an_empty_list_reaches_nothing_and_looks_nothing_up() {
    let rules = rules(&[]);
    for action in REMOTE {
        assert!(!rules.decide_address(action, None, addr("93.184.216.34:443")).is_allowed());
    }
    assert!(!rules.decide_name("example.com", None).is_allowed());
    assert!(!rules.decide_name("93.184.216.34", None).is_allowed());
}

#[test]
fn a_name_opens_what_it_resolved_to_on_its_port_alone() {
    let rules = rules(&["api.example.com:443", "*.example.org", "*.example.net:8443"]);
    let public = |host, port: u16| connects(&rules, host, &format!("93.184.216.34:{port}"));
    assert!(public(Some("api.example.com"), 443));
    assert!(public(Some("API.example.COM."), 443));
    assert!(connects(&rules, Some("api.example.com"), "[2606:4700::1]:443"));
    assert!(connects(&rules, Some("api.example.com"), "[64:ff9b::93.184.216.34]:443"));
    assert!(!public(Some("api.example.com"), 80));
    assert!(!public(Some("example.com"), 443));
    assert!(!public(Some("xapi.example.com"), 443));
    assert!(!public(Some("api.example.com.evil.test"), 443));
    assert!(!public(None, 443));
    assert!(public(Some("a.example.org"), 1));
    assert!(public(Some("a.b.example.org"), 65535));
    assert!(!public(Some("example.org"), 80));
    assert!(!public(Some(".example.org"), 80));
    assert!(!public(Some("badexample.org"), 80));
    assert!(public(Some("a.example.net"), 8443));
    assert!(!public(Some("a.example.net"), 443));
}

#[test]
fn a_name_never_opens_an_address_that_is_not_public() {
    let rules = rules(&["db.example.com", "*.example.org", "*.localhost", "app.localhost", "localhost"]);
    for host in ["db.example.com", "a.example.org"] {
        for address in NOT_PUBLIC.iter().filter(|address| !address.contains("127.0.0.1") && **address != "[::1]:80") {
            assert!(!connects(&rules, Some(host), address), "{host} {address}");
        }
    }
    let rules = super::rules(&["db.example.com", "*.localhost", "app.localhost"]);
    for host in ["db.example.com", "app.localhost", "x.localhost", "localhost"] {
        for address in NOT_PUBLIC {
            assert!(!connects(&rules, Some(host), address), "{host} {address}");
        }
    }
}

#[test]
fn localhost_opens_loopback_addresses_and_nothing_else() {
    let rules = rules(&["localhost:5432"]);
    for host in [None, Some("localhost"), Some("LOCALHOST."), Some("app.localhost")] {
        for address in ["127.0.0.1:5432", "127.8.9.1:5432", "[::1]:5432", "[::ffff:127.0.0.1]:5432"] {
            assert!(connects(&rules, host, address), "{host:?} {address}");
        }
        for address in ["127.0.0.1:5433", "93.184.216.34:5432", "10.0.0.1:5432", "0.0.0.0:5432", "[::127.0.0.1]:5432"] {
            assert!(!connects(&rules, host, address), "{host:?} {address}");
        }
    }
    assert!(rules.decide_name("localhost", None).is_allowed());
    assert!(rules.decide_name("127.0.0.1", None).is_allowed());
    assert!(!rules.decide_name("app.localhost", None).is_allowed());
}

#[test]
fn an_address_opens_itself_whatever_its_class() {
    for address in NOT_PUBLIC.into_iter().chain(["93.184.216.34:80", "[2606:4700::1]:80"]) {
        let rules = rules(&[address]);
        assert!(connects(&rules, None, address), "{address}");
        assert!(connects(&rules, Some("any.example"), address), "{address}");
        assert!(!connects(&rules, None, &address.replace(":80", ":81")), "{address}");
    }
    let rules = rules(&["127.0.0.1:80", "[::ffff:10.0.0.1]:80", "[::1]:*"]);
    assert!(connects(&rules, None, "[::ffff:127.0.0.1]:80"));
    assert!(connects(&rules, None, "10.0.0.1:80"));
    assert!(connects(&rules, None, "[::1]:9"));
    assert!(!connects(&rules, None, "127.0.0.2:80"));
    assert!(!connects(&rules, None, "[64:ff9b::10.0.0.1]:80"));
}

#[test]
fn a_network_outside_public_space_opens_what_is_in_it() {
    let rules = rules(&["10.1.0.0/16:5432", "[fd00::/8]:443", "127.0.0.0/8"]);
    assert!(connects(&rules, None, "10.1.0.0:5432"));
    assert!(connects(&rules, None, "10.1.255.255:5432"));
    assert!(connects(&rules, Some("db.internal"), "10.1.2.3:5432"));
    assert!(connects(&rules, None, "[::ffff:10.1.2.3]:5432"));
    assert!(connects(&rules, None, "[fdff::1]:443"));
    assert!(connects(&rules, None, "127.1.2.3:1"));
    assert!(!connects(&rules, None, "10.1.2.3:5433"));
    assert!(!connects(&rules, None, "10.2.0.0:5432"));
    assert!(!connects(&rules, None, "[fc00::1]:443"));
    assert!(!connects(&rules, None, "[::1]:443"));
}

#[test]
fn a_network_with_public_addresses_in_it_opens_those_alone() {
    let rules = rules(&["0.0.0.0/0", "::/0", "10.0.0.0/7", "2002::/16", "64:ff9b::/96"]);
    for address in ["93.184.216.34:1", "[2606:4700::1]:1", "11.0.0.1:1", "[64:ff9b::8.8.8.8]:1", "[2002:808:808::1]:1"]
    {
        assert!(connects(&rules, None, address), "{address}");
    }
    for address in NOT_PUBLIC.into_iter().chain(["[2002:a00:1::1]:1"]) {
        assert!(!connects(&rules, None, address), "{address}");
        assert!(!rules.decide_address(NetworkUse::Bind, None, addr(address)).is_allowed(), "{address}");
        assert!(!rules.decide_address(NetworkUse::Listen, None, addr(address)).is_allowed(), "{address}");
    }
    let v4 = super::rules(&["0.0.0.0/0"]);
    assert!(!connects(&v4, None, "[2606:4700::1]:1"));
    let v6 = super::rules(&["::/0"]);
    assert!(!connects(&v6, None, "93.184.216.34:1"));
    assert!(!connects(&v6, None, "[::ffff:93.184.216.34]:1"));
}

#[test]
fn a_metadata_service_opens_by_its_own_address_alone() {
    let wide = rules(&["169.254.0.0/16", "100.64.0.0/10", "fd00::/8", "168.63.129.0/24", "0.0.0.0/0"]);
    for address in ["169.254.169.254:80", "100.100.100.200:80", "[fd00:ec2::254]:80", "168.63.129.16:80"] {
        assert!(!connects(&wide, None, address), "{address}");
        assert!(connects(&rules(&[address]), None, address), "{address}");
    }
    assert!(connects(&wide, None, "169.254.1.1:80"));
    assert!(connects(&wide, None, "100.64.0.1:80"));
    assert!(connects(&rules(&["169.254.169.254/32"]), None, "169.254.169.254:80"));
    assert!(!connects(&rules(&["64:ff9b:1::/48"]), None, "[64:ff9b:1::169.254.169.254]:80"));
}

#[test]
fn names_are_looked_up_as_the_list_says() {
    let public = NetworkRules::public();
    for name in ["example.com", "localhost", "db", "bücher.example", "93.184.216.34", "2606:4700::1"] {
        assert!(public.decide_name(name, None).is_allowed(), "{name}");
    }
    for literal in ["127.0.0.1", "10.0.0.1.", "::1", "[::1]", "::ffff:10.0.0.1", "169.254.169.254", "１２７.0.0.1"] {
        assert!(!public.decide_name(literal, None).is_allowed(), "{literal}");
    }
    let rules =
        rules(&["api.example.com:443", "*.example.org", "10.0.0.0/8:5432", "xn--bcher-kva.example", "0.0.0.0/0:80"]);
    for (name, port, allowed) in [
        ("api.example.com", None, true),
        ("Api.Example.Com.", Some(443), true),
        ("api.example.com", Some(80), false),
        ("example.com", None, false),
        ("a.example.org", Some(1), true),
        ("example.org", None, false),
        ("BÜCHER.example", None, true),
        ("bücher.example.", Some(1), true),
        ("localhost", None, false),
        ("10.0.0.1", None, true),
        ("10.0.0.1", Some(5432), true),
        ("10.0.0.1", Some(80), false),
        ("93.184.216.34", None, true),
        ("93.184.216.34", Some(443), false),
        ("127.0.0.1", None, false),
    ] {
        assert_eq!(rules.decide_name(name, port).is_allowed(), allowed, "{name} {port:?}");
    }
}

#[test]
fn binding_port_0_of_the_unspecified_address_is_free() {
    for rules in [NetworkRules::public(), rules(&[])] {
        for address in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
            assert!(rules.decide_address(NetworkUse::Bind, None, addr(address)).is_allowed(), "{address}");
            assert!(!rules.decide_address(NetworkUse::Listen, None, addr(address)).is_allowed(), "{address}");
        }
        for address in ["0.0.0.0:1", "127.0.0.1:0", "[::1]:0", "[::]:8080", "93.184.216.34:0", "93.184.216.34:80"] {
            assert!(!rules.decide_address(NetworkUse::Bind, None, addr(address)).is_allowed(), "{address}");
            assert!(!rules.decide_address(NetworkUse::Listen, None, addr(address)).is_allowed(), "{address}");
        }
    }
}

#[test]
fn listening_and_a_chosen_port_need_an_item_with_that_address() {
    for (item, address, allowed) in [
        ("0.0.0.0:8080", "0.0.0.0:8080", true),
        ("0.0.0.0:8080", "0.0.0.0:8081", false),
        ("0.0.0.0:8080", "127.0.0.1:8080", false),
        ("0.0.0.0:8080", "[::]:8080", false),
        ("[::]:8080", "[::]:8080", true),
        ("0.0.0.0", "0.0.0.0:40000", true),
        ("127.0.0.1:8080", "127.0.0.1:8080", true),
        ("127.0.0.1:8080", "0.0.0.0:8080", false),
        ("127.0.0.1", "127.0.0.1:0", true),
        ("127.0.0.1:8080", "127.0.0.1:0", false),
        ("localhost:8080", "127.0.0.1:8080", true),
        ("localhost:8080", "[::1]:8080", true),
        ("localhost:8080", "0.0.0.0:8080", false),
        ("localhost:*", "127.0.0.1:0", true),
        ("10.0.0.0/8:8080", "10.1.2.3:8080", true),
        ("10.0.0.0/8:8080", "0.0.0.0:8080", false),
        ("me.example", "93.184.216.34:80", false),
        ("0.0.0.0/0", "93.184.216.34:80", true),
        ("0.0.0.0/0", "0.0.0.0:80", false),
    ] {
        for action in [NetworkUse::Bind, NetworkUse::Listen] {
            let decision = rules(&[item]).decide_address(action, Some("me.example"), addr(address));
            assert_eq!(decision.is_allowed(), allowed, "{item}: {action:?} {address}");
        }
    }
}

#[test]
fn what_reaches_a_permitted_server_is_permitted() {
    let served = NetworkUse::ReceiveDatagram { on_permitted_bind: true };
    for address in NOT_PUBLIC.into_iter().chain(["93.184.216.34:80"]) {
        for rules in [NetworkRules::public(), rules(&[])] {
            assert!(rules.decide_address(NetworkUse::Accept, None, addr(address)).is_allowed());
            assert!(rules.decide_address(served, None, addr(address)).is_allowed());
            let sent = rules.decide_address(NetworkUse::SendDatagram, None, addr(address)).is_allowed();
            assert_eq!(rules.decide_address(super::RECEIVE, None, addr(address)).is_allowed(), sent);
        }
    }
}
