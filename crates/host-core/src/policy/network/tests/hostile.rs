use super::{addr, rules};
use crate::policy::network::{Decision, NetworkHost, NetworkHostError, NetworkRules, NetworkUse};

#[test]
fn numbers_in_other_forms_are_no_hosts() {
    for text in [
        "127.1",
        "0x7f.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "010.0.0.1",
        "1.2.3.4.5",
        "1.2.3.400",
        "1.2.3",
        "a.0x",
        "a.1",
        "0x",
    ] {
        assert_eq!(NetworkHost::parse(text), Err(NetworkHostError::NumberForm), "{text}");
        assert_eq!(NetworkHost::parse(&format!("{text}.")), Err(NetworkHostError::NumberForm), "{text}.");
        assert!(NetworkRules::parse(&[text.to_owned()]).is_err(), "{text}");
    }
    // In scripts whose digits the international rules turn into ASCII, the text is read as the address that it is.
    assert_eq!(NetworkHost::parse("１２７.1"), Ok(NetworkHost::Address("127.0.0.1".parse().unwrap())));
    assert_eq!(NetworkHost::parse("127。0。0。1"), Ok(NetworkHost::Address("127.0.0.1".parse().unwrap())));
    assert_eq!(NetworkHost::parse("1.2.3.4."), Ok(NetworkHost::Address("1.2.3.4".parse().unwrap())));
}

#[test]
fn ipv6_literals_are_read_strictly() {
    for text in ["fe80::1%eth0", "[fe80::1%1]", "fe80::1%25eth0", "::1%", "%::1"] {
        assert_eq!(NetworkHost::parse(text), Err(NetworkHostError::Zone), "{text}");
    }
    for text in [
        "[::1",
        "[",
        "[]",
        "::1]",
        "[[::1]]",
        ":::",
        "1::2::3",
        "[127.0.0.1]",
        "[a.example]",
        "a:1",
        "12345::",
        "[::1].",
        "::1.",
    ] {
        assert_eq!(NetworkHost::parse(text), Err(NetworkHostError::Ipv6), "{text}");
    }
    assert_eq!(NetworkHost::parse("[::FFFF:127.0.0.1]"), Ok(NetworkHost::Address("127.0.0.1".parse().unwrap())));
}

#[test]
fn odd_characters_are_no_part_of_a_name() {
    for (text, error) in [
        ("", NetworkHostError::Empty),
        (".", NetworkHostError::Empty),
        ("..", NetworkHostError::EmptyLabel),
        ("a..b", NetworkHostError::EmptyLabel),
        (".a", NetworkHostError::EmptyLabel),
        ("a..", NetworkHostError::EmptyLabel),
        ("a b", NetworkHostError::Character(' ')),
        (" a", NetworkHostError::Character(' ')),
        ("a\0b", NetworkHostError::Character('\0')),
        ("a\nb", NetworkHostError::Character('\n')),
        ("a%41", NetworkHostError::Character('%')),
        ("ä%41", NetworkHostError::Character('%')),
        ("a@b", NetworkHostError::Character('@')),
        ("a/b", NetworkHostError::Character('/')),
        ("*", NetworkHostError::Character('*')),
        ("\u{202e}", NetworkHostError::International),
        ("\u{ad}", NetworkHostError::International),
        ("a\u{202e}b.example", NetworkHostError::International),
        ("\u{fffd}.example", NetworkHostError::International),
    ] {
        assert_eq!(NetworkHost::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn names_have_the_lengths_of_dns() {
    let label = "a".repeat(63);
    assert!(NetworkHost::parse(&label).is_ok());
    assert_eq!(NetworkHost::parse(&"a".repeat(64)), Err(NetworkHostError::LongLabel));
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    assert!(NetworkHost::parse(&longest).is_ok());
    assert!(NetworkHost::parse(&format!("{longest}.")).is_ok());
    assert_eq!(NetworkHost::parse(&format!("{longest}a")), Err(NetworkHostError::TooLong));
    // International names count as they are sent.
    assert!(NetworkHost::parse(&"ä".repeat(50)).is_ok());
    assert_eq!(NetworkHost::parse(&"ä".repeat(60)), Err(NetworkHostError::LongLabel));
    assert_eq!(NetworkHost::parse(&"ä".repeat(400)), Err(NetworkHostError::TooLong));
    assert_eq!(NetworkHost::parse(&"ä".repeat(600)), Err(NetworkHostError::TooLong));
}

#[test]
fn huge_texts_cost_nothing_and_are_quoted_in_part() {
    let huge = "x".repeat(10_000_000);
    let Decision::Deny(denial) = NetworkRules::public().decide_name(&huge, None) else { panic!("allowed") };
    assert_eq!(
        denial.to_string(),
        format!("denied lookup of \"{}\" (cut short) (not a host name: it is longer than 253 bytes)", "x".repeat(80))
    );
    for item in [
        huge.clone(),
        format!("{huge}:80"),
        format!("https://{huge}"),
        format!("[{huge}"),
        format!("*{huge}"),
        "ö".repeat(1_000_000),
    ] {
        let error = NetworkRules::parse(&[item]).unwrap_err().remove(0).to_string();
        assert!(error.len() < 400 && error.contains("(cut short) is too long for a host; "), "{error}");
    }
    let decision = NetworkRules::public().decide_address(NetworkUse::Connect, Some(&huge), addr("127.0.0.1:1"));
    let Decision::Deny(denial) = decision else { panic!("allowed") };
    assert_eq!(denial.what, "tcp connect to 127.0.0.1:1");
}

#[test]
fn no_text_of_a_guest_reaches_the_log_raw() {
    for host in [
        "\u{1b}[2J",
        "a\nentry demo:admin: allowed",
        "\u{202e}moc.live",
        "\"; add \"",
        "\u{0}",
        "\u{2028}x",
        "a\u{300}\u{301} ",
    ] {
        let Decision::Deny(denial) = NetworkRules::public().decide_name(host, Some(80)) else { panic!("{host:?}") };
        let text = denial.to_string();
        assert!(!text.contains(|c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}')), "{text:?}");
        assert_eq!(denial.line, None);
        assert!(text.starts_with(&format!("denied lookup of {host:?} (not a host name: ")), "{text}");
    }
}

#[test]
fn a_piece_that_repeats_for_ever_nests_nothing() {
    for piece in
        ["x://", "://", "[10.0.0.1]", "[10.0.0.1]:", "x:", "x/", "[", "]", "*.", "*", "::", ":", "@", "%", "\u{300}"]
    {
        for length in 1..=1200 / piece.len() {
            let item = piece.repeat(length);
            let _ = NetworkHost::parse(&item);
            assert!(NetworkRules::parse(std::slice::from_ref(&item)).is_err() || item == "::", "{piece} {length}");
        }
    }
}

/// Every mix of what the grammar is made of, in any order: no panic, and what is read keeps its meaning when it is written.
#[test]
fn any_mix_of_pieces_is_read_or_refused() {
    const PIECES: [&str; 20] = [
        "*",
        ".",
        ":",
        "/",
        "[",
        "]",
        "::",
        "1",
        "255",
        "10.0.0.0",
        "fd00::",
        "a",
        "localhost",
        "%",
        "-",
        "://",
        "8",
        "ü",
        " ",
        "@",
    ];
    let mut read = 0;
    for number in 0..PIECES.len().pow(4) {
        let item: String = (0..4).map(|digit| PIECES[number / PIECES.len().pow(digit) % PIECES.len()]).collect();
        let _ = NetworkHost::parse(&item);
        match NetworkRules::parse(std::slice::from_ref(&item)) {
            Ok(parsed) => {
                read += 1;
                let spelling = parsed.items().unwrap().remove(0);
                assert_eq!(rules(&[&spelling]), parsed, "{item} became {spelling}");
            }
            Err(errors) => {
                // A remedy that is one item is right by itself.
                let suggested = errors[0].remedy.strip_prefix("write \"").and_then(|rest| rest.strip_suffix('"'));
                if let Some(item) = suggested.filter(|item| !item.contains('"')) {
                    assert!(NetworkRules::parse(&[item.to_owned()]).is_ok(), "{}", errors[0]);
                }
            }
        }
    }
    assert!(read > 1000, "{read}");
}
