//! TCP, as a client and as a server.

use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::io::poll::poll;
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::network::network_error_code;
use crate::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::{address, failed, wait, Answer, PATIENCE};

/// Streams before the socket: a child is dropped before what it came from.
pub struct Connection {
    pub input: InputStream,
    pub output: OutputStream,
    socket: TcpSocket,
}

fn create(remote: &str) -> Answer<TcpSocket> {
    let family = address::family(&address::parse(remote)?);
    create_tcp_socket(family).map_err(|code| failed("create-tcp-socket", code))
}

pub fn open(remote: &str) -> Answer<Connection> {
    let socket = create(remote)?;
    open_with(socket, remote)
}

fn open_with(socket: TcpSocket, remote: &str) -> Answer<Connection> {
    let start = socket.start_connect(&instance_network(), address::parse(remote)?);
    start.map_err(|code| failed("start-connect", code))?;
    let (input, output) = wait("finish-connect", || socket.subscribe(), || socket.finish_connect())?;
    Ok(Connection { input, output, socket })
}

pub fn bind(local: &str) -> Answer<TcpSocket> {
    let socket = create(local)?;
    let start = socket.start_bind(&instance_network(), address::parse(local)?);
    start.map_err(|code| failed("start-bind", code))?;
    wait("finish-bind", || socket.subscribe(), || socket.finish_bind())?;
    Ok(socket)
}

pub fn listen(local: &str) -> Answer<TcpSocket> {
    let socket = bind(local)?;
    socket.start_listen().map_err(|code| failed("start-listen", code))?;
    wait("finish-listen", || socket.subscribe(), || socket.finish_listen())?;
    Ok(socket)
}

fn accept(listener: &TcpSocket) -> Answer<Connection> {
    let (socket, input, output) = wait("accept", || listener.subscribe(), || listener.accept())?;
    Ok(Connection { input, output, socket })
}

pub fn local(socket: &TcpSocket) -> Answer<String> {
    socket.local_address().map(address::text).map_err(|code| failed("local-address", code))
}

fn remote(socket: &TcpSocket) -> Answer<String> {
    socket.remote_address().map(address::text).map_err(|code| failed("remote-address", code))
}

fn stream(function: &str, error: StreamError) -> String {
    match error {
        StreamError::Closed => format!("{function}: closed"),
        StreamError::LastOperationFailed(error) => match network_error_code(&error) {
            Some(code) => failed(function, code),
            None => format!("{function}: {}", error.to_debug_string()),
        },
    }
}

fn write(output: &OutputStream, bytes: &[u8]) -> Answer<()> {
    let mut parts = bytes.chunks(4096);
    parts.try_for_each(|part| output.blocking_write_and_flush(part)).map_err(|error| stream("write", error))
}

/// The next bytes; nothing at the end.
fn read(input: &InputStream) -> Answer<Vec<u8>> {
    let timer = subscribe_duration(PATIENCE);
    loop {
        match input.read(64 * 1024) {
            Ok(bytes) if bytes.is_empty() => {}
            Ok(bytes) => return Ok(bytes),
            Err(StreamError::Closed) => return Ok(Vec::new()),
            Err(error) => return Err(stream("read", error)),
        }
        if !poll(&[&input.subscribe(), &timer]).contains(&0) {
            return Err("read: timeout".into());
        }
    }
}

fn read_all(input: &InputStream) -> Answer<String> {
    let mut all = Vec::new();
    loop {
        let bytes = read(input)?;
        if bytes.is_empty() {
            return String::from_utf8(all).map_err(|error| error.to_string());
        }
        all.extend(bytes);
    }
}

fn end_sending(socket: &TcpSocket) -> Answer<()> {
    socket.shutdown(ShutdownType::Send).map_err(|code| failed("shutdown", code))
}

pub fn connect(address: &str) -> Answer<String> {
    remote(&open(address)?.socket)
}

pub fn echo(address: &str, text: &str) -> Answer<String> {
    let connection = open(address)?;
    write(&connection.output, text.as_bytes())?;
    end_sending(&connection.socket)?;
    read_all(&connection.input)
}

pub fn serve_once(address: &str) -> Answer<String> {
    let peer = accept(&listen(address)?)?;
    let text = read_all(&peer.input)?;
    write(&peer.output, text.as_bytes())?;
    end_sending(&peer.socket)?;
    Ok(text)
}

pub fn to_itself(address: &str, text: &str) -> Answer<Vec<String>> {
    let listener = listen(address)?;
    let mut report = vec![format!("is-listening: {}", listener.is_listening())];
    let client = open(&local(&listener)?)?;
    let server = accept(&listener)?;
    let same = |left: String, right: String| if left == right { "same".to_owned() } else { format!("{left}, {right}") };
    report.push(format!(
        "server's and client's address of the server: {}",
        same(local(&server.socket)?, remote(&client.socket)?)
    ));
    report.push(format!(
        "server's and client's address of the client: {}",
        same(remote(&server.socket)?, local(&client.socket)?)
    ));
    write(&client.output, text.as_bytes())?;
    end_sending(&client.socket)?;
    report.push(format!("server read: {}", read_all(&server.input)?));
    write(&server.output, text.as_bytes())?;
    end_sending(&server.socket)?;
    report.push(format!("client read: {}", read_all(&client.input)?));
    let receive = server.socket.shutdown(ShutdownType::Receive).map_or_else(|code| code.name(), |()| "ok");
    report.push(format!("shutdown receive: {receive}"));
    Ok(report)
}

/// The peer has to close with unread bytes of ours, or with a linger of zero.
pub fn reset_by_peer(address: &str) -> Answer<String> {
    let connection = open(address)?;
    // The reset may already have come.
    let _ = connection.output.blocking_write_and_flush(b"x");
    loop {
        match connection.input.blocking_read(4096) {
            Ok(_) => {}
            Err(StreamError::Closed) => return Err("closed without a reset".into()),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = network_error_code(&error).ok_or("no network error code")?;
                return Ok(code.name().into());
            }
        }
    }
}
