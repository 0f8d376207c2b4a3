//! Notes in acme:kv, and everything that a guest should not do with them.

wit_bindgen::generate!({
    world: "demo:kv/kv",
    path: ["../../examples/acme-kv/wit/0.1/store.wit", "wit"],
    generate_all,
});

use acme::kv::store::open;

struct Kv;
export!(Kv);

const NOTES: &str = "notes";

impl Guest for Kv {
    fn add(text: String) -> Result<i64, Error> {
        let notes = open(NOTES)?;
        let number = open("counters")?.increment(NOTES, 1)?;
        notes.set(&format!("{number:08}"), text.as_bytes())?;
        Ok(number)
    }

    fn notes() -> Result<Vec<String>, Error> {
        let notes = open(NOTES)?;
        let (keys, _) = Self::keys(NOTES.into())?;
        keys.iter().map(|key| Ok(text(notes.get(key)?.unwrap_or_default()))).collect()
    }

    fn get(bucket: String, key: String) -> Result<Option<String>, Error> {
        Ok(open(&bucket)?.get(&key)?.map(text))
    }

    fn set(bucket: String, key: String, value: String) -> Result<(), Error> {
        open(&bucket)?.set(&key, value.as_bytes())
    }

    fn delete(bucket: String, key: String) -> Result<bool, Error> {
        open(&bucket)?.delete(&key)
    }

    fn exists(bucket: String, key: String) -> Result<bool, Error> {
        open(&bucket)?.exists(&key)
    }

    fn increment(bucket: String, key: String, delta: i64) -> Result<i64, Error> {
        open(&bucket)?.increment(&key, delta)
    }

    fn keys(bucket: String) -> Result<(Vec<String>, u32), Error> {
        let bucket = open(&bucket)?;
        let (mut keys, mut pages, mut cursor) = (Vec::new(), 0, None);
        loop {
            let page = bucket.list_keys(cursor.as_deref())?;
            keys.extend(page.keys);
            pages += 1;
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return Ok((keys, pages)),
            }
        }
    }

    fn big(bucket: String, bytes: u32) -> Result<(), Error> {
        open(&bucket)?.set("big", &vec![b'x'; bytes as usize])
    }

    fn fill(bucket: String, keys: u32, bytes: u32) -> (u32, Option<Error>) {
        let value = vec![b'x'; bytes as usize];
        let bucket = match open(&bucket) {
            Ok(bucket) => bucket,
            Err(error) => return (0, Some(error)),
        };
        for number in 0..keys {
            if let Err(error) = bucket.set(&format!("key-{number:05}"), &value) {
                return (number, Some(error));
            }
        }
        (keys, None)
    }

    fn hoard(buckets: u32) -> Result<(), Error> {
        let kept: Result<Vec<_>, _> = (0..buckets).map(|_| open(NOTES)).collect();
        kept.map(drop)
    }

    fn churn(buckets: u32) -> Result<(), Error> {
        (0..buckets).try_for_each(|_| open(NOTES).map(drop))
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
