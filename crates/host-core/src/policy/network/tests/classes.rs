use super::ip;
use crate::policy::network::AddressClass::{self, *};
use crate::policy::network::class::lies_outside_public_space;

#[test]
fn every_address_has_the_class_of_its_range_to_the_last_one() {
    for (address, class) in [
        ("0.0.0.0", Unspecified),
        ("0.0.0.1", Reserved),
        ("0.255.255.255", Reserved),
        ("1.0.0.0", Public),
        ("1.1.1.1", Public),
        ("9.255.255.255", Public),
        ("10.0.0.0", Private),
        ("10.255.255.255", Private),
        ("11.0.0.0", Public),
        ("100.63.255.255", Public),
        ("100.64.0.0", CarrierGrade),
        ("100.127.255.255", CarrierGrade),
        ("100.128.0.0", Public),
        ("100.100.100.200", Metadata),
        ("126.255.255.255", Public),
        ("127.0.0.1", Loopback),
        ("127.255.255.255", Loopback),
        ("128.0.0.0", Public),
        ("168.63.129.16", Metadata),
        ("169.253.255.255", Public),
        ("169.254.0.0", LinkLocal),
        ("169.254.169.253", LinkLocal),
        ("169.254.169.254", Metadata),
        ("169.254.170.2", Metadata),
        ("169.254.255.255", LinkLocal),
        ("169.255.0.0", Public),
        ("172.15.255.255", Public),
        ("172.16.0.0", Private),
        ("172.31.255.255", Private),
        ("172.32.0.0", Public),
        ("192.0.0.0", Reserved),
        ("192.0.0.192", Metadata),
        ("192.0.1.0", Public),
        ("192.0.2.1", Documentation),
        ("192.88.99.1", Reserved),
        ("192.167.255.255", Public),
        ("192.168.0.0", Private),
        ("192.168.255.255", Private),
        ("192.169.0.0", Public),
        ("198.17.255.255", Public),
        ("198.18.0.0", Benchmarking),
        ("198.19.255.255", Benchmarking),
        ("198.20.0.0", Public),
        ("198.51.100.1", Documentation),
        ("203.0.113.1", Documentation),
        ("223.255.255.255", Public),
        ("224.0.0.1", Multicast),
        ("239.255.255.255", Multicast),
        ("240.0.0.0", Reserved),
        ("255.255.255.254", Reserved),
        ("255.255.255.255", Broadcast),
        ("::", Unspecified),
        ("::1", Loopback),
        ("100::1", Reserved),
        ("1fff:ffff::", Reserved),
        ("2001:1::1", Reserved),
        ("2001:2::1", Benchmarking),
        ("2001:db8::1", Documentation),
        ("2001:200::1", Public),
        ("2606:4700:4700::1111", Public),
        ("3ffe:ffff::1", Public),
        ("3fff::1", Documentation),
        ("4000::1", Reserved),
        ("5f00::1", Reserved),
        ("fbff::1", Reserved),
        ("fc00::1", UniqueLocal),
        ("fd12:3456::1", UniqueLocal),
        ("fd00:ec2::254", Metadata),
        ("fd00:ec2::23", Metadata),
        ("fd20:ce::254", Metadata),
        ("fe00::1", Reserved),
        ("fe80::1", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Private),
        ("ff02::1", Multicast),
    ] {
        assert_eq!(AddressClass::of(ip(address)), class, "{address}");
    }
}

#[test]
fn an_ipv6_address_that_carries_an_ipv4_address_is_judged_by_it() {
    for (carried, class) in [
        ("127.0.0.1", Loopback),
        ("10.0.0.1", Private),
        ("169.254.169.254", Metadata),
        ("169.254.1.1", LinkLocal),
        ("100.64.0.1", CarrierGrade),
        ("255.255.255.255", Broadcast),
        ("93.184.216.34", Public),
    ] {
        let [a, b, c, d] = match ip(carried) {
            std::net::IpAddr::V4(v4) => v4.octets(),
            std::net::IpAddr::V6(_) => unreachable!(),
        };
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for address in [
            format!("::ffff:{carried}"),
            format!("::{carried}"),
            format!("::ffff:0:{carried}"),
            format!("64:ff9b::{carried}"),
            format!("2002:{high:x}:{low:x}::1"),
            // Teredo, through a public server.
            format!("2001:0:4136:e378:8000:63bf:{:x}:{:x}", !high, !low),
        ] {
            assert_eq!(AddressClass::of(ip(&address)), class, "{address}");
        }
    }
    // Teredo through a private server.
    assert_eq!(AddressClass::of(ip("2001:0:a00:1:8000:63bf:a247:27dd")), Private);
}

#[test]
fn nat64_within_one_network_is_never_public() {
    for (address, class) in [
        ("64:ff9b:1::93.184.216.34", Reserved),
        ("64:ff9b:1::169.254.169.254", Metadata),
        ("64:ff9b:1::127.0.0.1", Loopback),
        ("64:ff9b:1:a00:0:100::", Private),
        ("64:ff9b:1:7f00:0:100::", Loopback),
        ("64:ff9b:1:fffe::8.8.8.8", Reserved),
        ("64:ff9b:2::8.8.8.8", Reserved),
    ] {
        assert_eq!(AddressClass::of(ip(address)), class, "{address}");
    }
}

#[test]
fn a_network_lies_outside_public_space_only_as_a_whole() {
    for (network, outside) in [
        ("0.0.0.0/0", false),
        ("0.0.0.0/8", true),
        ("10.0.0.0/8", true),
        ("10.0.0.0/7", false),
        ("10.1.0.0/16", true),
        ("100.64.0.0/10", true),
        ("128.0.0.0/1", false),
        ("168.63.129.16/32", true),
        ("168.63.129.16/31", false),
        ("192.0.0.0/8", false),
        ("192.168.0.0/15", false),
        ("224.0.0.0/3", true),
        ("93.184.216.34/32", false),
        ("::/0", false),
        ("::/8", false),
        ("::1/128", true),
        ("8000::/1", true),
        ("2000::/3", false),
        ("2001::/16", false),
        ("2001::/23", false),
        ("2001::/32", false),
        ("2001:2::/48", true),
        ("2001:db8::/33", true),
        ("2002::/16", false),
        ("2002:a00::/24", true),
        ("2002:a00:1::/48", true),
        ("2002:a00:1::1/128", true),
        ("2002:800::/24", false),
        ("64:ff9b::/96", false),
        ("64:ff9b::10.0.0.0/104", true),
        ("64:ff9b::8.0.0.0/104", false),
        ("64:ff9b::/32", false),
        ("64:ff9b:1::/48", true),
        ("fc00::/7", true),
        ("fd00::/8", true),
        ("fe80::/10", true),
        ("ff00::/8", true),
        ("2606:4700::/32", false),
    ] {
        assert_eq!(lies_outside_public_space(network.parse().unwrap()), outside, "{network}");
    }
}
