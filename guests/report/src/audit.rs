//! The audit service, over `wasi:sockets`: one line out, one line back.

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::io::poll::{poll, Pollable};
use crate::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::bindings::wasi::sockets::instance_network::instance_network;
use crate::bindings::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::bindings::wasi::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress, Network,
};
use crate::bindings::wasi::sockets::tcp::{ShutdownType, TcpSocket};
use crate::bindings::wasi::sockets::tcp_create_socket::create_tcp_socket;

const PATIENCE: u64 = 5_000_000_000;
const MAX_RECEIPT: usize = 200;

/// Sends `line` and returns the receipt.
pub fn file(address: &str, line: &str) -> Result<String, String> {
    let (host, port) = address.rsplit_once(':').ok_or(format!("AUDIT_ADDR must be HOST:PORT, got {address}"))?;
    let port: u16 = port.parse().map_err(|_| format!("AUDIT_ADDR must be HOST:PORT, got {address}"))?;
    let network = instance_network();
    let mut failure = format!("{host} has no address");
    for ip in resolve(&network, host)? {
        match connect(&network, ip, port) {
            // The socket outlives its streams: dropping it first would close the connection under them.
            Ok((socket, input, output)) => {
                let receipt =
                    exchange(&input, &output, line).map_err(|why| format!("audit service at {address}: {why}"));
                // A peer that has closed first makes this fail, and there is nothing left to say to it.
                let _ = socket.shutdown(ShutdownType::Both);
                drop((input, output));
                return receipt;
            }
            Err(code) => failure = format!("connecting failed: {}", code.name()),
        }
    }
    Err(format!("audit service at {address}: {failure}"))
}

fn resolve(network: &Network, host: &str) -> Result<Vec<IpAddress>, String> {
    let failed = |code: ErrorCode| format!("looking up {host}: {}", code.name());
    let names = resolve_addresses(network, host).map_err(failed)?;
    let mut found = Vec::new();
    loop {
        match names.resolve_next_address() {
            Ok(Some(ip)) => found.push(ip),
            Ok(None) => return Ok(found),
            Err(ErrorCode::WouldBlock) => wait(&names.subscribe()).map_err(failed)?,
            Err(code) => return Err(failed(code)),
        }
    }
}

fn connect(network: &Network, ip: IpAddress, port: u16) -> Result<(TcpSocket, InputStream, OutputStream), ErrorCode> {
    let (family, address) = match ip {
        IpAddress::Ipv4(address) => (IpAddressFamily::Ipv4, IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address })),
        IpAddress::Ipv6(address) => (
            IpAddressFamily::Ipv6,
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address, scope_id: 0 }),
        ),
    };
    let socket = create_tcp_socket(family)?;
    socket.start_connect(network, address)?;
    let (input, output) = loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => wait(&socket.subscribe())?,
            done => break done?,
        }
    };
    Ok((socket, input, output))
}

fn exchange(input: &InputStream, output: &OutputStream, line: &str) -> Result<String, String> {
    output.blocking_write_and_flush(format!("{line}\n").as_bytes()).map_err(|error| text(&error))?;
    let mut receipt = Vec::new();
    loop {
        wait(&input.subscribe()).map_err(|_| "no receipt within 5 s".to_owned())?;
        let chunk = input.read(MAX_RECEIPT as u64).map_err(|error| text(&error))?;
        receipt.extend(chunk);
        if let Some(end) = receipt.iter().position(|byte| *byte == b'\n') {
            receipt.truncate(end);
            return String::from_utf8(receipt).map_err(|_| "the receipt is not text".to_owned());
        }
        if receipt.len() > MAX_RECEIPT {
            return Err(format!("the receipt is longer than {MAX_RECEIPT} bytes"));
        }
    }
}

/// Until the pollable is ready, or an error when patience ends first.
fn wait(pollable: &Pollable) -> Result<(), ErrorCode> {
    let timer = monotonic_clock::subscribe_duration(PATIENCE);
    let ready = poll(&[pollable, &timer]);
    if ready.contains(&0) {
        Ok(())
    } else {
        Err(ErrorCode::Timeout)
    }
}

fn text(error: &StreamError) -> String {
    match error {
        StreamError::Closed => "the connection was closed without a receipt".into(),
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
    }
}
