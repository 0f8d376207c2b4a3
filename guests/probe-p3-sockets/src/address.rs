//! Addresses as text and as WASI has them.

use crate::wasi::sockets::types::{
    IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

pub fn parse(text: &str) -> Result<IpSocketAddress, String> {
    let address: SocketAddr = text.parse().map_err(|_| format!("not an address and port: {text}"))?;
    Ok(match address {
        SocketAddr::V4(v4) => {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port: v4.port(), address: v4.ip().octets().into() })
        }
        SocketAddr::V6(v6) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port: v6.port(),
            flow_info: v6.flowinfo(),
            address: v6.ip().segments().into(),
            scope_id: v6.scope_id(),
        }),
    })
}

pub fn family(address: &IpSocketAddress) -> IpAddressFamily {
    match address {
        IpSocketAddress::Ipv4(_) => IpAddressFamily::Ipv4,
        IpSocketAddress::Ipv6(_) => IpAddressFamily::Ipv6,
    }
}

pub fn text(address: IpSocketAddress) -> String {
    match address {
        IpSocketAddress::Ipv4(v4) => SocketAddr::from((v4_of(v4.address), v4.port)).to_string(),
        IpSocketAddress::Ipv6(v6) => {
            SocketAddrV6::new(v6_of(v6.address), v6.port, v6.flow_info, v6.scope_id).to_string()
        }
    }
}

pub fn ip_text(ip: IpAddress) -> String {
    match ip {
        IpAddress::Ipv4(v4) => IpAddr::V4(v4_of(v4)).to_string(),
        IpAddress::Ipv6(v6) => IpAddr::V6(v6_of(v6)).to_string(),
    }
}

fn v4_of(octets: (u8, u8, u8, u8)) -> Ipv4Addr {
    <[u8; 4]>::from(octets).into()
}

fn v6_of(segments: (u16, u16, u16, u16, u16, u16, u16, u16)) -> Ipv6Addr {
    <[u16; 8]>::from(segments).into()
}
