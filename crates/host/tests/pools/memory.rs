//! The memory of all guests together.

use crate::support::{Gate, add, builder, call, caller, guest, options, pool, spec, start, until};
use serde_json::json;
use wippy_host::pool::{PoolFields, PoolSpec, WarmStart};
use wippy_host::{ErrorKind, Host, Reason};

const PAGE: usize = 64 << 10;

/// A host whose guests may have this many pages, some of which are for nested calls alone.
fn host(pages: usize, nested: usize) -> Host {
    let mut options = options();
    options.max_total_memory_bytes = pages * PAGE;
    options.nested_memory_bytes = Some(nested * PAGE);
    builder(options).build().unwrap()
}

/// Two memories of two pages each; grows the second by so many pages, and calls nobody.
const TWO_MEMORIES: &str = "(component
    (core module $a (memory 2))
    (core module $b
        (memory 2)
        (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0))))
    (core instance (instantiate $a))
    (core instance $i (instantiate $b))
    (func (export \"grow\") (param \"pages\" s32) (result s32) (canon lift (core func $i \"grow\"))))";

#[tokio::test]
async fn growth_beyond_the_host_s_memory_ends_the_call_and_gives_all_back() {
    let host = host(20, 0);
    let grow = add(&host, &host.compile(TWO_MEMORIES).unwrap(), spec("app:grow", "grow", PoolSpec::INLINE)).await;
    for _ in 0..3 {
        assert_eq!(call(&grow, json!([16])).await.unwrap(), 2);
        let error = call(&grow, json!([17])).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Unavailable, Reason::HostFull));
        assert_eq!(
            error.to_string(),
            "app:grow: the host has no memory left for guests: of 1310720 bytes, 262144 are in use; try again, or raise \
             the host's max_total_memory_bytes"
        );
        assert_eq!(host.memory_in_use(), 0);
    }
}

#[tokio::test]
async fn what_one_guest_holds_another_cannot_have() {
    let host = host(100, 0);
    let gate = Gate::register(&host, "app:gate");
    let caller = caller(&host, "app:caller", PoolSpec::INLINE).await;
    let holding = start(&caller, "app:gate");
    until("it runs", || gate.inside() == 1).await;
    let held = host.memory_in_use() / PAGE;
    assert!(held > 0);
    let grow = add(&host, &host.compile(TWO_MEMORIES).unwrap(), spec("app:grow", "grow", PoolSpec::INLINE)).await;
    let most = 100 - 4 - held;
    assert_eq!(call(&grow, json!([most])).await.unwrap(), 2);
    assert_eq!(call(&grow, json!([most + 1])).await.unwrap_err().reason(), Reason::HostFull);
    gate.let_go(1);
    holding.await.unwrap().unwrap();
    assert_eq!(call(&grow, json!([most + 1])).await.unwrap(), 2);
}

#[tokio::test]
async fn a_part_of_the_memory_is_for_nested_calls_alone() {
    let text = "(component
        (core module $m (memory (export \"memory\") 40)
            (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64))
            (func (export \"run\") (param i32 i32) (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func (export \"run\") (param \"text\" string) (result string)
            (canon lift (core func $i \"run\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))";
    let host = host(80, 45);
    let large = add(&host, &host.compile(text).unwrap(), spec("app:large", "run", PoolSpec::INLINE)).await;
    assert_eq!(call(&large, json!([""])).await.unwrap_err().reason(), Reason::HostFull);
    let caller = caller(&host, "app:caller", PoolSpec::INLINE).await;
    assert_eq!(call(&caller, json!(["app:large", ""])).await.unwrap()["ok"], "");
    assert_eq!(host.memory_in_use(), 0);
}

#[tokio::test]
async fn instances_that_wait_for_nobody_give_their_memory_to_a_call() {
    let host = host(40, 0);
    let warm = pool(PoolFields::default().with_max_size(8).with_warm_start(WarmStart::Count(5)));
    let component = host.compile(TWO_MEMORIES).unwrap();
    let waiting = add(&host, &component, spec("app:waiting", "grow", warm)).await;
    until("five wait", || waiting.ready() == 5).await;
    assert_eq!(host.memory_in_use(), 20 * PAGE);
    let grow = add(&host, &component, spec("app:grow", "grow", PoolSpec::INLINE)).await;
    assert_eq!(call(&grow, json!([30])).await.unwrap(), 2);
    assert_eq!(waiting.ready(), 1, "more went than had to, or fewer");
    // What can never fit costs nobody an instance.
    assert!(call(&grow, json!([300])).await.is_err());
    assert_eq!(waiting.ready(), 1);
}

#[tokio::test]
async fn objects_that_the_host_has_no_memory_for_are_its_fault_not_the_guest_s() {
    let text = "(component (core module $m
            (type $link (struct (field (ref null $link)) (field i64) (field i64)))
            (func (export \"run\") (local $head (ref null $link))
                (loop $more
                    (local.set $head (struct.new $link (local.get $head) (i64.const 1) (i64.const 2)))
                    (br $more))))
        (core instance $i (instantiate $m))
        (func (export \"run\") (canon lift (core func $i \"run\"))))";
    let host = host(64, 0);
    let run = add(&host, &host.compile(text).unwrap(), spec("app:run", "run", PoolSpec::INLINE)).await;
    let error = call(&run, json!([])).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Unavailable, Reason::HostFull), "{error}");
    assert_eq!(host.memory_in_use(), 0);
    // Its instance is gone, and its guest is left with nothing of the host's.
    let count = add(&host, &guest(&host, "misbehave"), spec("app:count", "count", PoolSpec::INLINE)).await;
    assert_eq!(call(&count, json!([])).await.unwrap(), 1);
}
