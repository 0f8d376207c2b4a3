//! UDP, over a stream for one address and for any.

use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::ErrorCode;
use crate::wasi::sockets::udp::{
    IncomingDatagram, IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket,
};
use crate::wasi::sockets::udp_create_socket::create_udp_socket;
use crate::{address, failed, wait, Answer};

fn create(near: &str) -> Answer<UdpSocket> {
    let family = address::family(&address::parse(near)?);
    create_udp_socket(family).map_err(|code| failed("create-udp-socket", code))
}

pub fn bind(local: &str) -> Answer<UdpSocket> {
    let socket = create(local)?;
    let start = socket.start_bind(&instance_network(), address::parse(local)?);
    start.map_err(|code| failed("start-bind", code))?;
    wait("finish-bind", || socket.subscribe(), || socket.finish_bind())?;
    Ok(socket)
}

/// Bound to any port of any address of the family of `remote`, as a client is.
pub fn client(remote: &str) -> Answer<UdpSocket> {
    bind(if remote.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" })
}

pub fn local(socket: &UdpSocket) -> Answer<String> {
    socket.local_address().map(address::text).map_err(|code| failed("local-address", code))
}

fn streams(socket: &UdpSocket, remote: Option<&str>) -> Answer<(IncomingDatagramStream, OutgoingDatagramStream)> {
    let remote = remote.map(address::parse).transpose()?;
    socket.stream(remote).map_err(|code| failed("stream", code))
}

fn send_one(outgoing: &OutgoingDatagramStream, text: &str, to: Option<&str>) -> Answer<u64> {
    let remote_address = to.map(address::parse).transpose()?;
    let permitted = || match outgoing.check_send() {
        Ok(0) => Err(ErrorCode::WouldBlock),
        other => other,
    };
    wait("check-send", || outgoing.subscribe(), permitted)?;
    let datagram = OutgoingDatagram { data: text.as_bytes().to_vec(), remote_address };
    outgoing.send(&[datagram]).map_err(|code| failed("send", code))
}

fn receive_one(incoming: &IncomingDatagramStream) -> Answer<(String, String)> {
    let receive = || incoming.receive(1)?.pop().ok_or(ErrorCode::WouldBlock);
    let IncomingDatagram { data, remote_address } = wait("receive", || incoming.subscribe(), receive)?;
    Ok((String::from_utf8(data).map_err(|error| error.to_string())?, address::text(remote_address)))
}

pub fn echo(remote: &str, text: &str) -> Answer<String> {
    let socket = client(remote)?;
    let (incoming, outgoing) = streams(&socket, Some(remote))?;
    send_one(&outgoing, text, None)?;
    receive_one(&incoming).map(|(text, _)| text)
}

pub fn echo_to(remote: &str, text: &str) -> Answer<(String, String)> {
    let socket = client(remote)?;
    let (incoming, outgoing) = streams(&socket, None)?;
    send_one(&outgoing, text, Some(remote))?;
    receive_one(&incoming)
}

pub fn send(remote: &str, text: &str) -> Answer<u64> {
    let socket = client(remote)?;
    let (_incoming, outgoing) = streams(&socket, None)?;
    send_one(&outgoing, text, Some(remote))
}

pub fn to_itself(near: &str, text: &str) -> Answer<Vec<String>> {
    let (left, right) = (bind(near)?, bind(near)?);
    let (left_at, right_at) = (local(&left)?, local(&right)?);
    let (_, outgoing) = streams(&left, Some(&right_at))?;
    let (incoming, _) = streams(&right, None)?;
    let remote = left.remote_address().map(address::text).map_err(|code| failed("remote-address", code))?;
    let same = |left: &str, right: &str| if left == right { "same".into() } else { format!("{left}, {right}") };
    let mut report = vec![format!("remote-address: {}", same(&remote, &right_at))];
    report.push(format!("send: {}", send_one(&outgoing, text, None)?));
    let (received, from) = receive_one(&incoming)?;
    report.push(format!("receive: {received}"));
    report.push(format!("sender: {}", same(&from, &left_at)));
    let ready = left.subscribe();
    ready.block();
    report.push(format!("subscribe: ready {}", ready.ready()));
    Ok(report)
}
