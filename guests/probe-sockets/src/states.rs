//! What sockets say to calls that their state or an argument rules out. Lines of `function: what it gave`; in what follows
//! the function's name is what was special.

use crate::report::Report;
use crate::wasi::io::streams::StreamError;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::wasi::sockets::network::{IpSocketAddress, Network};
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::wasi::sockets::udp::{OutgoingDatagram, OutgoingDatagramStream, UdpSocket};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{address, failed, tcp, wait, Answer};

/// Addresses that no socket of the family of `near` takes, each with what is wrong with it.
fn wrong(near: &str) -> Vec<(&'static str, IpSocketAddress)> {
    let found = if near.starts_with('[') {
        [("the other family", "127.0.0.1:1"), ("multicast", "[ff02::1]:1"), ("mapped", "[::ffff:127.0.0.1]:1")].as_slice()
    } else {
        &[("the other family", "[::1]:1"), ("multicast", "224.0.0.1:1"), ("broadcast", "255.255.255.255:1")]
    };
    found.iter().map(|(what, text)| (*what, address::parse(text).unwrap())).collect()
}

/// Those that can be bound, and not reached.
fn nowhere(near: &str) -> Vec<(&'static str, IpSocketAddress)> {
    let port_0 = if near.starts_with('[') { "[::1]:0" } else { "127.0.0.1:0" };
    let anywhere = if near.starts_with('[') { "[::]:1" } else { "0.0.0.0:1" };
    [("port 0", port_0), ("anywhere", anywhere)].map(|(what, text)| (what, address::parse(text).unwrap())).into()
}

pub fn tcp(near: &str) -> Answer<Vec<String>> {
    let mut report = Report::default();
    let (network, at) = (instance_network(), address::parse(near)?);
    let create = || create_tcp_socket(address::family(&at)).map_err(|code| failed("create-tcp-socket", code));
    let socket = create()?;
    report.done("local-address", socket.local_address());
    report.done("remote-address", socket.remote_address());
    report.done("accept", socket.accept());
    report.done("shutdown", socket.shutdown(ShutdownType::Both));
    report.done("start-listen", socket.start_listen());
    report.done("finish-bind", socket.finish_bind());
    report.done("finish-connect", socket.finish_connect());
    report.done("finish-listen", socket.finish_listen());
    for (what, address) in wrong(near) {
        report.done(&format!("start-bind {what}"), socket.start_bind(&network, address));
    }
    for (what, address) in wrong(near).into_iter().chain(nowhere(near)) {
        report.done(&format!("start-connect {what}"), socket.start_connect(&network, address));
    }
    report.done("start-bind", socket.start_bind(&network, at));
    report.done("start-bind while binding", socket.start_bind(&network, at));
    report.done("start-connect while binding", socket.start_connect(&network, at));
    report.done("start-listen while binding", socket.start_listen());
    wait("finish-bind", || socket.subscribe(), || socket.finish_bind())?;
    report.done("start-bind bound", socket.start_bind(&network, at));
    report.done("start-listen", socket.start_listen());
    wait("finish-listen", || socket.subscribe(), || socket.finish_listen())?;
    report.done("accept nobody", socket.accept());
    report.done("start-listen listening", socket.start_listen());
    report.done("start-connect listening", socket.start_connect(&network, at));
    connecting(&mut report, &network, &create()?, &socket)?;
    Ok(report.0)
}

fn connecting(report: &mut Report, network: &Network, client: &TcpSocket, listener: &TcpSocket) -> Answer<()> {
    let to = listener.local_address().map_err(|code| failed("local-address", code))?;
    report.done("start-connect", client.start_connect(network, to));
    // The connection is made by waiting for it.
    report.done("finish-connect at once", client.finish_connect());
    report.done("set-listen-backlog-size connecting", client.set_listen_backlog_size(1));
    let _streams = wait("finish-connect", || client.subscribe(), || client.finish_connect())?;
    report.done("set-listen-backlog-size connected", client.set_listen_backlog_size(1));
    report.done("start-connect connected", client.start_connect(network, to));
    report.done("start-listen connected", client.start_listen());
    report.done("start-bind connected", client.start_bind(network, to));
    Ok(())
}

pub fn udp(near: &str) -> Answer<Vec<String>> {
    let mut report = Report::default();
    let (network, at) = (instance_network(), address::parse(near)?);
    let create = || create_udp_socket(address::family(&at)).map_err(|code| failed("create-udp-socket", code));
    let socket = create()?;
    report.done("local-address", socket.local_address());
    report.done("remote-address", socket.remote_address());
    report.done("finish-bind", socket.finish_bind());
    report.done("stream unbound", socket.stream(None));
    let other = wrong(near).remove(0).1;
    report.done("start-bind the other family", socket.start_bind(&network, other));
    report.done("start-bind", socket.start_bind(&network, at));
    report.done("start-bind while binding", socket.start_bind(&network, at));
    wait("finish-bind", || socket.subscribe(), || socket.finish_bind())?;
    report.done("start-bind bound", socket.start_bind(&network, at));
    report.done("stream the other family", socket.stream(Some(other)));
    for (what, address) in nowhere(near) {
        report.done(&format!("stream {what}"), socket.stream(Some(address)));
    }
    sending(&mut report, &socket, other, near)?;
    Ok(report.0)
}

fn sending(report: &mut Report, socket: &UdpSocket, other: IpSocketAddress, near: &str) -> Answer<()> {
    let own = socket.local_address().map_err(|code| failed("local-address", code))?;
    let (incoming, outgoing) = socket.stream(None).map_err(|code| failed("stream", code))?;
    report.done("send to nobody", send(&outgoing, 1, None));
    report.done("send to the other family", send(&outgoing, 1, Some(other)));
    for (what, address) in nowhere(near) {
        report.done(&format!("send to {what}"), send(&outgoing, 1, Some(address)));
    }
    report.done("send too much", send(&outgoing, 70_000, Some(own)));
    drop((incoming, outgoing));
    let (_incoming, outgoing) = socket.stream(Some(own)).map_err(|code| failed("stream", code))?;
    let elsewhere = address::parse(if near.starts_with('[') { "[::1]:1" } else { "127.0.0.1:1" })?;
    report.done("send to another than its peer", send(&outgoing, 1, Some(elsewhere)));
    Ok(())
}

fn send(
    outgoing: &OutgoingDatagramStream,
    bytes: usize,
    remote_address: Option<IpSocketAddress>,
) -> Result<u64, crate::ErrorCode> {
    outgoing.check_send()?;
    outgoing.send(&[OutgoingDatagram { data: vec![0; bytes], remote_address }])
}

/// Sends to one peer until that fails.
pub fn send_until_it_fails(remote: &str) -> Answer<()> {
    let socket = crate::udp::client(remote)?;
    let peer = address::parse(remote)?;
    let (_incoming, outgoing) = socket.stream(Some(peer)).map_err(|code| failed("stream", code))?;
    loop {
        send(&outgoing, 1, None).map_err(|code| failed("send", code))?;
        outgoing.subscribe().block();
    }
}

pub fn name(name: &str) -> Answer<Vec<String>> {
    let mut report = Report::default();
    let stream = resolve_addresses(&instance_network(), name).map_err(|code| failed("resolve-addresses", code))?;
    report.done("resolve-next-address", stream.resolve_next_address());
    stream.subscribe().block();
    report.done("resolve-next-address", stream.resolve_next_address());
    Ok(report.0)
}

/// Writes to peers that have reset the connection, once with bytes and once with zeroes.
pub fn write_to_reset(remote: &str) -> Answer<Vec<String>> {
    let mut report = Vec::new();
    for function in ["write", "write-zeroes"] {
        let connection = tcp::open(remote)?;
        let (input, output) = (&connection.input, &connection.output);
        // The reset may already have come.
        let _ = output.blocking_write_and_flush(b"x");
        input.subscribe().block();
        let written = output.check_write().and_then(|_| match function {
            "write" => output.write(b"x"),
            _ => output.write_zeroes(1),
        });
        report.push(match written {
            Ok(()) => format!("{function}: ok"),
            Err(StreamError::Closed) => format!("{function}: closed"),
            Err(StreamError::LastOperationFailed(_)) => format!("{function}: last-operation-failed"),
        });
    }
    Ok(report)
}
