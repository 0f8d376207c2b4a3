//! Every option of a socket, set and read again.
//!
//! What an operating system makes of a wanted buffer size or interval is its own affair, so that these are reported as
//! `at least` or `ok` and everything else as its value.

use crate::report::Report;
use crate::wasi::sockets::network::IpAddressFamily;
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::wasi::sockets::udp_create_socket::create_udp_socket;

const SECOND: u64 = 1_000_000_000;
const BUFFER: u64 = 16 * 1024;

fn family(ipv6: bool) -> IpAddressFamily {
    if ipv6 {
        IpAddressFamily::Ipv6
    } else {
        IpAddressFamily::Ipv4
    }
}

fn family_name(family: IpAddressFamily) -> &'static str {
    match family {
        IpAddressFamily::Ipv4 => "ipv4",
        IpAddressFamily::Ipv6 => "ipv6",
    }
}

pub fn tcp(ipv6: bool) -> Vec<String> {
    let mut report = Report::default();
    let socket = match create_tcp_socket(family(ipv6)) {
        Ok(socket) => socket,
        Err(code) => return vec![format!("create-tcp-socket: {}", code.name())],
    };
    report.done("create-tcp-socket", Ok(()));
    report.value("address-family", Ok(family_name(socket.address_family())));
    report.value("is-listening", Ok(socket.is_listening()));
    report.done("set-listen-backlog-size", socket.set_listen_backlog_size(16));
    report.done("set-listen-backlog-size 0", socket.set_listen_backlog_size(0));
    report.value("keep-alive-enabled", socket.keep_alive_enabled());
    report.done("set-keep-alive-enabled", socket.set_keep_alive_enabled(true));
    report.value("keep-alive-enabled", socket.keep_alive_enabled());
    report.done("set-keep-alive-idle-time", socket.set_keep_alive_idle_time(40 * SECOND));
    report.value("keep-alive-idle-time", socket.keep_alive_idle_time());
    report.done("set-keep-alive-idle-time 0", socket.set_keep_alive_idle_time(0));
    report.done("set-keep-alive-interval", socket.set_keep_alive_interval(5 * SECOND));
    report.value("keep-alive-interval", socket.keep_alive_interval());
    report.done("set-keep-alive-interval 0", socket.set_keep_alive_interval(0));
    report.done("set-keep-alive-count", socket.set_keep_alive_count(4));
    report.value("keep-alive-count", socket.keep_alive_count());
    report.done("set-keep-alive-count 0", socket.set_keep_alive_count(0));
    report.done("set-hop-limit", socket.set_hop_limit(42));
    report.value("hop-limit", socket.hop_limit());
    report.done("set-hop-limit 0", socket.set_hop_limit(0));
    report.done("set-receive-buffer-size", socket.set_receive_buffer_size(BUFFER));
    report.at_least("receive-buffer-size", socket.receive_buffer_size(), BUFFER);
    report.done("set-receive-buffer-size 0", socket.set_receive_buffer_size(0));
    report.done("set-send-buffer-size", socket.set_send_buffer_size(BUFFER));
    report.at_least("send-buffer-size", socket.send_buffer_size(), BUFFER);
    report.done("set-send-buffer-size 0", socket.set_send_buffer_size(0));
    report.value("local-address", socket.local_address().map(crate::address::text));
    report.value("remote-address", socket.remote_address().map(crate::address::text));
    report.0
}

pub fn udp(ipv6: bool) -> Vec<String> {
    let mut report = Report::default();
    let socket = match create_udp_socket(family(ipv6)) {
        Ok(socket) => socket,
        Err(code) => return vec![format!("create-udp-socket: {}", code.name())],
    };
    report.done("create-udp-socket", Ok(()));
    report.value("address-family", Ok(family_name(socket.address_family())));
    report.done("set-unicast-hop-limit", socket.set_unicast_hop_limit(42));
    report.value("unicast-hop-limit", socket.unicast_hop_limit());
    report.done("set-unicast-hop-limit 0", socket.set_unicast_hop_limit(0));
    report.done("set-receive-buffer-size", socket.set_receive_buffer_size(BUFFER));
    report.at_least("receive-buffer-size", socket.receive_buffer_size(), BUFFER);
    report.done("set-receive-buffer-size 0", socket.set_receive_buffer_size(0));
    report.done("set-send-buffer-size", socket.set_send_buffer_size(BUFFER));
    report.at_least("send-buffer-size", socket.send_buffer_size(), BUFFER);
    report.done("set-send-buffer-size 0", socket.set_send_buffer_size(0));
    report.value("local-address", socket.local_address().map(crate::address::text));
    report.value("remote-address", socket.remote_address().map(crate::address::text));
    report.0
}
