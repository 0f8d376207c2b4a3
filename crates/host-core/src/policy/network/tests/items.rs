use super::rules;
use crate::policy::network::{MAX_ITEMS, NetworkRules};

#[test]
fn every_form_of_an_item_is_read_and_has_one_normal_spelling() {
    for (item, spelling) in [
        ("api.example.com", "api.example.com"),
        ("API.Example.COM.:443", "api.example.com:443"),
        (" api.example.com:443 ", "api.example.com:443"),
        ("api.example.com:*", "api.example.com"),
        ("api.example.com:00443", "api.example.com:443"),
        ("_srv.internal_db", "_srv.internal_db"),
        ("db", "db"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("*.example.org", "*.example.org"),
        ("*.Example.org.:8443", "*.example.org:8443"),
        ("*.com", "*.com"),
        ("*.localhost:80", "*.localhost:80"),
        ("localhost", "localhost"),
        ("LocalHost.:*", "localhost"),
        ("localhost:5432", "localhost:5432"),
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1:*", "10.0.0.1"),
        ("10.0.0.1.:80", "10.0.0.1:80"),
        ("10.0.0.1/32:80", "10.0.0.1:80"),
        ("10.1.0.0/16:5432", "10.1.0.0/16:5432"),
        ("10.1.0.0/16:*", "10.1.0.0/16"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::1", "::1"),
        ("::", "::"),
        ("[::1]", "::1"),
        ("[::1]:80", "[::1]:80"),
        ("[0:0:0:0:0:0:0:1]:*", "::1"),
        ("fd00::/8", "fd00::/8"),
        ("fd00::/8:443", "[fd00::/8]:443"),
        ("[fd00::/8]:443", "[fd00::/8]:443"),
        ("[fd00::/8]", "fd00::/8"),
        ("::/0", "::/0"),
        ("[::ffff:10.0.0.1]:80", "10.0.0.1:80"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ] {
        assert_eq!(rules(&[item]).items().unwrap(), [spelling], "{item}");
        assert_eq!(rules(&[spelling]), rules(&[item]), "the normal spelling of {item} means the same");
    }
}

#[test]
fn every_wrong_item_is_answered_with_what_is_wrong_and_what_to_write() {
    for (item, error) in [
        ("", r#"the item is empty; remove it, or write a host and a port"#),
        ("  ", r#"the item is empty; remove it, or write a host and a port"#),
        ("https://x", r#""https://x" has a scheme; an item is a host and a port; write "x:443""#),
        ("HTTP://X/a?b", r#""HTTP://X/a?b" has a scheme; an item is a host and a port; write "x:80""#),
        (
            "postgres://me:pw@db:6432/x",
            r#""postgres://me:pw@db:6432/x" has a scheme; an item is a host and a port; write "db:6432""#,
        ),
        ("http://[::1]/", r#""http://[::1]/" has a scheme; an item is a host and a port; write "[::1]:80""#),
        ("gopher://x", r#""gopher://x" has a scheme; an item is a host and a port; write "x""#),
        ("https://", r#""https://" has a scheme; an item is a host and a port; write the host and the port alone"#),
        (
            "https://a b",
            r#""https://a b" has a scheme; an item is a host and a port; write the host and the port alone"#,
        ),
        ("x.com/api", r#""x.com/api" has a path; an item is a host and a port; write "x.com""#),
        ("x.com:443/api", r#""x.com:443/api" has a path; an item is a host and a port; write "x.com:443""#),
        ("/api", r#""/api" has a path; an item is a host and a port; write the host and the port alone"#),
        (
            "*",
            r#""*" would name every host; leave "allow" out to reach every public address, or name networks such as "0.0.0.0/0" and "::/0""#,
        ),
        (
            "*:443",
            r#""*:443" would name every host; leave "allow" out to reach every public address, or name networks such as "0.0.0.0/0:443" and "[::/0]:443""#,
        ),
        (
            "a.*.example.com",
            r#""a.*.example.com" has a wildcard elsewhere than in front of a domain; write "*.example.com""#,
        ),
        (
            "*api.example.com:443",
            r#""*api.example.com:443" has a wildcard elsewhere than in front of a domain; write "*.api.example.com:443""#,
        ),
        (
            "*.*.example.com",
            r#""*.*.example.com" has a wildcard elsewhere than in front of a domain; write "*.example.com""#,
        ),
        (
            "example.*",
            r#""example.*" has a wildcard elsewhere than in front of a domain; write the domain as "*.example.com""#,
        ),
        ("*.10.0.0.1", r#""*.10.0.0.1" has a wildcard before an address; write a network such as "10.0.0.0/8""#),
        ("*.0.1", r#""*.0.1" has a wildcard before an address; write a network such as "10.0.0.0/8""#),
        ("*.", r#""*." names no host: it is empty; write a host and a port, such as "api.example.com:443""#),
        ("x:", r#""x:" has a colon and no port; write "x""#),
        ("[::1]:", r#""[::1]:" has a colon and no port; write "::1""#),
        (":80", r#"":80" names no host: it is empty; write a host and a port, such as "api.example.com:443""#),
        ("x:0", r#""x:0" has the port "0"; write a port from 1 to 65535, or "*" for every port"#),
        ("x:65536", r#""x:65536" has the port "65536"; write a port from 1 to 65535, or "*" for every port"#),
        ("x:+80", r#""x:+80" has the port "+80"; write a port from 1 to 65535, or "*" for every port"#),
        ("x:http", r#""x:http" has the port "http"; write a port from 1 to 65535, or "*" for every port"#),
        ("x:٨٠", r#""x:٨٠" has the port "٨٠"; write a port from 1 to 65535, or "*" for every port"#),
        (
            "x:80-90",
            r#""x:80-90" has more than one port; port ranges are not supported; write one item for each port, or "x" for every port"#,
        ),
        (
            "10.0.0.0/8:80,443,8080",
            r#""10.0.0.0/8:80,443,8080" has more than one port; port ranges are not supported; write one item for each port, or "10.0.0.0/8" for every port"#,
        ),
        (
            "10.0.0.0/33",
            r#""10.0.0.0/33" has no prefix length of 0 to 32 after the "/"; write a network such as "10.0.0.0/8", or the address alone"#,
        ),
        (
            "10.0.0.1/index.html",
            r#""10.0.0.1/index.html" has no prefix length of 0 to 32 after the "/"; write a network such as "10.0.0.0/8", or the address alone"#,
        ),
        (
            "10.0.0.0/255.0.0.0",
            r#""10.0.0.0/255.0.0.0" has no prefix length of 0 to 32 after the "/"; write a network such as "10.0.0.0/8", or the address alone"#,
        ),
        (
            "10.0.0.0/+8",
            r#""10.0.0.0/+8" has no prefix length of 0 to 32 after the "/"; write a network such as "10.0.0.0/8", or the address alone"#,
        ),
        (
            "[fd00::/129]:80",
            r#""[fd00::/129]:80" has no prefix length of 0 to 128 after the "/"; write a network such as "fd00::/8", or the address alone"#,
        ),
        (
            "10.1.2.3/16",
            r#""10.1.2.3/16" has bits set beyond its prefix length; write the network "10.1.0.0/16", or the address "10.1.2.3""#,
        ),
        (
            "[fd00::]/8:443",
            r#""[fd00::]/8:443" has "/8:443" after the bracket, where only a port may stand; write an IPv6 address as "[::1]:80", a network as "[fd00::/8]:443""#,
        ),
        ("[::1", r#""[::1" has no closing bracket; write an IPv6 address with a port as "[::1]:80""#),
        ("[10.0.0.1]:80", r#""[10.0.0.1]:80" has brackets around an IPv4 address; write "10.0.0.1:80""#),
        (
            "[example.com]:80",
            r#""[example.com]:80" is no IPv6 address; write an IPv6 address with a port as "[::1]:80", a name with a port as "api.example.com:443""#,
        ),
        ("::1:80", r#""::1:80" is an IPv6 address with a port, which needs brackets; write "[::1]:80""#),
        ("::1:*", r#""::1:*" is an IPv6 address with a port, which needs brackets; write "::1""#),
        ("fe80::1%eth0", r#""fe80::1%eth0" has an IPv6 zone, which is not supported; write "fe80::1""#),
        (
            "[fe80::1%25eth0]:80",
            r#""[fe80::1%25eth0]:80" has an IPv6 zone, which is not supported; write "[fe80::1]:80""#,
        ),
        (
            "127.1",
            r#""127.1" names no host: it ends in a number, but is no IPv4 address of four decimal numbers; write four decimal numbers without leading zeros, such as "127.0.0.1""#,
        ),
        (
            "bücher.example:443",
            r#""bücher.example:443" is not in ASCII, the form in which names are compared; write "xn--bcher-kva.example:443""#,
        ),
        (
            "*.bücher.example",
            r#""*.bücher.example" is not in ASCII, the form in which names are compared; write "*.xn--bcher-kva.example""#,
        ),
        (
            "１０.0.0.1:80",
            r#""１０.0.0.1:80" is not in ASCII, the form in which names are compared; write "10.0.0.1:80""#,
        ),
        ("a b.com", r#""a b.com" names no host: it holds ' '; write a host and a port, such as "api.example.com:443""#),
        (
            "user@x.com",
            r#""user@x.com" names no host: it holds '@'; write a host and a port, such as "api.example.com:443""#,
        ),
        (
            "a..b",
            r#""a..b" names no host: there is nothing between two dots; write a host and a port, such as "api.example.com:443""#,
        ),
    ] {
        let errors = NetworkRules::parse(&[item.to_owned()]).unwrap_err();
        assert_eq!(errors.len(), 1, "{item}");
        assert_eq!(errors[0].to_string(), format!("wasi.network.allow[0]: {error}"));
    }
}

#[test]
fn all_wrong_items_are_reported_at_once_with_their_places() {
    let items = ["ok.example", "https://x", "10.0.0.0/8", "*", ""].map(str::to_owned);
    let errors = NetworkRules::parse(&items).unwrap_err();
    assert_eq!(errors.iter().map(|error| error.index).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!(errors[0].message, r#""https://x" has a scheme; an item is a host and a port"#);
    assert_eq!(errors[0].remedy, r#"write "x:443""#);
}

#[test]
fn a_list_has_a_greatest_length() {
    let item = |index: usize| format!("h{index}.example");
    let most: Vec<String> = (0..MAX_ITEMS).map(item).collect();
    assert_eq!(NetworkRules::parse(&most).unwrap().items().unwrap().len(), MAX_ITEMS);
    let more: Vec<String> = (0..=MAX_ITEMS).map(item).collect();
    assert_eq!(
        NetworkRules::parse(&more).unwrap_err()[0].to_string(),
        "wasi.network.allow[1024]: 1025 items are more than the 1024 that a list may hold; \
         name domains (\"*.example.com\") and networks"
    );
}

#[test]
fn equal_lists_are_equal_rules_in_any_order_and_spelling() {
    assert_eq!(rules(&["a.example:443", "10.0.0.0/8"]), rules(&["10.0.0.0/8:*", "A.example.:443", "a.example:443"]));
    assert_ne!(rules(&["a.example:443"]), rules(&["a.example"]));
    assert_ne!(rules(&[]), NetworkRules::public());
    assert_eq!(rules(&[]), NetworkRules::nothing());
    assert_eq!(NetworkRules::public().items(), None);
}
