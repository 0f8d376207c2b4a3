//! Memories, tables, instances and values without end.

use crate::support::{Entry, host, told};
use serde_json::json;
use wippy_host::{ErrorKind, Reason};

const MIB: usize = 1 << 20;

fn limited() -> Entry {
    Entry::new("misbehave").limits(|limits| limits.max_memory_bytes = 8 * MIB)
}

#[tokio::test]
async fn memory_without_end_ends_the_call_at_the_limit() {
    let entry = limited();
    for (method, arguments) in [("allocate-forever", json!([])), ("grow-memory", json!([65_000]))] {
        let error = entry.fails(method, arguments).await;
        assert_eq!(
            told(&error),
            (
                ErrorKind::RateLimited,
                Reason::Memory,
                "app:report: the guest asked for more than 8388608 bytes of memory (limits.max_memory_bytes); raise \
                 limits.max_memory_bytes of the entry if the guest needs more"
                    .to_owned()
            )
        );
        assert_eq!(entry.call("echo", json!(["next"])).await.unwrap(), "next");
    }
    assert!(entry.call("grow-memory", json!([1])).await.unwrap().is_number());
    // More than any 32-bit memory holds is the memory's own maximum, as in any engine.
    let big = Entry::new("misbehave").limits(|limits| limits.max_memory_bytes = 64 * MIB);
    let answer = big.call("grow-memory", json!([u32::MAX])).await;
    assert!(matches!(&answer, Ok(answer) if answer.is_null()) || answer.is_err_and(|e| e.reason() == Reason::Memory));
}

/// A component of `count` core instances of one module.
fn instances(count: usize, body: &str) -> String {
    let instances = "(core instance (instantiate $m))\n".repeat(count);
    format!(
        "(component (core module $m {body} (func (export \"run\") (result i32) (i32.const 1)))
            {instances}
            (core instance $last (instantiate $m))
            (func (export \"run\") (result u32) (canon lift (core func $last \"run\"))))"
    )
}

#[tokio::test]
async fn the_memories_of_an_instance_count_together() {
    // 20 memories of 1 MiB each, and the limit is 8 MiB.
    let entry = Entry::text(&instances(19, "(memory 16)")).limits(|limits| limits.max_memory_bytes = 8 * MIB);
    let error = entry.fails("run", json!([])).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::Memory), "{error}");
    let enough = entry.limits(|limits| limits.max_memory_bytes = 20 * MIB);
    assert_eq!(enough.call("run", json!([])).await.unwrap(), 1);
}

#[tokio::test]
async fn a_64_bit_memory_is_limited_like_any_other() {
    let text = "(component (core module $m (memory i64 1)
            (func (export \"run\") (result i64) (memory.grow (i64.const 0x7fffffffffff))))
        (core instance $i (instantiate $m))
        (func (export \"run\") (result u64) (canon lift (core func $i \"run\"))))";
    let Ok(component) = host().compile(text) else { return };
    match Entry::of(host(), component).call("run", json!([])).await {
        Ok(refused) => assert_eq!(refused, json!(u64::MAX)),
        Err(error) => assert_eq!(error.reason(), Reason::Memory, "{error}"),
    }
}

#[tokio::test]
async fn tables_without_end_end_the_call_at_the_limit() {
    let entry = Entry::new("traps").limits(|limits| limits.max_table_elements = 5000);
    for (method, arguments) in [("grow-table-forever", json!([])), ("grow-table", json!([1_000_000]))] {
        let error = entry.fails(method, arguments).await;
        assert_eq!(
            told(&error),
            (
                ErrorKind::RateLimited,
                Reason::Table,
                "app:report: the guest asked for more than 5000 elements in a table (limits.max_table_elements); raise \
                 limits.max_table_elements of the entry if the guest needs more"
                    .to_owned()
            )
        );
    }
    assert_eq!(entry.call("grow-table", json!([10])).await.unwrap(), 1);
    let at_start = Entry::text(&instances(0, "(table 1000000 funcref)"));
    assert_eq!(at_start.fails("run", json!([])).await.reason(), Reason::Table);
}

#[tokio::test]
async fn hundreds_of_instances_are_refused_by_the_limit() {
    let entry = Entry::text(&instances(300, ""));
    let error = entry.fails("run", json!([])).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::Instances), "{error}");
    assert!(error.message().starts_with("app:report: the component needs too many instances"), "{error}");
    assert_eq!(error.remedy(), Some("raise limits.max_instances of the entry"));
    let enough = entry.limits(|limits| limits.max_instances = 400);
    assert_eq!(enough.call("run", json!([])).await.unwrap(), 1);
    for kind in ["(memory 0)", "(table 0 funcref)"] {
        let error = Entry::text(&instances(300, kind)).fails("run", json!([])).await;
        assert_eq!(error.reason(), Reason::Instances, "{kind}: {error}");
    }
}

#[tokio::test]
async fn garbage_collected_objects_count_as_memory() {
    let text = "(component (core module $m
            (type $link (struct (field (ref null $link)) (field i64) (field i64)))
            (func (export \"run\") (local $head (ref null $link))
                (loop $more
                    (local.set $head (struct.new $link (local.get $head) (i64.const 1) (i64.const 2)))
                    (br $more))))
        (core instance $i (instantiate $m))
        (func (export \"run\") (canon lift (core func $i \"run\"))))";
    let entry = Entry::text(text).limits(|limits| limits.max_memory_bytes = 8 * MIB);
    #[cfg(target_os = "linux")]
    let before = crate::support::resident();
    let error = entry.fails("run", json!([])).await;
    let said = "app:report: the guest's garbage-collected objects need more memory; raise limits.max_memory_bytes of the \
                entry if the guest needs more";
    assert_eq!(told(&error), (ErrorKind::RateLimited, Reason::Memory, said.to_owned()));
    #[cfg(target_os = "linux")]
    assert!(crate::support::resident() < before + 512 * MIB);
}

/// A list of bytes becomes a list of values many times their size: what the host allocates for it is limited.
#[tokio::test]
async fn a_huge_result_is_refused_before_it_costs_the_host_more() {
    let text = "(component (core module $m (memory (export \"memory\") 3200)
            (func (export \"run\") (result i32)
                (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 200000000)) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export \"run\") (result (list u8)) (canon lift (core func $i \"run\") (memory (core memory $i \"memory\")))))";
    let entry = Entry::text(text);
    let error = entry.fails("run", json!([])).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::HostBytes), "{error}");
    let error = Entry::new("misbehave").fails("long-text", json!([100 * MIB])).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::HostBytes), "{error}");
    let long = Entry::new("misbehave").call("long-text", json!([10 * MIB])).await.unwrap();
    assert_eq!(long.as_str().map(str::len), Some(10 * MIB));
}
