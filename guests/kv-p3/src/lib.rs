//! acme:kv with asynchronous functions.

wit_bindgen::generate!({
    world: "demo:kv-p3/kv-p3",
    path: ["../../examples/acme-kv/wit/0.2/store.wit", "wit"],
    generate_all,
});

use acme::kv::store::open;
use std::future::{poll_fn, Future};
use std::task::Poll;

struct Kv;
export!(Kv);

/// Runs all at a time.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|cx| {
        for (future, output) in futures.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(cx) {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

impl Guest for Kv {
    async fn get(bucket: String, key: String) -> Result<Option<String>, Error> {
        let value = open(bucket).await?.get(key).await?;
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    async fn set(bucket: String, key: String, value: String) -> Result<(), Error> {
        open(bucket).await?.set(key, value.into_bytes()).await
    }

    async fn round(bucket: String, key: String) -> Result<(Vec<String>, bool, bool, Vec<String>), Error> {
        let bucket = open(bucket).await?;
        bucket.set(key.clone(), b"round".to_vec()).await?;
        let before = bucket.list_keys(None).await?.keys;
        let there = bucket.exists(key.clone()).await?;
        let deleted = bucket.delete(key).await?;
        Ok((before, there, deleted, bucket.list_keys(None).await?.keys))
    }

    async fn many(bucket: String, key: String, count: u32) -> Result<i64, Error> {
        let bucket = open(bucket).await?;
        for added in all((0..count).map(|_| bucket.increment(key.clone(), 1))).await {
            added?;
        }
        bucket.increment(key, 0).await
    }

    async fn flood(bucket: String, keys: u32, bytes: u32) -> Result<(), Error> {
        let bucket = open(bucket).await?;
        let set = |number: u32| bucket.set(format!("key-{number:05}"), vec![b'x'; bytes as usize]);
        all((0..keys).map(set)).await.into_iter().collect()
    }
}
