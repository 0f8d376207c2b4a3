//! Requests that guests make: connections that are used again, and how fast a large body comes.

mod server;

use crate::bench::Bench;
use crate::guests::guest;
use crate::plain::Reader;
use crate::row::Kind;
use crate::row::Target::{AtLeast, AtMost};
use futures::future::join_all;
use server::Server;
use std::sync::Arc;
use std::time::Instant;
use wippy_host::policy::network::NetworkRules;
use wippy_host::{CallContext, EntrySpec, Function, Host, Value, WasmFunction};

const IN_FLIGHT: usize = 64;

/// What the guest reads in one go, in bytes.
const PIECE: u64 = 64 << 10;

pub(super) fn run(bench: &Bench) {
    // The server has a thread of its own; guests and baseline have this one.
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let host = wippy_host::builder().unwrap().build().unwrap();
    let server = Server::start(&servers);
    connections(bench, &host, &server);
    throughput(bench, &host, &server);
}

fn connections(bench: &Bench, host: &Host, server: &Server) {
    let one_by_one = |guest| {
        let function = bench.runtime.block_on(prepared(host, guest, "count"));
        let requests = IN_FLIGHT * bench.length.pick(4, 130, 400);
        let caller = || async {
            for _ in 0..requests / IN_FLIGHT {
                assert_eq!(count(&function, server, 13).await, 13);
            }
        };
        let before = server.accepted();
        bench.runtime.block_on(join_all((0..IN_FLIGHT).map(|_| caller())));
        100.0 * f64::from(server.accepted() - before) / requests as f64
    };
    let at_once = || {
        let function = bench.runtime.block_on(prepared(host, "probe-http", "get-together"));
        let calls = bench.length.pick(4, 130, 400);
        let urls = vec![Value::from(format!("http://{}/0", server.address)); IN_FLIGHT];
        let (context, before) = (CallContext::new(), server.accepted());
        for _ in 0..calls {
            let called = function.call(&context, vec![Value::List(urls.clone())]);
            std::hint::black_box(bench.runtime.block_on(called).unwrap());
        }
        100.0 * f64::from(server.accepted() - before) / (calls * IN_FLIGHT) as f64
    };
    let row = |name, figure| bench.alone(name, "connections", AtMost(1.0), &[figure]);
    row("new connections for 100 requests, 64 guests at a time, 0.2", one_by_one("download"));
    row("new connections for 100 requests, 64 guests at a time, 0.3", one_by_one("download-p3"));
    row("new connections for 100 requests, one guest that sends 64 at once, again and again", at_once());
}

fn throughput(bench: &Bench, host: &Host, server: &Server) {
    let size = bench.length.pick(1 << 20, 64 << 20, 1 << 30);
    let path = format!("/{size}");
    let mut reader = bench.runtime.block_on(Reader::connect(server.address));
    for (track, guest) in [("0.2", "download"), ("0.3", "download-p3")] {
        let function = bench.runtime.block_on(prepared(host, guest, "count"));
        let ours = || rate(bench, size, count(&function, server, size));
        let baseline = || rate(bench, size, reader.count(&path));
        let rounds = bench.length.pick(1, 8, 8);
        let name = format!("a body of {} MiB, {track}", size >> 20);
        let note = "the guest's bytes are copied into its memory, the baseline's are not";
        bench.compare(rounds, &name, "MiB/s", Kind::Ratio, Some(AtLeast(0.9)), Some(note), ours, baseline);
    }
}

/// MiB a second.
fn rate(bench: &Bench, size: u64, read: impl Future<Output = u64>) -> f64 {
    let start = Instant::now();
    assert_eq!(bench.runtime.block_on(read), size);
    size as f64 / f64::from(1 << 20) / start.elapsed().as_secs_f64()
}

async fn count(function: &WasmFunction, server: &Server, size: u64) -> u64 {
    let arguments = vec![server.address.to_string().into(), format!("/{size}").into(), Value::from(PIECE)];
    let counted = function.call(&CallContext::new(), arguments).await.unwrap();
    counted.get("ok").and_then(Value::as_u64).unwrap_or_else(|| panic!("{counted:?}"))
}

async fn prepared(host: &Host, name: &str, method: &str) -> Arc<WasmFunction> {
    let component = host.compile(guest(name)).unwrap();
    let entry = EntrySpec::new(format!("bench:{name}"), method)
        .with_imports(wippy_host::ENABLED.iter().copied())
        .with_network(NetworkRules::parse(&["127.0.0.1".to_owned()]).unwrap());
    Arc::new(host.prepare(entry, &component).await.unwrap())
}
