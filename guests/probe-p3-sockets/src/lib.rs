//! Every function of wasi:sockets 0.3.

wit_bindgen::generate!({
    world: "demo:probe-p3-sockets/probe-p3-sockets",
    path: ["../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/sockets.wit", "wit"],
    generate_all,
});

mod address;
mod options;
mod report;
mod tcp;
mod udp;

use wasi::sockets::ip_name_lookup::resolve_addresses;

type Answer<T> = Result<T, String>;

/// As `connect: connection-refused`.
fn failed(function: &str, code: impl std::fmt::Debug) -> String {
    format!("{function}: {}", report::name(code))
}

struct Probe;
export!(Probe);

impl Guest for Probe {
    async fn resolve(name: String) -> Answer<Vec<String>> {
        let found = resolve_addresses(name).await.map_err(|code| failed("resolve-addresses", code))?;
        Ok(found.into_iter().map(address::ip_text).collect())
    }

    async fn tcp_connect(address: String) -> Answer<String> {
        tcp::remote(&tcp::connect(&address).await?)
    }

    async fn tcp_echo(address: String, text: String) -> Answer<String> {
        tcp::echo(&address, text).await
    }

    fn tcp_bind(address: String) -> Answer<String> {
        tcp::local(&tcp::bind(&address)?)
    }

    fn tcp_listen(address: String) -> Answer<String> {
        let (socket, _accepted) = tcp::listen(&address)?;
        tcp::local(&socket)
    }

    async fn tcp_self(address: String, text: String) -> Answer<Vec<String>> {
        tcp::to_itself(&address, text).await
    }

    fn tcp_options(ipv6: bool) -> Vec<String> {
        options::tcp(ipv6)
    }

    async fn tcp_states(address: String) -> Vec<String> {
        tcp::states(&address).await
    }

    async fn udp_echo(address: String, text: String) -> Answer<String> {
        udp::echo(&address, text).await
    }

    async fn udp_echo_to(address: String, text: String) -> Answer<(String, String)> {
        udp::echo_to(&address, text).await
    }

    fn udp_bind(address: String) -> Answer<String> {
        udp::local(&udp::bind(&address)?)
    }

    fn udp_options(ipv6: bool) -> Vec<String> {
        options::udp(ipv6)
    }

    async fn udp_states(address: String) -> Vec<String> {
        udp::states(&address).await
    }
}
