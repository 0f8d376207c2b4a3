//! UDP, connected and not.

use crate::report::Report;
use crate::wasi::sockets::types::UdpSocket;
use crate::{address, failed, Answer};

fn create(near: &str) -> Answer<UdpSocket> {
    let family = address::family(&address::parse(near)?);
    UdpSocket::create(family).map_err(|code| failed("create", code))
}

pub fn bind(local: &str) -> Answer<UdpSocket> {
    let socket = create(local)?;
    socket.bind(address::parse(local)?).map_err(|code| failed("bind", code))?;
    Ok(socket)
}

pub fn local(socket: &UdpSocket) -> Answer<String> {
    socket.get_local_address().map(address::text).map_err(|code| failed("get-local-address", code))
}

async fn receive(socket: &UdpSocket) -> Answer<(String, String)> {
    let (bytes, from) = socket.receive().await.map_err(|code| failed("receive", code))?;
    Ok((String::from_utf8(bytes).map_err(|error| error.to_string())?, address::text(from)))
}

pub async fn echo(remote: &str, text: String) -> Answer<String> {
    let socket = create(remote)?;
    socket.connect(address::parse(remote)?).map_err(|code| failed("connect", code))?;
    socket.send(text.into_bytes(), None).await.map_err(|code| failed("send", code))?;
    receive(&socket).await.map(|(text, _)| text)
}

pub async fn echo_to(remote: &str, text: String) -> Answer<(String, String)> {
    let socket = create(remote)?;
    socket.send(text.into_bytes(), Some(address::parse(remote)?)).await.map_err(|code| failed("send", code))?;
    receive(&socket).await
}

pub async fn states(near: &str) -> Vec<String> {
    let mut report = Report::default();
    let at = || address::parse(near).expect("an address");
    let other = if near.starts_with('[') { "127.0.0.1:1" } else { "[::1]:1" };
    let other = || address::parse(other).expect("an address");
    let socket = UdpSocket::create(address::family(&at())).expect("a socket");
    report.done("get-local-address", socket.get_local_address());
    report.done("get-remote-address", socket.get_remote_address());
    report.done("receive", socket.receive().await);
    report.done("send to nobody", socket.send(b"x".to_vec(), None).await);
    report.done("send to port 0", socket.send(b"x".to_vec(), Some(at())).await);
    report.done("send to the other family", socket.send(b"x".to_vec(), Some(other())).await);
    report.done("connect to port 0", socket.connect(at()));
    report.done("connect to the other family", socket.connect(other()));
    report.done("disconnect", socket.disconnect());
    report.done("bind to the other family", socket.bind(other()));
    report.done("bind", socket.bind(at()));
    report.done("bind again", socket.bind(at()));
    let own = socket.get_local_address();
    report.done("get-local-address", own.as_ref().map_err(Clone::clone));
    let Ok(own) = own else { return report.0 };
    report.done("connect", socket.connect(own));
    let same = socket.get_remote_address().is_ok_and(|remote| address::text(remote) == address::text(own));
    report.value("get-remote-address is the own", Ok(same));
    report.done("send too much", socket.send(vec![0; 70_000], None).await);
    report.done("send", socket.send(b"own".to_vec(), Some(own)).await);
    let received = socket.receive().await.map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned());
    report.value("receive", received);
    report.done("disconnect", socket.disconnect());
    report.done("get-remote-address", socket.get_remote_address());
    report.0
}
