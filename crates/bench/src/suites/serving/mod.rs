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
    /// Requests of one round.
    round: u32,
}

/// Of 0.3, an instance serves sixteen at a time in both programs.
const CASES: [Case; 4] = [
    Case { name: "0.2, fresh", guest: "handler", path: "/count", requests_each: 1, round: 1000 },
    Case { name: "0.2, reused", guest: "handler", path: "/count", requests_each: 1000, round: 4000 },
    Case { name: "0.3, fresh", guest: "handler-p3", path: "/served", requests_each: 1, round: 1000 },
    Case { name: "0.3, reused", guest: "handler-p3", path: "/served", requests_each: 1000, round: 4000 },
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
        let guest = guest(self.guest);
        let ours = servers.block_on(ours::served(host, &guest, self.requests_each));
        let baseline = servers.block_on(proxied(&guest, self.requests_each as usize));
        let mut our_load = Load::new(&bench.runtime, ours.local_addr(), self.path);
        let mut their_load = Load::new(&bench.runtime, baseline.address, self.path);
        let requests = bench.length.pick(64, self.round, self.round);
        let (mut our_latencies, mut latencies) = (Vec::new(), Vec::new());
        let round = |load: &mut Load<'_>, latencies: &mut Vec<f64>| {
            let round = load.round(requests);
            if self.requests_each == 1 {
                assert_eq!(round.first, requests as usize, "{}: an instance was used again", self.name);
            } else {
                eprintln!("{} {} {} {}", self.name, round.first, round.rate, round.p99);
            }
            latencies.push(round.p99);
            round.rate
        };
        let rounds = bench.length.pick(1, 6, 50);
        let rate = |load: &mut Load<'_>, latencies: &mut Vec<f64>| round(load, latencies);
        bench.ratio_in(
            rounds,
            &format!("{}: requests a second", self.name),
            "1/s",
            AtLeast(1.0),
            || rate(&mut our_load, &mut our_latencies),
            || rate(&mut their_load, &mut latencies),
        );
        // The same rounds once more, for what else they came to.
        let (mut ours, mut baseline) = (our_latencies.into_iter(), latencies.into_iter());
        bench.ratio_in(
            rounds,
            &format!("{}: 99 of 100 within", self.name),
            "µs",
            AtMost(1.1),
            || ours.next().unwrap(),
            || baseline.next().unwrap(),
        );
    }
}
