//! TCP, as a client and as a server.

use crate::report::Report;
use crate::wasi::sockets::types::{ErrorCode, TcpSocket};
use crate::{address, failed, wit_stream, Answer};
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

fn create(near: &str) -> Answer<TcpSocket> {
    let family = address::family(&address::parse(near)?);
    TcpSocket::create(family).map_err(|code| failed("create", code))
}

pub async fn connect(remote: &str) -> Answer<TcpSocket> {
    let socket = create(remote)?;
    socket.connect(address::parse(remote)?).await.map_err(|code| failed("connect", code))?;
    Ok(socket)
}

pub fn bind(local: &str) -> Answer<TcpSocket> {
    let socket = create(local)?;
    socket.bind(address::parse(local)?).map_err(|code| failed("bind", code))?;
    Ok(socket)
}

pub fn listen(local: &str) -> Answer<(TcpSocket, StreamReader<TcpSocket>)> {
    let socket = bind(local)?;
    let accepted = socket.listen().map_err(|code| failed("listen", code))?;
    Ok((socket, accepted))
}

pub fn local(socket: &TcpSocket) -> Answer<String> {
    socket.get_local_address().map(address::text).map_err(|code| failed("get-local-address", code))
}

pub fn remote(socket: &TcpSocket) -> Answer<String> {
    socket.get_remote_address().map(address::text).map_err(|code| failed("get-remote-address", code))
}

/// The text, and the end behind it.
async fn send(socket: &TcpSocket, text: &str) -> Answer<()> {
    let (mut sender, data) = wit_stream::new();
    let sent = socket.send(data);
    sender.write_all(text.as_bytes().to_vec()).await;
    drop(sender);
    sent.await.map_err(|code| failed("send", code))
}

type Received = (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>);

async fn all_of((stream, result): Received) -> Answer<String> {
    let bytes = stream.collect().await;
    result.await.map_err(|code| failed("receive", code))?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

pub async fn echo(address: &str, text: String) -> Answer<String> {
    let socket = connect(address).await?;
    let received = socket.receive();
    send(&socket, &text).await?;
    all_of(received).await
}

pub async fn to_itself(address: &str, text: String) -> Answer<Vec<String>> {
    let (listener, mut accepted) = listen(address)?;
    let mut report = vec![format!("get-is-listening: {}", listener.get_is_listening())];
    let client = connect(&local(&listener)?).await?;
    let server = accepted.next().await.ok_or("listen: ended")?;
    let same = |left: String, right: String| if left == right { "same".to_owned() } else { format!("{left}, {right}") };
    report.push(format!("address of the server: {}", same(local(&server)?, remote(&client)?)));
    report.push(format!("address of the client: {}", same(remote(&server)?, local(&client)?)));
    let (at_server, at_client) = (server.receive(), client.receive());
    send(&client, &text).await?;
    report.push(format!("server read: {}", all_of(at_server).await?));
    send(&server, &text).await?;
    report.push(format!("client read: {}", all_of(at_client).await?));
    Ok(report)
}

pub async fn states(near: &str) -> Vec<String> {
    let mut report = Report::default();
    let at = || address::parse(near).expect("an address");
    let other = if near.starts_with('[') { "127.0.0.1:1" } else { "[::1]:1" };
    let other = || address::parse(other).expect("an address");
    let socket = TcpSocket::create(address::family(&at())).expect("a socket");
    report.done("get-local-address", socket.get_local_address());
    report.done("get-remote-address", socket.get_remote_address());
    report.done("receive", socket.receive().1.await);
    let (sender, data) = wit_stream::new();
    let sent = socket.send(data);
    drop(sender);
    report.done("send", sent.await);
    report.done("bind to the other family", socket.bind(other()));
    report.done("connect to the other family", socket.connect(other()).await);
    report.done("bind", socket.bind(at()));
    report.done("bind again", socket.bind(at()));
    let accepted = socket.listen();
    report.done("listen", accepted.as_ref().map_err(Clone::clone));
    report.done("listen again", socket.listen());
    report.done("connect", socket.connect(at()).await);
    report.0
}
