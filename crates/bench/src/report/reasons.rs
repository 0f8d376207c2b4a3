//! Why rows miss their targets, as far as profiles and instruction counts have shown.

use crate::row::Row;

/// Suite, how the row's name begins, and the reason.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "fresh",
        "three records",
        "what it is called with is converted from the host's values, and what comes back to them, where the baseline has its own ready: \
      most of the 3,000 instructions more (see Instructions), and code that each call fetches anew; the row below makes them by hand",
    ),
    (
        "fresh",
        "",
        "the baseline's work, and look-up, chain, slot, room, deadline and the state of each import that is used. They run once a call, \
      spread over several crates: for a guest with WASI 1 per cent more instructions (see Instructions), some 25 locked operations, \
      and 15 per cent more misses of the instruction cache, as callgrind counts them",
    ),
    ("pools", "a slot of a lazy pool", "a semaphore's two locked operations; the spread is wider than the target"),
    (
        "pools",
        "warm_start: calls a second",
        "calls that come one after the other on one thread leave nobody time to prepare: each makes its own instance, against a \
      baseline whose linker has no WASI (see: string echo, against no WASI at all)",
    ),
    (
        "pools",
        "reuse:",
        "some 2,300 instructions and twenty locked operations, a third of a microsecond, beside Wasmtime's own 5,000: look-up, chain, slot, \
      stock, deadline, and the box of the call's future. They are what a host adds, whatever the call is",
    ),
    (
        "pools",
        "funcs, a text",
        "the callee's fresh call alone is 5 per cent dearer than the baseline's, which has no WASI; the rest is half a microsecond: policy, \
      registry, chain, slot and room, and two boxes for futures",
    ),
    ("lua", "", "it is the difference of calls that make a VM of 90 microseconds each, whose spread it inherits"),
    (
        "imports",
        "random: 32 bytes, against",
        "the operating system is asked at each call, on purpose; Wasmtime's is a generator of the thread",
    ),
    (
        "imports",
        "random: u64, against",
        "the operating system is asked at each call, on purpose; Wasmtime's is a generator of the thread",
    ),
    (
        "imports",
        "random:",
        "the function is asynchronous, so that a guest that asks for megabytes gives way to others; the baseline fills them in one go",
    ),
    (
        "imports",
        "io: check-write",
        "each line is counted against the entry's max_log_bytes: a lock and a look at the clock, which the baseline does without",
    ),
    (
        "imports",
        "",
        "ten to twenty nanoseconds: whether anybody listens to spans, the state's slot, and a clock or an output that may be the call's own",
    ),
    (
        "values",
        "",
        "the baseline converts Rust structs whose fields it knows, ours a `Value` of any shape; against a `Value` by hand it is within the \
      target. An option's, a text's and a number's `Val` come back from a function that can fail, and are stored and loaded once more",
    ),
    ("files", "0.3", "the guest's tasks are woken once for each piece; the spread is wider than the target"),
    (
        "files",
        "",
        "each piece is read or written on another thread, as in the baseline, and the time is mostly that of waking it. Of our own work there \
      is little to save: it executes 1.00 to 1.03 of the baseline's instructions (see Instructions; of 0.2 written and preview 1 read, too)",
    ),
    (
        "serving",
        "0.2",
        "client and server share two cores, and rounds differ by more than the distance. \
      A response's body passes through a place that knows how it ended, which `ProxyHandler` does without",
    ),
    (
        "serving",
        "0.3, reused",
        "of 7 microseconds more than the baseline's 34, sampled on the server's thread: 2.6 are the kernel's (a response is written in two parts \
      mostly, its end behind its body), 1 routes, limits and watching of the connection, 0.8 the call's guard and seat, 0.5 the guest, 0.4 tasks, \
      wakers and channels of the runtime; the rest is spread. `ProxyHandler` hands a request to the worker that has just ended one",
    ),
    (
        "serving",
        "0.3, fresh: requests",
        "of six per cent more time on the server's thread, sampled: the server's limits, routes and watching of the connection, and the \
      exchange of the response, take 4 microseconds, where `ProxyHandler` takes 2; the call's guard, slot and states 2; HTTP/1 and 2 on one \
      port 1; the rest is spread over guest, runtime and kernel",
    ),
    ("serving", "0.3", "client and server share two cores, and rounds differ by more than the distance"),
    (
        "client",
        "a body",
        "client, server and guest share two cores: the spread is wider than the distance to the target",
    ),
    (
        "start",
        "1000 entries from the disk cache",
        "for each entry its section is checked against the schema, its imports are set up and its signature is read; components are \
      read and linked once. A quarter of the time is the kernel's, handing work to threads for blocking calls",
    ),
    ("sleepers", "10000 of 0.2: memory", "the call's chain, deadline, cancellation and place in the pool"),
    (
        "sleepers",
        "100000 of 0.3, shared instances: woken",
        "a hundred thousand calls, whose sleepers began within two seconds, wake within as many on two workers, each by way of its instance's task and its own",
    ),
    (
        "sleepers",
        "",
        "each sleeper is a call of its own, with deadline, cancellation and a place in its instance: allocations of 1,184, 512, 392 and 344 bytes, as \
      traced, where the baseline's call has one of 440; the other three quarters are Wasmtime's in both",
    ),
    (
        "threads",
        "",
        "the machine has two cores that share what the second is worth: plain Wasmtime reaches no more, and additions without any guest little more",
    ),
];

/// The reason of a row that misses its target.
pub(super) fn of(suite: &str, row: &Row) -> Option<&'static str> {
    let missed = row.target.is_some_and(|target| !target.is_met(row.figure));
    if !missed {
        return None;
    }
    let found = REASONS.iter().find(|(of, name, _)| *of == suite && row.name.starts_with(name));
    Some(found.map_or("no reason found yet", |(_, _, reason)| reason))
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::row::{Kind, Row, Target};

    fn row(name: &str, figure: f64) -> Row {
        let (name, unit, target) = (name.to_owned(), String::new(), Some(Target::AtMost(1.0)));
        Row { name, unit, ours: figure, baseline: None, figure, kind: Kind::Alone, spread: None, target, note: None }
    }

    #[test]
    fn a_row_that_misses_its_target_has_a_reason_or_says_that_there_is_none_yet() {
        assert!(of("pools", &row("reuse: a text", 1.5)).unwrap().contains("instructions"));
        assert_eq!(of("pools", &row("something new", 1.5)), Some("no reason found yet"));
        assert_eq!(of("pools", &row("reuse: a text", 0.9)), None);
    }
}
