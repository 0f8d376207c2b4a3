//! WASI 0.3, on a standard library of 0.2.

wit_bindgen::generate!({
    world: "demo:probe-p3/probe-p3",
    path: [
        "../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/random.wit", "../../wit/wasi-0.3/filesystem.wit",
        "../../wit/wasi-0.3/sockets.wit", "../../wit/wasi-0.3/cli.wit", "../../wit/wasi-0.3/http.wit", "wit",
    ],
    features: ["clocks-timezone"],
    generate_all,
});

mod http;

use std::net::SocketAddr;
use wasi::cli::{environment, exit, stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout};
use wasi::clocks::{monotonic_clock, system_clock, timezone};
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasi::http::types::Fields;
use wasi::random::{insecure, insecure_seed, random};
use wasi::sockets::ip_name_lookup::resolve_addresses;
use wasi::sockets::types::{
    IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress, TcpSocket, UdpSocket,
};

type Pairs = Vec<(String, String)>;

struct Probe;
export!(Probe);

fn text(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(text)
}

/// The first directory.
fn root() -> Result<Descriptor, String> {
    get_directories().into_iter().next().map(|(descriptor, _)| descriptor).ok_or_else(|| "no directory".to_owned())
}

impl exports::wasi::cli::run::Guest for Probe {
    async fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        match arguments.get(1).map(String::as_str) {
            Some("fail") => Err(()),
            Some("exit") => {
                exit::exit_with_code(7);
                Ok(())
            }
            Some("echo") => {
                let input = Self::read_stdin().await.map_err(drop)?;
                Self::write(input).await.map_err(drop)
            }
            _ => {
                // By the standard library, which is of the other track.
                println!("{}", arguments.join(" "));
                Ok(())
            }
        }
    }
}

impl Guest for Probe {
    fn environment() -> String {
        let variables = environment::get_environment().into_iter().map(|(name, value)| format!("{name}={value}"));
        let variables = variables.collect::<Vec<_>>().join(" ");
        let arguments = environment::get_arguments().join(" ");
        format!("{arguments}\n{variables}\n{}", environment::get_initial_cwd().unwrap_or_default())
    }

    fn leave(code: u8) {
        match code {
            0 => exit::exit(Ok(())),
            1 => exit::exit(Err(())),
            code => exit::exit_with_code(code),
        }
    }

    fn terminals() -> Vec<bool> {
        vec![
            terminal_stdin::get_terminal_stdin().is_some(),
            terminal_stdout::get_terminal_stdout().is_some(),
            terminal_stderr::get_terminal_stderr().is_some(),
        ]
    }

    async fn read_stdin() -> Result<String, String> {
        let (stream, result) = stdin::read_via_stream();
        let bytes = stream.collect().await;
        result.await.map_err(text)?;
        utf8(bytes)
    }

    async fn write(line: String) -> Result<(), String> {
        let (mut sender, stream) = wit_stream::new();
        let written = stdout::write_via_stream(stream);
        let rest = sender.write_all(line.clone().into_bytes()).await;
        drop(sender);
        written.await.map_err(text)?;
        let (mut sender, stream) = wit_stream::new();
        let written = stderr::write_via_stream(stream);
        sender.write_all(line.into_bytes()).await;
        drop(sender);
        written.await.map_err(text)?;
        if rest.is_empty() { Ok(()) } else { Err(format!("{} bytes were not taken", rest.len())) }
    }

    fn now() -> u64 {
        let now = system_clock::now();
        let resolution = system_clock::get_resolution();
        assert!(resolution > 0);
        now.seconds as u64 * 1000 + u64::from(now.nanoseconds / 1_000_000)
    }

    async fn wait(nanoseconds: u64) -> u64 {
        assert!(monotonic_clock::get_resolution() > 0);
        let start = monotonic_clock::now();
        monotonic_clock::wait_for(nanoseconds).await;
        monotonic_clock::wait_until(monotonic_clock::now() + nanoseconds).await;
        monotonic_clock::now() - start
    }

    async fn wait_together(count: u32, nanoseconds: u64) -> u64 {
        let start = monotonic_clock::now();
        futures::future::join_all((0..count).map(|_| monotonic_clock::wait_for(nanoseconds))).await;
        monotonic_clock::now() - start
    }

    fn zone() -> String {
        let offset = timezone::utc_offset(system_clock::now());
        format!("{:?} {offset:?} {}", timezone::iana_id(), timezone::to_debug_string())
    }

    fn random(bytes: u64) -> (u64, u64, bool) {
        let (secure, other) = (random::get_random_bytes(bytes), insecure::get_insecure_random_bytes(bytes));
        assert!(random::get_random_u64() != random::get_random_u64());
        assert!(insecure::get_insecure_random_u64() != insecure::get_insecure_random_u64());
        let same = insecure_seed::get_insecure_seed() == insecure_seed::get_insecure_seed();
        (secure.len() as u64, other.len() as u64, same)
    }

    async fn read_file(path: String) -> Result<String, String> {
        let root = root()?;
        let opened = root.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::empty(), DescriptorFlags::READ);
        let file = opened.await.map_err(text)?;
        let (stream, result) = file.read_via_stream(0);
        let bytes = stream.collect().await;
        result.await.map_err(text)?;
        utf8(bytes)
    }

    async fn write_file(path: String, content: String) -> Result<(), String> {
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let root = root()?;
        let opened = root.open_at(PathFlags::empty(), path, flags, DescriptorFlags::WRITE);
        let file = opened.await.map_err(text)?;
        let (mut sender, stream) = wit_stream::new();
        let written = file.write_via_stream(stream, 0);
        sender.write_all(content.into_bytes()).await;
        drop(sender);
        written.await.map_err(text)
    }

    async fn list_directory() -> Result<Vec<String>, String> {
        let (stream, result) = root()?.read_directory();
        let mut names: Vec<_> = stream.collect().await.into_iter().map(|entry| entry.name).collect();
        result.await.map_err(text)?;
        names.sort();
        Ok(names)
    }

    fn read_file_of_std(path: String) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(text)
    }

    async fn look_up(name: String) -> Result<Vec<String>, String> {
        let addresses = resolve_addresses(name).await.map_err(text)?;
        let shown = addresses.into_iter().map(|address| match address {
            IpAddress::Ipv4((a, b, c, d)) => format!("{a}.{b}.{c}.{d}"),
            IpAddress::Ipv6(address) => format!("{address:?}"),
        });
        Ok(shown.collect())
    }

    async fn tcp(to: String, line: String) -> Result<String, String> {
        let to = address(&to)?;
        let socket = TcpSocket::create(family(&to)).map_err(text)?;
        socket.connect(to).await.map_err(text)?;
        let (stream, received) = socket.receive();
        let (mut sender, data) = wit_stream::new();
        let sent = socket.send(data);
        sender.write_all(line.into_bytes()).await;
        drop(sender);
        sent.await.map_err(text)?;
        let bytes = stream.collect().await;
        received.await.map_err(text)?;
        utf8(bytes)
    }

    async fn udp(to: String, line: String, connected: bool) -> Result<String, String> {
        let to = address(&to)?;
        let socket = UdpSocket::create(family(&to)).map_err(text)?;
        if connected {
            socket.connect(to).map_err(text)?;
            socket.send(line.into_bytes(), None).await.map_err(text)?;
        } else {
            socket.send(line.into_bytes(), Some(to)).await.map_err(text)?;
        }
        let (bytes, _) = socket.receive().await.map_err(text)?;
        utf8(bytes)
    }

    fn hoard_streams() {
        loop {
            std::mem::forget(wit_stream::new::<u8>());
        }
    }

    async fn hoard_waits() {
        loop {
            let mut wait = Box::pin(monotonic_clock::wait_for(u64::MAX));
            let _ = futures::poll!(&mut wait);
            std::mem::forget(wait);
        }
    }

    async fn hoard(what: String) {
        loop {
            match what.as_str() {
                "stdin" => std::mem::forget(stdin::read_via_stream()),
                "fields" => {
                    let fields = Fields::new();
                    fields.append("name", &[b'x'; 1000]).unwrap();
                    std::mem::forget(fields);
                }
                "sockets" => std::mem::forget(TcpSocket::create(IpAddressFamily::Ipv4)),
                _ => std::mem::forget(get_directories()),
            }
        }
    }

    async fn fetch(authority: String, path: String) -> Result<(u16, String), String> {
        http::fetch(&authority, &path).await
    }

    async fn post(url: String, body: String, trailers: Pairs, patience: Option<u64>) -> Result<(u16, String, Pairs), String> {
        http::post(&url, body, &trailers, patience).await
    }
}

fn address(literal: &str) -> Result<IpSocketAddress, String> {
    Ok(match literal.parse::<SocketAddr>().map_err(text)? {
        SocketAddr::V4(address) => {
            let [a, b, c, d] = address.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) })
        }
        SocketAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.ip().segments();
            let (port, flow_info, scope_id) = (address.port(), address.flowinfo(), address.scope_id());
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info, address: (a, b, c, d, e, f, g, h), scope_id })
        }
    })
}

fn family(address: &IpSocketAddress) -> IpAddressFamily {
    match address {
        IpSocketAddress::Ipv4(_) => IpAddressFamily::Ipv4,
        IpSocketAddress::Ipv6(_) => IpAddressFamily::Ipv6,
    }
}
