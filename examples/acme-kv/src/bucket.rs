//! A bucket and what can be done with it: the same for both interfaces.

use crate::entry::{Entry, Quota};
use crate::error::KvError;
use crate::instance::Opening;
use crate::open::{TOTALS, VALUES};
use redb::{ReadableDatabase, ReadableTable, Table};
use std::ops::Bound;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::{ComponentType, Lower};

/// Keys of one page.
const PAGE: usize = 100;
const BUCKET_BYTES: usize = 64;
const KEY_BYTES: usize = 512;

/// What a guest's handle leads to.
#[derive(Clone)]
pub(crate) struct Bucket {
    entry: Arc<Entry>,
    name: Arc<str>,
    _open: Arc<OwnedSemaphorePermit>,
}

/// As the WIT has it.
#[derive(Debug, PartialEq, Eq, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Page {
    keys: Vec<String>,
    cursor: Option<String>,
}

type Answer<T> = Result<T, KvError>;

impl Bucket {
    /// A bucket of this entry's database, which is opened for it.
    pub(crate) async fn open(opening: Opening, name: String) -> Answer<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=BUCKET_BYTES).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(KvError::Invalid(format!(
                "a bucket is named with 1 to {BUCKET_BYTES} letters, digits, -, _ and ."
            )));
        }
        let Opening { entry, permit } = opening;
        entry.work(|_, _| Ok(())).await?;
        Ok(Self { entry, name: name.into(), _open: Arc::new(permit) })
    }

    pub(crate) async fn get(self, key: String) -> Answer<Option<Vec<u8>>> {
        self.read(key, |value| value.map(<[u8]>::to_vec)).await
    }

    pub(crate) async fn exists(self, key: String) -> Answer<bool> {
        self.read(key, |value| value.is_some()).await
    }

    async fn read<R: Send + 'static>(
        self,
        key: String,
        read: impl FnOnce(Option<&[u8]>) -> R + Send + 'static,
    ) -> Answer<R> {
        let key = checked(key)?;
        let name = self.name;
        let work = move |_: &Entry, database: &redb::Database| {
            let values = database.begin_read()?.open_table(VALUES)?;
            let value = values.get((&*name, key.as_str()))?;
            Ok(read(value.as_ref().map(|value| value.value())))
        };
        self.entry.work(work).await
    }

    pub(crate) async fn set(self, key: String, value: Vec<u8>) -> Answer<()> {
        self.change(key, move |quota, values, at| put(quota, values, at, &value).map(|change| ((), Some(change)))).await
    }

    pub(crate) async fn delete(self, key: String) -> Answer<bool> {
        self.change(key, |_, values, at| {
            let Some(old) = values.remove(at)? else { return Ok((false, None)) };
            Ok((true, Some(Change { before: Some(size(at, old.value())), after: None })))
        })
        .await
    }

    pub(crate) async fn increment(self, key: String, delta: i64) -> Answer<i64> {
        self.change(key, move |quota, values, at| {
            let old = match values.get(at)? {
                Some(value) => number(value.value()).ok_or(KvError::NotANumber)?,
                None => 0,
            };
            let new = old.checked_add(delta).ok_or(KvError::NotANumber)?;
            let change = put(quota, values, at, new.to_string().as_bytes())?;
            Ok((new, Some(change)))
        })
        .await
    }

    /// Changes one key, with the quota, in one transaction: what is refused has changed nothing.
    async fn change<R: Send + 'static>(
        self,
        key: String,
        change: impl FnOnce(&Quota, &mut Values<'_>, At<'_>) -> Answer<(R, Option<Change>)> + Send + 'static,
    ) -> Answer<R> {
        self.entry.writable()?;
        let key = checked(key)?;
        let name = self.name;
        let work = move |entry: &Entry, database: &redb::Database| {
            let write = database.begin_write()?;
            let mut values = write.open_table(VALUES)?;
            let (result, change) = change(&entry.quota, &mut values, (&*name, key.as_str()))?;
            drop(values);
            match change {
                None => write.abort()?,
                Some(change) => {
                    let mut totals = write.open_table(TOTALS)?;
                    change.count(&entry.quota, &mut totals)?;
                    drop(totals);
                    write.commit()?;
                }
            }
            Ok(result)
        };
        self.entry.work(work).await
    }

    pub(crate) async fn list_keys(self, cursor: Option<String>) -> Answer<Page> {
        let cursor = cursor.map(checked).transpose()?;
        let name = self.name;
        let work = move |_: &Entry, database: &redb::Database| {
            let values = database.begin_read()?.open_table(VALUES)?;
            let from = match &cursor {
                Some(last) => Bound::Excluded((&*name, last.as_str())),
                None => Bound::Included((&*name, "")),
            };
            let mut keys = Vec::new();
            for found in values.range::<(&str, &str)>((from, Bound::Unbounded))? {
                let (at, _) = found?;
                let (bucket, key) = at.value();
                if bucket != &*name {
                    break;
                }
                if keys.len() == PAGE {
                    let cursor = keys.last().cloned();
                    return Ok(Page { keys, cursor });
                }
                keys.push(key.to_owned());
            }
            Ok(Page { keys, cursor: None })
        };
        self.entry.work(work).await
    }
}

type Values<'t> = Table<'t, (&'static str, &'static str), &'static [u8]>;
/// Bucket and key.
type At<'k> = (&'k str, &'k str);

/// What a key took before a change, and what after.
struct Change {
    before: Option<u64>,
    after: Option<u64>,
}

impl Change {
    /// Adds it to the totals, or refuses it.
    fn count(&self, quota: &Quota, totals: &mut Table<'_, &'static str, u64>) -> Answer<()> {
        let mut add = |name: &'static str, before: u64, after: u64, max: u64| -> Answer<()> {
            let old = totals.get(name)?.map_or(0, |total| total.value());
            let new = old.saturating_sub(before).saturating_add(after);
            // What shrinks is allowed, also where the limit was lowered below what is there.
            if new > max && after > before {
                return Err(KvError::Quota(format!("max_{name} is {max}, and this would need {new}")));
            }
            totals.insert(name, new)?;
            Ok(())
        };
        let keys = |size: Option<u64>| u64::from(size.is_some());
        add("keys", keys(self.before), keys(self.after), quota.max_keys)?;
        add("bytes", self.before.unwrap_or(0), self.after.unwrap_or(0), quota.max_bytes)
    }
}

fn put(quota: &Quota, values: &mut Values<'_>, at: At<'_>, value: &[u8]) -> Answer<Change> {
    let (length, max) = (value.len() as u64, quota.max_value_bytes);
    if length > max {
        return Err(KvError::Quota(format!("max_value_bytes is {max}, and the value has {length}")));
    }
    let before = values.insert(at, value)?.map(|old| size(at, old.value()));
    Ok(Change { before, after: Some(size(at, value)) })
}

/// What counts for `max_bytes`.
fn size((bucket, key): At<'_>, value: &[u8]) -> u64 {
    (bucket.len() + key.len() + value.len()) as u64
}

fn number(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn checked(key: String) -> Answer<String> {
    if (1..=KEY_BYTES).contains(&key.len()) {
        return Ok(key);
    }
    Err(KvError::Invalid(format!("a key has 1 to {KEY_BYTES} bytes, and this one {}", key.len())))
}
