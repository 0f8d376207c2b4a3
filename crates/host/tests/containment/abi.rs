//! Results that break the canonical ABI.

use crate::support::{Entry, call};
use serde_json::json;
use wippy_host::ErrorKind;

#[tokio::test]
async fn a_result_that_breaks_the_abi_is_an_error_and_no_panic() {
    let entry = Entry::new("bad-results");
    for method in ["bad-utf8", "bad-pointer", "bad-length", "bad-char", "bad-enum"] {
        let function = entry.prepare(method).await;
        for _ in 0..2 {
            let error = call(&function, json!([])).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Internal | ErrorKind::RateLimited), "{method}: {error}");
            assert!(error.message().starts_with("app:report: "), "{method}: {error}");
            assert!(error.message().len() < 400, "{method}: {error}");
        }
    }
}

/// The guest's own allocator, asked for room for the arguments, lies, traps or never returns.
#[tokio::test]
async fn an_allocator_that_misbehaves_ends_the_call() {
    let entry = |realloc: &str| {
        Entry::text(&format!(
            "(component (core module $m (memory (export \"memory\") 1)
                (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) {realloc})
                (func (export \"run\") (param i32 i32) (result i32) (local.get 1)))
            (core instance $i (instantiate $m))
            (func (export \"run\") (param \"text\" string) (result u32)
                (canon lift (core func $i \"run\") (memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\")))))"
        ))
        .limits(|limits| limits.max_execution = Some(std::time::Duration::from_millis(300)))
    };
    for realloc in [
        "(i32.const 0x7fffffff)",
        "(i32.const -1)",
        "unreachable",
        "(loop $more (br $more)) (i32.const 0)",
        "(i32.const 65535)",
    ] {
        let error = entry(realloc).fails("run", json!(["some text"])).await;
        assert!(error.message().starts_with("app:report: "), "{realloc}: {error}");
    }
    let patient = entry("(i32.const 16)").limits(|limits| limits.max_execution = Some(crate::support::LONG));
    assert_eq!(patient.call("run", json!(["some text"])).await.unwrap(), 9);
}

#[tokio::test]
async fn a_resource_of_the_guest_cannot_leave_it() {
    let entry = Entry::new("resource");
    let error = entry.fails("make", json!([])).await;
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().starts_with("app:report: "), "{error}");
    let error = entry.fails("look", json!([1])).await;
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
}
