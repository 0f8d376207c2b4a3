//! A guest that writes without end.

use crate::support::{Entry, builder, call, engine};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wippy_host::{Output, OutputStream, Reason};

/// Counts lines and bytes.
#[derive(Clone, Default)]
struct Counted(Arc<(AtomicU64, AtomicU64)>);

impl Output for Counted {
    fn line(&self, _entry: &str, _stream: OutputStream, line: &str) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        self.0.1.fetch_add(line.len() as u64, Ordering::SeqCst);
    }
}

/// Writes 4096 bytes of the character to standard output, again and again.
fn flood(character: u8) -> String {
    format!(
        "(component $C
            (import \"wasi:io/error@0.2.3\" (instance $errors (export \"error\" (type (sub resource)))))
            (alias export $errors \"error\" (type $error))
            (import \"wasi:io/streams@0.2.3\" (instance $streams
                (alias outer $C $error (type $outer))
                (export \"error\" (type $e (eq $outer)))
                (export \"output-stream\" (type $o (sub resource)))
                (type $variant (variant (case \"last-operation-failed\" (own $e)) (case \"closed\")))
                (export \"stream-error\" (type $se (eq $variant)))
                (export \"[method]output-stream.blocking-write-and-flush\"
                    (func (param \"self\" (borrow $o)) (param \"contents\" (list u8)) (result (result (error $se)))))))
            (alias export $streams \"output-stream\" (type $output))
            (alias export $streams \"[method]output-stream.blocking-write-and-flush\" (func $write))
            (import \"wasi:cli/stdout@0.2.3\" (instance $stdout
                (alias outer $C $output (type $outer))
                (export \"output-stream\" (type $o (eq $outer)))
                (export \"get-stdout\" (func (result (own $o))))))
            (alias export $stdout \"get-stdout\" (func $get))
            (core module $libc (memory (export \"memory\") 1))
            (core instance $libc (instantiate $libc))
            (alias core export $libc \"memory\" (core memory $memory))
            (core func $get_core (canon lower (func $get)))
            (core func $write_core (canon lower (func $write) (memory $memory)))
            (core module $code
                (import \"libc\" \"memory\" (memory 1))
                (import \"host\" \"get\" (func $get (result i32)))
                (import \"host\" \"write\" (func $write (param i32 i32 i32 i32)))
                (func (export \"run\") (local $stream i32)
                    (memory.fill (i32.const 4096) (i32.const {character}) (i32.const 4096))
                    (local.set $stream (call $get))
                    (loop $more
                        (call $write (local.get $stream) (i32.const 4096) (i32.const 4096) (i32.const 16))
                        (br $more))))
            (core instance $m (instantiate $code (with \"libc\" (instance $libc))
                (with \"host\" (instance (export \"get\" (func $get_core)) (export \"write\" (func $write_core))))))
            (func (export \"run\") (canon lift (core func $m \"run\"))))"
    )
}

#[cfg(feature = "io")]
#[tokio::test(flavor = "current_thread")]
async fn a_flood_of_output_is_held_to_its_limit_and_to_no_memory_of_the_host() {
    const LIMIT: u64 = 64 << 10;
    for character in [b'x', b'\n', 0xff] {
        let counted = Counted::default();
        let host = builder().output(counted.clone()).engine(engine(10, 2)).build().unwrap();
        let entry = Entry::text_on(&host, &flood(character)).imports(&["wasi:cli", "wasi:io"]).limits(|limits| {
            limits.max_log_bytes = LIMIT;
            limits.max_execution = Some(Duration::from_millis(500));
        });
        let run = entry.prepare("run").await;
        #[cfg(target_os = "linux")]
        let before = crate::support::resident();
        let start = Instant::now();
        let error = call(&run, json!([])).await.unwrap_err();
        assert_eq!(error.reason(), Reason::ExecutionTime, "{error}");
        let seconds = start.elapsed().as_secs() + 2;
        let (lines, bytes) = (counted.0.0.load(Ordering::SeqCst), counted.0.1.load(Ordering::SeqCst));
        // A byte that is no UTF-8 is three when it is shown; a line counts for more than its bytes.
        assert!(bytes <= 3 * LIMIT * seconds, "{bytes} bytes in less than {seconds} s");
        assert!(lines <= LIMIT * seconds, "{lines} lines in less than {seconds} s");
        assert!(lines > 0);
        // With room for what the tests beside this one take.
        #[cfg(target_os = "linux")]
        assert!(crate::support::resident() < before + (512 << 20));
    }
}

#[cfg(not(feature = "io"))]
#[tokio::test]
async fn without_io_there_is_a_stream_and_no_way_to_write_to_it() {
    let host = builder().engine(engine(10, 2)).output(Counted::default()).build().unwrap();
    let entry = Entry::text_on(&host, &flood(b'x')).imports(&["wasi:cli"]);
    let entry = entry.limits(|limits| limits.max_execution = Some(Duration::from_secs(30)));
    let start = Instant::now();
    let error = call(&entry.prepare("run").await, json!([])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::NotGranted, "{error}");
    assert!(start.elapsed() < Duration::from_secs(30));
}
