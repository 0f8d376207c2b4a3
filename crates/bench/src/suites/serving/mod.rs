//! Request handlers over HTTP, against `ProxyHandler` by hand: requests a second, and what 99 of 100 are answered within.

mod load;
mod ours;

use crate::bench::Bench;
use crate::guests::guest;
use crate::plain::proxied;
use crate::row::Target::{AtLeast, AtMost};
use load::Load;
use tokio::runtime::Runtime;
use wippy_host::Host;

struct Case {
    name: &'static str,
    guest: &'static str,
    /// Answered with the number of requests that the instance has had.
    path: &'static str,
    /// Requests that an instance serves.
    requests_each: u32,
    /// Requests of one round, and of one at --quick.
    round: (u32, u32),
}

/// Of 0.3, an instance serves sixteen at a time in both programs.
const CASES: [Case; 4] = [
    Case { name: "0.2, fresh", guest: "handler", path: "/count", requests_each: 1, round: (1000, 500) },
    Case { name: "0.2, reused", guest: "handler", path: "/count", requests_each: 1000, round: (3000, 1500) },
    Case { name: "0.3, fresh", guest: "handler-p3", path: "/served", requests_each: 1, round: (1000, 500) },
    Case { name: "0.3, reused", guest: "handler-p3", path: "/served", requests_each: 1000, round: (3000, 1500) },
];

pub(super) fn run(bench: &Bench) {
    // The servers have a thread of their own; the load has this one.
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let host = wippy_host::builder().unwrap().build().unwrap();
    for case in &CASES {
        case.run(bench, &host, &servers);
    }
}

impl Case {
    fn run(&self, bench: &Bench, host: &Host, servers: &Runtime) {
        let (guest, rounds) = (guest(self.guest), bench.length.pick(1, 3, 30));
        let ours = servers.block_on(ours::served(host, &guest, self.requests_each));
        let baseline = servers.block_on(proxied(&guest, self.requests_each as usize));
        let mut our_load = Load::new(&bench.runtime, ours.local_addr(), self.path);
        let mut load = Load::new(&bench.runtime, baseline.address, self.path);
        let (mut our_latencies, mut latencies) = (Vec::new(), Vec::new());
        let name = format!("{}: requests a second", self.name);
        let ours = || self.round(bench, &mut our_load, &mut our_latencies);
        let baseline = || self.round(bench, &mut load, &mut latencies);
        bench.ratio_in(rounds, &name, "1/s", AtLeast(1.0), ours, baseline);
        // The same rounds once more, for what else they came to.
        let (mut ours, mut baseline) = (our_latencies.into_iter(), latencies.into_iter());
        let name = format!("{}: 99 of 100 within", self.name);
        bench.ratio_in(rounds, &name, "µs", AtMost(1.1), || ours.next().unwrap(), || baseline.next().unwrap());
    }

    /// Requests a second, and the latency beside.
    fn round(&self, bench: &Bench, load: &mut Load<'_>, latencies: &mut Vec<f64>) -> f64 {
        let requests = bench.length.pick(64, self.round.1, self.round.0);
        let round = load.round(requests);
        let all = round.first == requests as usize;
        assert!(all == (self.requests_each == 1), "{}: {} of {requests} instances are new", self.name, round.first);
        latencies.push(round.p99);
        round.rate
    }
}
