//! Why rows miss their targets, as far as profiles and instruction counts have shown.

use crate::row::Row;

/// Suite, how the row's name begins, and the reason.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "fresh",
        "",
        "the baseline's work and about 3,000 instructions more (see Instructions): look-up, chain, slot, room, deadline, the state of \
      each import that is used. They run once a call, spread over several crates: for a guest with WASI 1 per cent more instructions, \
      and 12 per cent more misses of the instruction cache",
    ),
    ("pools", "a slot of a lazy pool", "a semaphore's two locked operations; the spread is wider than the target"),
    (
        "pools",
        "warm_start: calls a second",
        "one thread does both: what is prepared ahead is prepared on it, with a hand-over \
      between two tasks for each call",
    ),
    (
        "pools",
        "reuse:",
        "some 3,400 instructions and twenty locked operations beside Wasmtime's own 5,000: look-up, chain, slot, \
      stock, deadline, and the box of the call's future",
    ),
    (
        "pools",
        "funcs, a text",
        "by hand, too, it is two microseconds beyond the callee: the host call of the caller, its fiber, and text in and out. The rest \
      is 4,600 instructions more than by hand before futures were copied less and mimalloc came: a third in the allocator, a tenth \
      copies, a fifth the outermost result as a value, then registry, policy, chain, slot and room",
    ),
    (
        "lua",
        "",
        "one such call takes 12,000 instructions of ours and of mlua's (a call into Rust and back, the future in its place beside the \
      VM, policy, registry, values on Lua's stack). It is the difference of calls that make a VM of 200 microseconds \
      each, whose spread it inherits",
    ),
    (
        "imports",
        "random:",
        "the operating system is asked at each call, on purpose; Wasmtime's is a generator of the thread",
    ),
    (
        "imports",
        "",
        "tens of nanoseconds: whether anybody listens to spans, the state's slot, and a table of the host's own",
    ),
    ("files", "0.3", "the guest's tasks are woken once for each piece; the spread is wider than the target"),
    ("files", "preview 1", "the spread is wider than the distance to the target, and a short run has few rounds"),
    (
        "serving",
        "0.2",
        "client and server share two cores, and rounds differ by more than the distance (a short run of the same program said 1.3). \
      A response's body passes through a place that knows how it ended, which `ProxyHandler` does without",
    ),
    (
        "serving",
        "0.3",
        "a guest of 0.3 waits until its body is out, so that it has a task beside the one of its connection; \
      `ProxyHandler` begins the next request in the worker that has just ended one",
    ),
    (
        "start",
        "1000 entries from the disk cache",
        "for each entry its section is checked against the schema, its imports are set up and its signature is read; components are \
      read and linked once. A quarter of the time is the kernel's, handing work to threads for blocking calls. A whole process with \
      this application took 270 ms on the same machine in a quiet minute",
    ),
    (
        "growth",
        "slope by grants",
        "a step, no slope: 14 microseconds up to 16 grants and 85 from 32 on, level before and behind. The hosts of the plots before this \
      one were never freed (they are now), and had taken the address space that the pools of the later ones needed: their instances \
      were allocated one by one",
    ),
    ("sleepers", "10000 of 0.2: memory", "the call's chain, deadline, cancellation and place in the pool: 3.5 KiB"),
    (
        "sleepers",
        "8000 of 0.3",
        "eight thousand instances wake at one moment on two workers, each through two tasks; \
      plain Wasmtime, too, takes more than the target",
    ),
    (
        "sleepers",
        "100000 of 0.3, shared instances: woken",
        "a hundred thousand calls wake at one moment on two workers; plain Wasmtime, too, takes half a second",
    ),
    (
        "sleepers",
        "",
        "each sleeper is a call of its own with deadline, cancellation and place in an instance; the baseline's are futures in one set",
    ),
    (
        "threads",
        "",
        "the machine has two cores that share what the second is worth: additions without any guest reach no more",
    ),
    (
        "fairness",
        "end of 8",
        "two turns of a tick each stand before a guest whose time is up, and the timer is looked at between turns",
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
