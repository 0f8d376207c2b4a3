//! Address classes: what sort of place an address is, as far as its digits tell.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Serialize;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The class of an address. Only [`Public`](Self::Public) is reachable without an `allow` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AddressClass {
    /// Globally routed unicast.
    Public,
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// RFC 1918, and the deprecated site-local `fec0::/10`.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// `fc00::/7`.
    UniqueLocal,
    /// Shared space behind carrier-grade NAT, `100.64.0.0/10`.
    CarrierGrade,
    /// A cloud provider's metadata or credential service. It hands out the identity of the machine, so it is a class of
    /// its own although most of these addresses lie in another one.
    Metadata,
    /// `0.0.0.0`, `::`: every local address when bound; on many systems the loopback when connected to.
    Unspecified,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// `255.255.255.255`. A subnet's own broadcast address cannot be told from a host.
    Broadcast,
    /// Addresses for examples in texts.
    Documentation,
    /// Addresses for measuring equipment, `198.18.0.0/15`, `2001:2::/48`.
    Benchmarking,
    /// Everything that the registries of special-purpose addresses keep back, or that nobody was ever given.
    Reserved,
}

use AddressClass::{
    Benchmarking, Broadcast, CarrierGrade, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Public,
    Reserved, UniqueLocal, Unspecified,
};

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// IPv4 space that is not public; the first match counts. Anything else is public.
const V4: &[(Ipv4Net, AddressClass)] = &[
    (v4([169, 254, 169, 254], 32), Metadata), // nearly every provider
    (v4([169, 254, 170, 2], 32), Metadata),   // credentials of AWS containers
    (v4([169, 254, 170, 23], 32), Metadata),  // identities of AWS pods
    (v4([169, 254, 0, 23], 32), Metadata),    // Tencent
    (v4([169, 254, 10, 10], 32), Metadata),   // Tencent
    (v4([169, 254, 42, 42], 32), Metadata),   // Scaleway
    (v4([100, 100, 100, 200], 32), Metadata), // Alibaba
    (v4([192, 0, 0, 192], 32), Metadata),     // Oracle
    (v4([168, 63, 129, 16], 32), Metadata),   // Azure's wire server, inside public space
    (v4([0, 0, 0, 0], 32), Unspecified),
    (v4([0, 0, 0, 0], 8), Reserved),
    (v4([10, 0, 0, 0], 8), Private),
    (v4([100, 64, 0, 0], 10), CarrierGrade),
    (v4([127, 0, 0, 0], 8), Loopback),
    (v4([169, 254, 0, 0], 16), LinkLocal),
    (v4([172, 16, 0, 0], 12), Private),
    (v4([192, 0, 0, 0], 24), Reserved),
    (v4([192, 0, 2, 0], 24), Documentation),
    (v4([192, 88, 99, 0], 24), Reserved),
    (v4([192, 168, 0, 0], 16), Private),
    (v4([198, 18, 0, 0], 15), Benchmarking),
    (v4([198, 51, 100, 0], 24), Documentation),
    (v4([203, 0, 113, 0], 24), Documentation),
    (v4([224, 0, 0, 0], 4), Multicast),
    (v4([255, 255, 255, 255], 32), Broadcast),
    (v4([240, 0, 0, 0], 4), Reserved),
];

/// IPv6 space that is not public by its own digits; the first match counts. It is read after [`V6_FIRST`] and
/// [`CARRIERS`]. What lies outside [`V6_GLOBAL`] as well is reserved.
const V6: &[(Ipv6Net, AddressClass)] = &[
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), Benchmarking),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), Documentation),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), Reserved),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), Documentation),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), UniqueLocal),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), LinkLocal),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), Private),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), Multicast),
];

/// Single IPv6 addresses that lie inside wider ranges of another meaning.
const V6_FIRST: &[(Ipv6Net, AddressClass)] = &[
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), Unspecified),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), Loopback),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), Metadata), // AWS
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128), Metadata),  // identities of AWS pods
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), Metadata),  // Google
    (v6([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128), Metadata),   // Scaleway
];

/// All that was ever given out for global unicast.
const V6_GLOBAL: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Prefixes with an IPv4 address in the 32 bits right after them.
const CARRIERS: &[Ipv6Net] = &[
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),    // IPv4-mapped
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96),         // IPv4-compatible, deprecated
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),    // IPv4-translated (SIIT)
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), // NAT64
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),    // 6to4
];

/// Teredo: the server's address follows the prefix, the client's is the last 32 bits, inverted.
const TEREDO: Ipv6Net = v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32);

/// NAT64 within one network (RFC 8215).
const LOCAL_NAT64: Ipv6Net = v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48);

impl AddressClass {
    /// The class of `ip`. An IPv6 address that carries an IPv4 address has the class of the latter.
    pub fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(ip) => of_v6(ip),
        }
    }

    /// Whether an address of this class is reachable without an `allow` list.
    pub fn is_public(self) -> bool {
        self == Public
    }
}

impl fmt::Display for AddressClass {
    /// The class as denials name it, such as `link-local address`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Public => "public address",
            Loopback => "loopback address",
            Private => "private address",
            LinkLocal => "link-local address",
            UniqueLocal => "unique-local address",
            CarrierGrade => "carrier-grade NAT address",
            Metadata => "metadata service address",
            Unspecified => "unspecified address",
            Multicast => "multicast address",
            Broadcast => "broadcast address",
            Documentation => "documentation address",
            Benchmarking => "benchmarking address",
            Reserved => "reserved address",
        })
    }
}

/// Whether no address of `net` is public. The policy's documentation says what hangs on it.
pub(super) fn lies_outside_public_space(net: IpNet) -> bool {
    match net {
        IpNet::V4(net) => v4_outside(net),
        IpNet::V6(net) => v6_outside(net),
    }
}

fn of_v4(ip: Ipv4Addr) -> AddressClass {
    V4.iter().find(|(net, _)| net.contains(&ip)).map_or(Public, |(_, class)| *class)
}

fn of_v6(ip: Ipv6Addr) -> AddressClass {
    if let Some((_, class)) = V6_FIRST.iter().find(|(net, _)| net.contains(&ip)) {
        return *class;
    }
    if let Some(carrier) = CARRIERS.iter().find(|net| net.contains(&ip)) {
        return of_v4(carried(ip, carrier.prefix_len()));
    }
    if TEREDO.contains(&ip) {
        let client = Ipv4Addr::from_bits(!carried(ip, 96).to_bits());
        return match of_v4(client) {
            Public => of_v4(carried(ip, 32)),
            class => class,
        };
    }
    if LOCAL_NAT64.contains(&ip) {
        return of_local_nat64(ip);
    }
    match V6.iter().find(|(net, _)| net.contains(&ip)) {
        Some((_, class)) => *class,
        None if V6_GLOBAL.contains(&ip) => Public,
        None => Reserved,
    }
}

/// The IPv4 address in the 32 bits of `ip` that follow the first `offset` (at most 96).
fn carried(ip: Ipv6Addr, offset: u8) -> Ipv4Addr {
    let low = ip.to_bits() >> (96 - u32::from(offset.min(96)));
    Ipv4Addr::from_bits((low & u128::from(u32::MAX)) as u32)
}

/// Where the IPv4 address stands depends on how the operator divided the /48, which the digits do not tell; and none of
/// it is reachable from outside that network. So it is never public, and takes the class of the worse reading.
fn of_local_nat64(ip: Ipv6Addr) -> AddressClass {
    let [_, _, _, _, _, _, a, b, _, c, d, ..] = ip.octets();
    let readings = [carried(ip, 96), Ipv4Addr::new(a, b, c, d)].map(of_v4);
    [Metadata, Loopback, LinkLocal, Private, CarrierGrade]
        .into_iter()
        .find(|class| readings.contains(class))
        .unwrap_or(Reserved)
}

fn v4_outside(net: Ipv4Net) -> bool {
    let space: Vec<Ipv4Net> = V4.iter().map(|(net, _)| *net).collect();
    // Neighbours such as 224.0.0.0/4 and 240.0.0.0/4 count as one.
    Ipv4Net::aggregate(&space).iter().any(|space| space.contains(&net))
}

fn v6_outside(net: Ipv6Net) -> bool {
    if net.prefix_len() == 128 {
        return !of_v6(net.addr()).is_public();
    }
    if let Some(carrier) = CARRIERS.iter().find(|carrier| carrier.contains(&net)) {
        let prefix = (net.prefix_len() - carrier.prefix_len()).min(32);
        return Ipv4Net::new(carried(net.addr(), carrier.prefix_len()), prefix).is_ok_and(v4_outside);
    }
    let overlaps = |other: &Ipv6Net| other.contains(&net) || net.contains(other);
    // These hold public and other addresses side by side.
    if overlaps(&TEREDO) || CARRIERS.iter().any(overlaps) {
        return false;
    }
    V6.iter().any(|(space, _)| space.contains(&net)) || !overlaps(&V6_GLOBAL)
}
