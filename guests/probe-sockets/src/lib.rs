//! Every function of wasi:sockets.

wit_bindgen::generate!({
    world: "demo:probe-sockets/probe-sockets",
    path: ["../../wit/wasi-0.2/io.wit", "../../wit/wasi-0.2/clocks.wit", "../../wit/wasi-0.2/sockets.wit", "wit"],
    features: ["network-error-code"],
    generate_all,
});

mod address;
mod options;
mod report;
mod states;
mod tcp;
mod udp;

use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::io::poll::{poll, Pollable};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::resolve_addresses;
use wasi::sockets::network::ErrorCode;

type Answer<T> = Result<T, String>;

const PATIENCE: u64 = 5_000_000_000;

/// Calls `step` until it no longer would block, waiting for the pollable in between. The pollable is there before the
/// first call, so that `subscribe` is always called, whether or not there is anything to wait for.
fn wait<T>(
    function: &str,
    subscribe: impl FnOnce() -> Pollable,
    mut step: impl FnMut() -> Result<T, ErrorCode>,
) -> Answer<T> {
    let (ready, timer) = (subscribe(), subscribe_duration(PATIENCE));
    loop {
        match step() {
            Err(ErrorCode::WouldBlock) => {}
            done => return done.map_err(|code| failed(function, code)),
        }
        if !poll(&[&ready, &timer]).contains(&0) {
            return Err(failed(function, ErrorCode::Timeout));
        }
    }
}

fn failed(function: &str, code: ErrorCode) -> String {
    format!("{function}: {}", code.name())
}

struct Probe;
export!(Probe);

impl Guest for Probe {
    fn resolve(name: String) -> Answer<Vec<String>> {
        let network = instance_network();
        let stream = resolve_addresses(&network, &name).map_err(|code| failed("resolve-addresses", code))?;
        let mut found = Vec::new();
        let next = || wait("resolve-next-address", || stream.subscribe(), || stream.resolve_next_address());
        while let Some(ip) = next()? {
            found.push(address::ip_text(ip));
        }
        Ok(found)
    }

    fn tcp_connect(address: String) -> Answer<String> {
        tcp::connect(&address)
    }

    fn tcp_echo(address: String, text: String) -> Answer<String> {
        tcp::echo(&address, &text)
    }

    fn tcp_bind(address: String) -> Answer<String> {
        tcp::bind(&address).and_then(|socket| tcp::local(&socket))
    }

    fn tcp_listen(address: String) -> Answer<String> {
        tcp::listen(&address).and_then(|socket| tcp::local(&socket))
    }

    fn tcp_serve_once(address: String) -> Answer<String> {
        tcp::serve_once(&address)
    }

    fn tcp_self(address: String, text: String) -> Answer<Vec<String>> {
        tcp::to_itself(&address, &text)
    }

    fn tcp_options(ipv6: bool) -> Vec<String> {
        options::tcp(ipv6)
    }

    fn network_error_code(address: String) -> Answer<String> {
        tcp::reset_by_peer(&address)
    }

    fn udp_echo(address: String, text: String) -> Answer<String> {
        udp::echo(&address, &text)
    }

    fn udp_echo_to(address: String, text: String) -> Answer<(String, String)> {
        udp::echo_to(&address, &text)
    }

    fn udp_send(address: String, text: String) -> Answer<u64> {
        udp::send(&address, &text)
    }

    fn udp_bind(address: String) -> Answer<String> {
        udp::bind(&address).and_then(|socket| udp::local(&socket))
    }

    fn udp_self(address: String, text: String) -> Answer<Vec<String>> {
        udp::to_itself(&address, &text)
    }

    fn udp_options(ipv6: bool) -> Vec<String> {
        options::udp(ipv6)
    }

    fn tcp_states(address: String) -> Answer<Vec<String>> {
        states::tcp(&address)
    }

    fn tcp_write_to_reset(address: String) -> Answer<Vec<String>> {
        states::write_to_reset(&address)
    }

    fn udp_states(address: String) -> Answer<Vec<String>> {
        states::udp(&address)
    }

    fn udp_send_until_it_fails(address: String) -> Answer<()> {
        states::send_until_it_fails(&address)
    }

    fn name_states(name: String) -> Answer<Vec<String>> {
        states::name(&name)
    }
}
