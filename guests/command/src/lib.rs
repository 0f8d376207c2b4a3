//! A command of the Rust standard library: its first argument says what it does, the rest with what.

wit_bindgen::generate!({
    world: "demo:command/command",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "wit",
    ],
    generate_all,
});

use exports::wasi::cli::run::Guest;
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasi::sockets::tcp_create_socket::create_tcp_socket;
use std::io::{self, IsTerminal, Read, Write};
use std::time::Duration;

struct Command;
export!(Command);

impl Guest for Command {
    fn run() -> Result<(), ()> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        // Nobody else writes what stands in the buffer: this is no `main`.
        perform(&arguments).and_then(|()| io::stdout().flush()).map_err(|error| {
            // Standard error may be what is closed.
            let _ = writeln!(io::stderr(), "{error}");
        })
    }
}

fn perform(arguments: &[&str]) -> io::Result<()> {
    match arguments {
        ["arguments", rest @ ..] => {
            let name = std::env::args().next().unwrap_or_default();
            writeln!(io::stdout(), "{name}: {rest:?}")
        }
        ["variables"] => {
            let mut variables: Vec<_> = std::env::vars().collect();
            variables.sort();
            variables.into_iter().try_for_each(|(name, value)| writeln!(io::stdout(), "{name}={value}"))
        }
        ["cat"] => cat(),
        ["read-nothing"] => Ok(()),
        ["count-input"] => writeln!(io::stdout(), "{}", io::copy(&mut io::stdin(), &mut io::sink())?),
        ["print", text] => write!(io::stdout(), "{text}").and_then(|()| io::stdout().flush()),
        ["print-error", text] => writeln!(io::stderr(), "{text}"),
        ["flood"] => loop {
            io::stdout().write_all(&[b'x'; 4096])?;
        },
        ["terminals"] => {
            let there = [io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal()];
            writeln!(io::stdout(), "{there:?}")
        }
        ["exit", code] => {
            wasi::cli::exit::exit_with_code(code.parse().unwrap_or(255));
            Ok(())
        }
        ["fail"] => Err(io::Error::other("as asked")),
        ["trap"] => std::process::abort(),
        ["read", path] => io::stdout().write_all(&std::fs::read(path)?),
        ["write", path, text] => std::fs::write(path, text),
        ["connect", address] => connect(address),
        ["sleep", milliseconds] => {
            let duration = Duration::from_millis(milliseconds.parse().unwrap_or_default());
            writeln!(io::stdout(), "sleeping")?;
            std::thread::sleep(duration);
            Ok(())
        }
        ["loop"] => {
            writeln!(io::stdout(), "looping")?;
            loop {
                std::hint::black_box(0);
            }
        }
        other => Err(io::Error::other(format!("unknown command {other:?}"))),
    }
}

/// Opens a TCP connection and closes it again. The standard library has no sockets here.
fn connect(address: &str) -> io::Result<()> {
    let invalid = |_| io::Error::other("connect takes an IPv4 address and a port");
    let address: std::net::SocketAddrV4 = address.parse().map_err(invalid)?;
    let [a, b, c, d] = address.ip().octets();
    let remote = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: (a, b, c, d) });
    let failed = |error| io::Error::other(format!("connect: {error:?}"));
    let socket = create_tcp_socket(IpAddressFamily::Ipv4).map_err(failed)?;
    socket.start_connect(&instance_network(), remote).map_err(failed)?;
    loop {
        socket.subscribe().block();
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => {}
            done => return done.map(drop).map_err(failed),
        }
    }
}

fn cat() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin(), io::stdout());
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match input.read(&mut buffer)? {
            0 => return output.flush(),
            read => output.write_all(&buffer[..read])?,
        }
    }
}
