//! Many guests at one time, and databases that take their time.

use crate::support::{data, kv, ok};
use serde_json::json;
use std::pin::pin;
use std::sync::mpsc;
use tokio::runtime::Builder;
use wippy_host_core::{CallContext, Function, Value};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn many_guests_at_one_time_lose_nothing() {
    let kv = kv(json!({}));
    let increment = kv.prepare("increment").await.unwrap();
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let increment = increment.clone();
            tokio::spawn(async move {
                let arguments = vec!["n".into(), "total".into(), 1.into()];
                increment.call(&CallContext::new(), arguments).await.unwrap()
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(ok(&kv, "get", json!(["n", "total"])).await, "40");
}

/// The one thread of the runtime that may block is taken, so that no database work gets on: the guests wait, and the runtime does
/// not. Those that are given up leave nothing behind that would keep the next from its work.
#[test]
fn a_database_that_takes_its_time_blocks_no_worker_thread() {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let kv = kv(json!({}));
        let set = kv.prepare("set").await.unwrap();
        let arguments = || -> Vec<Value> { vec!["a".into(), "key".into(), "value".into()] };
        let (release, taken) = mpsc::channel::<()>();
        let blocked = tokio::task::spawn_blocking(move || taken.recv());
        let context = CallContext::new();
        for _ in 0..20 {
            let mut call = pin!(set.call(&context, arguments()));
            for _ in 0..50 {
                tokio::select! {
                    biased;
                    done = &mut call => panic!("without a thread for it: {done:?}"),
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        assert_eq!(std::fs::read_dir(data(&kv)).unwrap().count(), 0, "nothing was opened");
        release.send(()).unwrap();
        blocked.await.unwrap().unwrap();
        set.call(&context, arguments()).await.unwrap();
        assert_eq!(ok(&kv, "get", json!(["a", "key"])).await, "value");
    });
}
