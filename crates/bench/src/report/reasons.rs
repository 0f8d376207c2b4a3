//! Why rows miss their targets, as far as profiles and instruction counts have shown.

use crate::row::Row;

/// Suite, how the row's name begins, and the reason.
const REASONS: &[(&str, &str, &str)] = &[
    (
        "fresh",
        "",
        "the baseline's work and some thousand instructions more: look-up, chain, slot, room, deadline, the state of each \
      import that is used. They run once a call, spread over several crates: for a guest with WASI 1 per cent more instructions, and \
      12 per cent more misses of the instruction cache",
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
        "the callee passes through registry, policy, chain, slot and room as an outermost call does, and its \
      text through a value; by hand it is called from a closure",
    ),
    ("lua", "Lua to WASM", "a coroutine is suspended and resumed, and arguments and results go through Lua's stack"),
    ("lua", "WASM to Lua", "a coroutine is suspended and resumed, and arguments and results go through Lua's stack"),
    ("imports", "random: 32 bytes", "the operating system is asked at each call, on purpose"),
    (
        "imports",
        "",
        "tens of nanoseconds: whether anybody listens to spans, the state's slot, and a table of the host's own",
    ),
    ("files", "0.3", "the guest's tasks are woken once for each piece; the spread is wider than the target"),
    (
        "serving",
        "0.2, reused",
        "a task for each guest beside the one of its connection, and a body that passes between them",
    ),
    (
        "serving",
        "0.3, fresh",
        "a task for each guest beside the one of its connection, and a body that passes between them; \
      `ProxyHandler` begins the next request in the worker that has just ended one",
    ),
    ("client", "a body", "the guest's bytes are copied into its memory, the baseline's are not"),
    (
        "start",
        "1000 entries from the disk cache",
        "for each entry its section is checked against the schema, its imports are set up \
      and its signature is read; components are read and linked once",
    ),
    (
        "start",
        "one call from the cache",
        "the command line reads YAML and its arguments, makes a runtime and writes JSON, some \
      4 ms in all; the shares were not measured",
    ),
    (
        "sleepers",
        "1000 of 0.3, an instance each: woken",
        "a thousand instances wake on two workers within one epoch, in both programs",
    ),
    (
        "sleepers",
        "10000 of 0.3, shared instances: memory",
        "each sleeper is a call of its own with deadline, cancellation and place in \
      an instance; the baseline's are futures in one set",
    ),
    (
        "threads",
        "",
        "the machine has two cores that share what the second is worth: additions without any guest reach no more",
    ),
    (
        "fairness",
        "end of 8",
        "eight guests on two workers have turns of a tick each: one whose time is up hears so when its turn comes, \
      three turns later",
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
