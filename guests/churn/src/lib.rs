//! Opens and drops handles, and asks for what it may not have, as often as it is told.

wit_bindgen::generate!({
    world: "demo:churn/churn",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "../../wit/wasi-0.2/http.wit",
        "../../wit/wippy-runtime-0.2/funcs.wit",
        "wit",
    ],
    generate_all,
});

use wasi::cli::{environment, stdout};
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasi::http::outgoing_handler;
use wasi::http::types::{Fields, OutgoingRequest, RequestOptions, Scheme};
use wasi::io::poll::poll;
use wasi::random::random::get_random_bytes;
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::resolve_addresses;
use wasi::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasi::sockets::tcp_create_socket::create_tcp_socket;
use wasi::sockets::udp_create_socket::create_udp_socket;
use wippy::runtime::funcs::{self, Running};
use wippy::runtime::values::Node;

struct Churn;
export!(Churn);

const READ: DescriptorFlags = DescriptorFlags::READ;

impl Guest for Churn {
    fn churn(what: String, count: u32) -> u32 {
        let root = get_directories().into_iter().next().map(|(root, _)| root);
        let mut refused = 0;
        for _ in 0..count {
            refused += u32::from(!once(&what, root.as_ref()));
        }
        refused
    }
}

/// Whether it was allowed.
fn once(what: &str, root: Option<&Descriptor>) -> bool {
    match what {
        "pollable" => drop(subscribe_duration(1_000_000_000_000)),
        "poll" => {
            let due = subscribe_duration(0);
            poll(&[&due, &due, &subscribe_duration(1_000_000_000_000)]);
        }
        "fields" => {
            let fields = Fields::new();
            return fields.append("name", b"value").is_ok();
        }
        "request" => {
            let request = request("example.com");
            let body = request.body().unwrap();
            drop(body.write());
            RequestOptions::new().set_connect_timeout(Some(1)).unwrap();
        }
        "random" => drop(get_random_bytes(256)),
        "environment" => drop((environment::get_environment(), environment::get_arguments())),
        "output" => return stdout::get_stdout().blocking_write_and_flush(b"a line of output\n").is_ok(),
        "directories" => drop(get_directories()),
        "open" => return open(root, "file", OpenFlags::empty()),
        "streams" => {
            let Some(Ok(file)) =
                root.map(|root| root.open_at(PathFlags::empty(), "file", OpenFlags::empty(), READ))
            else {
                return false;
            };
            return file.read_via_stream(0).is_ok_and(|stream| stream.blocking_read(64).is_ok());
        }
        "listing" => return root.is_some_and(|root| root.read_directory().is_ok_and(|list| list.read_directory_entry().is_ok())),
        "tcp" => return create_tcp_socket(IpAddressFamily::Ipv4).is_ok(),
        "udp" => return create_udp_socket(IpAddressFamily::Ipv6).is_ok(),
        "lookup" => return resolve_addresses(&instance_network(), "localhost").is_ok(),
        "running" => drop(Running::new("churn:endless", &[vec![Node::Text("a".into())]])),
        "call" => return funcs::call("churn:answer", &[vec![Node::Null]]).is_ok(),
        // What is refused.
        "open-outside" => return open(root, "../secret", OpenFlags::empty()),
        "create-read-only" => return open(root, "new", OpenFlags::CREATE),
        "connect-denied" => {
            let Ok(socket) = create_tcp_socket(IpAddressFamily::Ipv4) else { return true };
            let private = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: 80, address: (10, 0, 0, 1) });
            let network = instance_network();
            return socket
                .start_connect(&network, private)
                .and_then(|()| {
                    socket.subscribe().block();
                    socket.finish_connect()
                })
                .is_ok();
        }
        "lookup-denied" => {
            let network = instance_network();
            let Ok(stream) = resolve_addresses(&network, "not.allowed.example") else { return false };
            stream.subscribe().block();
            return stream.resolve_next_address().is_ok();
        }
        "request-denied" => {
            let Ok(response) = outgoing_handler::handle(request("10.0.0.1"), None) else { return false };
            response.subscribe().block();
            return matches!(response.get(), Some(Ok(Ok(_))));
        }
        "call-denied" => return funcs::call("churn:forbidden", &[]).is_ok(),
        other => panic!("{other} is nothing to do"),
    }
    true
}

fn request(authority: &str) -> OutgoingRequest {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request
}

fn open(root: Option<&Descriptor>, path: &str, flags: OpenFlags) -> bool {
    root.is_some_and(|root| root.open_at(PathFlags::empty(), path, flags, READ).is_ok())
}
