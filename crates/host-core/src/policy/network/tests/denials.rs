use super::{RECEIVE, addr, connects, rules};
use crate::policy::network::{AllowSource, Decision, Denial, NetworkRules, NetworkUse};

fn denial(decision: Decision) -> Denial {
    match decision {
        Decision::Deny(denial) => denial,
        Decision::Allow => panic!("allowed"),
    }
}

#[test]
fn a_denied_use_says_what_why_and_the_line_to_add() {
    use NetworkUse::{Bind, Connect, HttpRequest, Listen, SendDatagram};
    let (public, one) = (NetworkRules::public(), rules(&["x.example"]));
    let named =
        rules(&["api.example.com:443", "*.example.org", "localhost:1", "0.0.0.0/0:8", "169.254.0.0/16", "10.0.0.1:1"]);
    for (rules, action, host, address, text) in [
        (
            &public,
            Connect,
            None,
            "127.0.0.1:5432",
            r#"denied tcp connect to 127.0.0.1:5432 (loopback address, not named by wasi.network.allow); add "127.0.0.1:5432" to its wasi.network.allow"#,
        ),
        (
            &public,
            Connect,
            None,
            "[::ffff:127.0.0.1]:5432",
            r#"denied tcp connect to 127.0.0.1:5432 (loopback address, not named by wasi.network.allow); add "127.0.0.1:5432" to its wasi.network.allow"#,
        ),
        (
            &public,
            Connect,
            Some("localhost"),
            "[::1]:5432",
            r#"denied tcp connect to localhost:5432 at ::1 (loopback address, not named by wasi.network.allow); add "localhost:5432" to its wasi.network.allow"#,
        ),
        (
            &public,
            HttpRequest,
            Some("DB.internal."),
            "10.0.0.7:80",
            r#"denied http request to db.internal:80 at 10.0.0.7 (private address, not named by wasi.network.allow); add "10.0.0.7:80" to its wasi.network.allow"#,
        ),
        (
            &public,
            SendDatagram,
            None,
            "[fe80::1%3]:53",
            r#"denied udp send to [fe80::1]:53 (link-local address, not named by wasi.network.allow); add "[fe80::1]:53" to its wasi.network.allow"#,
        ),
        (
            &public,
            RECEIVE,
            None,
            "169.254.169.254:53",
            r#"denied udp receive from 169.254.169.254:53 (metadata service address, not named by wasi.network.allow); add "169.254.169.254:53" to its wasi.network.allow"#,
        ),
        (
            &public,
            Bind,
            None,
            "127.0.0.1:0",
            r#"denied bind to 127.0.0.1:0 (loopback address, not named by wasi.network.allow); add "127.0.0.1:*" to its wasi.network.allow"#,
        ),
        (
            &public,
            Bind,
            Some("x.example"),
            "93.184.216.34:80",
            r#"denied bind to 93.184.216.34:80 (not named by wasi.network.allow); add "93.184.216.34:80" to its wasi.network.allow"#,
        ),
        (
            &public,
            Listen,
            None,
            "0.0.0.0:43210",
            r#"denied tcp listen on 0.0.0.0:43210 (unspecified address, not named by wasi.network.allow); add "0.0.0.0:*" to its wasi.network.allow"#,
        ),
        (
            &public,
            Listen,
            None,
            "[::1]:8080",
            r#"denied tcp listen on [::1]:8080 (loopback address, not named by wasi.network.allow); add "[::1]:8080" to its wasi.network.allow"#,
        ),
        (
            &one,
            Connect,
            None,
            "93.184.216.34:443",
            r#"denied tcp connect to 93.184.216.34:443 (not named by wasi.network.allow); add "93.184.216.34:443" to its wasi.network.allow"#,
        ),
        (
            &named,
            Connect,
            None,
            "93.184.216.34:9",
            r#"denied tcp connect to 93.184.216.34:9 (named by wasi.network.allow for other ports only); add "93.184.216.34:9" to its wasi.network.allow"#,
        ),
        (
            &named,
            Connect,
            Some("other.example.com"),
            "[2606::1]:443",
            r#"denied tcp connect to other.example.com:443 at 2606::1 (not named by wasi.network.allow); add "other.example.com:443" to its wasi.network.allow"#,
        ),
        (
            &named,
            HttpRequest,
            Some("api.example.com"),
            "[2606::1]:80",
            r#"denied http request to api.example.com:80 at 2606::1 (named by wasi.network.allow for other ports only); add "api.example.com:80" to its wasi.network.allow"#,
        ),
        (
            &named,
            HttpRequest,
            Some("a.example.org"),
            "192.168.0.1:80",
            r#"denied http request to a.example.org:80 at 192.168.0.1 (private address, which no name opens); add "192.168.0.1:80" to its wasi.network.allow"#,
        ),
        (
            &named,
            HttpRequest,
            Some("api.example.com"),
            "192.168.0.1:80",
            r#"denied http request to api.example.com:80 at 192.168.0.1 (private address, which no name opens); add "192.168.0.1:80" to its wasi.network.allow"#,
        ),
        (
            &named,
            Connect,
            None,
            "10.0.0.1:2",
            r#"denied tcp connect to 10.0.0.1:2 (private address, named by wasi.network.allow for other ports only); add "10.0.0.1:2" to its wasi.network.allow"#,
        ),
        (
            &named,
            Connect,
            None,
            "127.0.0.1:8",
            r#"denied tcp connect to 127.0.0.1:8 (loopback address, and "0.0.0.0/0:8" opens public addresses only); add "127.0.0.1:8" to its wasi.network.allow"#,
        ),
        (
            &named,
            Connect,
            None,
            "169.254.169.254:80",
            r#"denied tcp connect to 169.254.169.254:80 (metadata service address, which opens by itself alone, not as part of a network); add "169.254.169.254:80" to its wasi.network.allow"#,
        ),
    ] {
        let denial = denial(rules.decide_address(action, host, addr(address)));
        assert_eq!(denial.to_string(), text.replace('\n', ""));
        assert_eq!(denial.starts_list, rules.items().is_none());
    }
}

#[test]
fn a_denied_lookup_says_what_why_and_the_line_to_add() {
    let named = rules(&["api.example.com:443", "0.0.0.0/0:80"]);
    for (rules, host, port, text) in [
        (
            &named,
            "evil.example",
            None,
            r#"denied lookup of evil.example (not named by wasi.network.allow); add "evil.example" to its wasi.network.allow"#,
        ),
        (
            &named,
            "EVIL.example.",
            Some(443),
            r#"denied lookup of evil.example:443 (not named by wasi.network.allow); add "evil.example:443" to its wasi.network.allow"#,
        ),
        (
            &named,
            "api.example.com",
            Some(80),
            r#"denied lookup of api.example.com:80 (named by wasi.network.allow for other ports only); add "api.example.com:80" to its wasi.network.allow"#,
        ),
        (
            &named,
            "10.0.0.1",
            None,
            r#"denied lookup of 10.0.0.1 (private address, and "0.0.0.0/0:80" opens public addresses only); add "10.0.0.1" to its wasi.network.allow"#,
        ),
        (
            &named,
            "[::1]",
            Some(80),
            r#"denied lookup of [::1]:80 (loopback address, not named by wasi.network.allow); add "[::1]:80" to its wasi.network.allow"#,
        ),
        (
            &named,
            "::1",
            None,
            r#"denied lookup of ::1 (loopback address, not named by wasi.network.allow); add "::1" to its wasi.network.allow"#,
        ),
        (&named, "a b", None, r#"denied lookup of "a b" (not a host name: it holds ' ')"#),
        (&named, "", None, r#"denied lookup of "" (not a host name: it is empty)"#),
        (
            &NetworkRules::public(),
            "0x7f.1",
            None,
            r#"denied lookup of "0x7f.1" (not a host name: it ends in a number, but is no IPv4 address of four decimal numbers)"#,
        ),
        (
            &NetworkRules::public(),
            "127.0.0.1",
            None,
            r#"denied lookup of 127.0.0.1 (loopback address, not named by wasi.network.allow); add "127.0.0.1" to its wasi.network.allow"#,
        ),
    ] {
        assert_eq!(denial(rules.decide_name(host, port)).to_string(), text);
    }
}

#[test]
fn a_command_is_told_of_its_option() {
    let rules = rules(&[]).with_source(AllowSource::CommandLine);
    let mut denial = denial(rules.decide_address(NetworkUse::Connect, Some("x.example"), addr("93.184.216.34:443")));
    denial.entry = Some("fetch.wasm".into());
    assert_eq!(
        denial.to_string(),
        r#"fetch.wasm: denied tcp connect to x.example:443 at 93.184.216.34 (not named by --allow); add --allow "x.example:443""#
    );
}

/// The remedy has to be true: whatever is denied with a line is allowed by the rules with that line.
#[test]
fn adding_the_line_allows_what_was_denied() {
    let lists: [&[&str]; 5] = [
        &[],
        &["a.example:1", "0.0.0.0/0:1", "::/0:1"],
        &["0.0.0.0/0", "fd00::/8", "169.254.0.0/16", "*.example"],
        &["localhost:1", "127.0.0.1:2"],
        &["64:ff9b:1::/48"],
    ];
    let actions = [
        NetworkUse::Connect,
        NetworkUse::Bind,
        NetworkUse::Listen,
        NetworkUse::SendDatagram,
        RECEIVE,
        NetworkUse::HttpRequest,
    ];
    let addresses = [
        "93.184.216.34",
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[fd00::1]",
        "[fd00:ec2::254]",
        "[2606::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[64:ff9b:1::127.0.0.1]",
    ];
    let hosts =
        [None, Some("a.example"), Some("LOCALHOST"), Some("10.0.0.1"), Some("not a host"), Some("bücher.example")];
    let (mut denied, mut starts) = (0, Vec::new());
    for items in [None].into_iter().chain(lists.map(Some)) {
        let before = items.map_or_else(NetworkRules::public, rules);
        let with = |line: &str| {
            let items: Vec<&str> = items.unwrap_or_default().iter().copied().chain([line]).collect();
            rules(&items)
        };
        for host in hosts {
            for address in addresses {
                for port in [0, 1, 443] {
                    let address = addr(&format!("{address}:{port}"));
                    for action in actions {
                        let Decision::Deny(denial) = before.decide_address(action, host, address) else { continue };
                        denied += 1;
                        starts.push(denial.starts_list);
                        let after = with(denial.line.as_deref().unwrap());
                        assert!(after.decide_address(action, host, address).is_allowed(), "{denial}");
                    }
                    for name in host.into_iter().map(str::to_owned).chain([address.ip().to_string()]) {
                        for port in [None, Some(address.port()).filter(|port| *port > 0)] {
                            let Decision::Deny(denial) = before.decide_name(&name, port) else { continue };
                            let Some(line) = denial.line.as_deref() else { continue };
                            assert!(with(line).decide_name(&name, port).is_allowed(), "{denial}");
                        }
                    }
                }
            }
        }
    }
    assert!(denied > 1000, "{denied}");
    assert!(starts.contains(&true) && starts.contains(&false));
}

#[test]
fn a_denial_is_data_for_a_report() {
    let mut denial = denial(NetworkRules::public().decide_address(NetworkUse::Connect, None, addr("127.0.0.1:1")));
    denial.entry = Some("demo:report".into());
    assert_eq!(
        serde_json::to_value(&denial).unwrap(),
        serde_json::json!({
            "entry": "demo:report",
            "what": "tcp connect to 127.0.0.1:1",
            "reason": "loopback address, not named by wasi.network.allow",
            "line": "127.0.0.1:1",
            "source": "entry",
            "starts_list": true,
        })
    );
    assert!(connects(&rules(&[denial.line.as_deref().unwrap()]), None, "127.0.0.1:1"));
}
