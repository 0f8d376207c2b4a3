//! What a guest can make the host allocate: handles, lists, random bytes, header fields.

use crate::support::{Entry, add_directory, call, resident, told};
use serde_json::json;
use wippy_host::{ErrorKind, Reason};

/// A component that makes things without end and drops none: `make` is called with the results of nothing.
fn hoarder(imports: &str, lowered: &str, core: &str, body: &str) -> String {
    format!(
        "(component $C {imports}
            (core module $libc (memory (export \"memory\") 400)
                (global $next (mut i32) (i32.const 1024))
                (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 65536)))
            (core instance $libc (instantiate $libc))
            (alias core export $libc \"memory\" (core memory $memory))
            (alias core export $libc \"realloc\" (core func $realloc))
            {lowered}
            (core module $code (import \"libc\" \"memory\" (memory 1)) {core}
                (func (export \"run\") (param $count i32) (result i32)
                    (local $handle i32) (local $at i32)
                    {body}))
            (core instance $m (instantiate $code (with \"libc\" (instance $libc))
                (with \"host\" (instance (export \"make\" (func $make)) (export \"use\" (func $use))))))
            (func (export \"run\") (param \"count\" u32) (result u32) (canon lift (core func $m \"run\"))))"
    )
}

const POLL: &str = "(import \"wasi:io/poll@0.2.3\" (instance $poll
        (export \"pollable\" (type $p (sub resource)))
        (export \"poll\" (func (param \"in\" (list (borrow $p))) (result (list u32))))))
    (alias export $poll \"pollable\" (type $pollable))
    (alias export $poll \"poll\" (func $poll_func))
    (import \"wasi:clocks/monotonic-clock@0.2.3\" (instance $clock
        (alias outer $C $pollable (type $outer))
        (export \"pollable\" (type $p (eq $outer)))
        (export \"subscribe-duration\" (func (param \"when\" u64) (result (own $p))))))
    (alias export $clock \"subscribe-duration\" (func $subscribe))";

const POLL_LOWERED: &str = "(core func $make (canon lower (func $subscribe)))
    (core func $use (canon lower (func $poll_func) (memory $memory) (realloc $realloc)))";

const POLL_CORE: &str = "(import \"host\" \"make\" (func $make (param i64) (result i32)))
    (import \"host\" \"use\" (func $use (param i32 i32 i32)))";

const MANY: &str = "(loop $more
        (drop (call $make (i64.const 1000000000000)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $at) (local.get $count))))
    (local.get $at)";

#[tokio::test]
async fn pollables_without_end_end_the_call_at_the_limit() {
    let text = hoarder(POLL, POLL_LOWERED, POLL_CORE, MANY);
    let entry = Entry::text(&text).imports(&["wasi:io", "wasi:clocks"]);
    let before = resident();
    let error = entry.fails("run", json!([u32::MAX])).await;
    let said = "app:report: the guest holds too many handles; raise limits.max_resources of the entry, or let the guest drop \
                what it no longer needs";
    assert_eq!(told(&error), (ErrorKind::RateLimited, Reason::Resources, said.to_owned()));
    assert!(resident() < before + (512 << 20));
    assert_eq!(entry.call("run", json!([1000])).await.unwrap(), 1000);
    let few = entry.limits(|limits| limits.max_resources = 50);
    assert_eq!(few.fails("run", json!([100])).await.reason(), Reason::Resources);
    assert_eq!(few.call("run", json!([20])).await.unwrap(), 20);
}

#[tokio::test]
async fn a_poll_of_an_enormous_list_is_refused_or_answered() {
    // One pollable that is ready at once, in the list `count` times.
    let body = "(local.set $handle (call $make (i64.const 0)))
        (loop $more
            (i32.store offset=131072 (i32.mul (local.get $at) (i32.const 4)) (local.get $handle))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $more (i32.lt_u (local.get $at) (local.get $count))))
        (call $use (i32.const 131072) (local.get $count) (i32.const 16))
        (i32.load (i32.const 20))";
    let entry = Entry::text(&hoarder(POLL, POLL_LOWERED, POLL_CORE, body)).imports(&["wasi:io", "wasi:clocks"]);
    assert_eq!(entry.call("run", json!([100])).await.unwrap(), 100);
    let before = resident();
    for count in [10_000, 1_000_000, 6_000_000] {
        if let Err(error) = entry.call("run", json!([count])).await {
            assert!(matches!(error.reason(), Reason::HostBytes | Reason::Resources | Reason::Trap), "{error}");
        }
    }
    assert!(resident() < before + (1 << 30), "{} MiB", (resident() - before) >> 20);
    let small = entry.limits(|limits| limits.max_host_bytes = 1 << 16);
    assert_eq!(small.fails("run", json!([1_000_000])).await.reason(), Reason::HostBytes);
}

#[tokio::test]
async fn fields_and_descriptors_without_end_end_the_call_at_the_limit() {
    let fields = "(import \"wasi:http/types@0.2.3\" (instance $types
            (export \"fields\" (type $f (sub resource)))
            (export \"[constructor]fields\" (func (result (own $f))))))
        (alias export $types \"[constructor]fields\" (func $new))";
    let lowered = "(core func $make (canon lower (func $new))) (core func $use (canon lower (func $new)))";
    let core =
        "(import \"host\" \"make\" (func $make (result i32))) (import \"host\" \"use\" (func $use (result i32)))";
    let many = MANY.replace("(i64.const 1000000000000)", "");
    let entry = Entry::text(&hoarder(fields, lowered, core, &many)).imports(&["wasi:http", "wasi:io"]);
    assert_eq!(entry.fails("run", json!([u32::MAX])).await.reason(), Reason::Resources);
    assert_eq!(entry.call("run", json!([500])).await.unwrap(), 500);

    let folder = tempfile::tempdir().unwrap();
    add_directory("app:hoard", folder.path());
    let preopens =
        "(import \"wasi:filesystem/types@0.2.3\" (instance $types (export \"descriptor\" (type $d (sub resource)))))
        (alias export $types \"descriptor\" (type $descriptor))
        (import \"wasi:filesystem/preopens@0.2.3\" (instance $preopens
            (alias outer $C $descriptor (type $outer))
            (export \"descriptor\" (type $d (eq $outer)))
            (export \"get-directories\" (func (result (list (tuple (own $d) string)))))))
        (alias export $preopens \"get-directories\" (func $get))";
    let lowered = "(core func $make (canon lower (func $get) (memory $memory) (realloc $realloc)))
        (core func $use (canon lower (func $get) (memory $memory) (realloc $realloc)))";
    let core = "(import \"host\" \"make\" (func $make (param i32))) (import \"host\" \"use\" (func $use (param i32)))";
    let many = MANY.replace("(drop (call $make (i64.const 1000000000000)))", "(call $make (i32.const 16))");
    let entry = Entry::text(&hoarder(preopens, lowered, core, &many))
        .imports(&["wasi:filesystem"])
        .section("wasi", json!({"mounts": [{"fs": "app:hoard", "guest": "/data"}]}));
    let open_files = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open_files();
    assert_eq!(entry.fails("run", json!([u32::MAX])).await.reason(), Reason::Resources);
    assert!(open_files() < before + 1000, "descriptors of the host leaked: {} before, {} now", before, open_files());
    assert_eq!(entry.call("run", json!([10])).await.unwrap(), 10);
}

#[tokio::test]
async fn random_bytes_beyond_the_limit_are_refused() {
    let entry = Entry::new("probe-random").imports(&["wasi:random"]);
    for method in ["bytes", "insecure-bytes"] {
        for count in [u64::MAX, u64::MAX / 2, 1 << 40, (64 << 20) + 1] {
            let error = entry.fails(method, json!([count])).await;
            let said = format!(
                "app:report: the guest asked for {count} random bytes at once, and may have 67108864; raise \
                 limits.max_host_bytes of the entry, or let the guest ask for less at a time"
            );
            assert_eq!(told(&error), (ErrorKind::RateLimited, Reason::HostBytes, said));
        }
        let answer = entry.call(method, json!([1000])).await.unwrap();
        assert!(answer.get("base64").is_some(), "{answer}");
        let small = entry.clone().limits(|limits| limits.max_host_bytes = 100);
        assert_eq!(small.fails(method, json!([101])).await.reason(), Reason::HostBytes);
    }
}

#[tokio::test]
async fn huge_header_fields_are_refused() {
    let entry = Entry::new("probe-http").imports(&["wasi:http", "wasi:io"]).allow(&[]);
    let request = |headers: Vec<(String, String)>| {
        json!([{"method": "GET", "url": "http://127.0.0.1:1/", "headers": headers, "body": [], "trailers": [],
            "connect-timeout": null, "first-byte-timeout": null, "between-bytes-timeout": null}])
    };
    let send = entry.prepare("send").await;
    for headers in [
        vec![("x".to_owned(), "v".repeat(1 << 20))],
        vec![("n".repeat(1 << 20), "v".to_owned())],
        (0..20_000).map(|index| (format!("x-{index}"), "v".repeat(20))).collect(),
    ] {
        let answer = call(&send, request(headers)).await;
        let refused = match &answer {
            Ok(answer) => answer.get("err").is_some_and(|error| error != "HttpRequestDenied"),
            Err(error) => matches!(error.kind(), ErrorKind::RateLimited | ErrorKind::Internal),
        };
        assert!(refused, "{answer:?}");
    }
    assert_eq!(call(&send, request(vec![("x".into(), "v".into())])).await.unwrap()["err"], "HttpRequestDenied");
}
