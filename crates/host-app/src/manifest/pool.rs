//! `pool`: how many instances of a function there are, and how long one lives.

use super::fields::Fields;
use super::problem::shortened;
use super::source::{Located, Span};
use super::suggest::did_you_mean;
use wippy_host_core::pool::{PoolKind, WarmStart};

/// The pool that an entry asks for. What it does not say has the host's default.
///
/// A `size`, `max_size` or `workers` of 0 counts as not given.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Pool {
    /// Where the section is, if there is one.
    pub span: Option<Span>,
    /// Its type. None: `static` where `workers` is given, `inline` where only `size` is, else `lazy`.
    pub kind: Option<Located<PoolKind>>,
    /// Instances of a `static` pool that gives no `workers`.
    pub size: Option<Located<u32>>,
    /// Instances at once of a `lazy` or `adaptive` pool.
    pub max_size: Option<Located<u32>>,
    /// Instances of a `static` pool.
    pub workers: Option<Located<u32>>,
    /// Callers that may wait in all. 0: none waits.
    pub buffer: Option<Located<u32>>,
    /// Instances that are prepared ahead.
    pub warm_start: Option<Located<WarmStart>>,
    /// `reuse.max_calls`: how many calls an instance is kept for, from 1. None: every call gets a fresh one.
    pub reuse_max_calls: Option<Located<u32>>,
}

pub(super) const KEYS: &[&str] = &["buffer", "max_size", "reuse", "size", "type", "warm_start", "workers"];

pub(super) fn read(fields: &Fields<'_>) -> Pool {
    let Some(pool) = fields.nested("pool", "pool.") else { return Pool::default() };
    pool.check_keys(KEYS, &["worker_class"]);
    let given = |number: &Located<u32>| number.value > 0;
    Pool {
        span: Some(pool.span().clone()),
        kind: kind(&pool),
        size: count(&pool, "size").filter(given),
        max_size: count(&pool, "max_size").filter(given),
        workers: count(&pool, "workers").filter(given),
        buffer: count(&pool, "buffer"),
        warm_start: warm_start(&pool),
        reuse_max_calls: reuse(&pool),
    }
}

fn kind(pool: &Fields<'_>) -> Option<Located<PoolKind>> {
    let text = pool.text("type")?;
    let names = || PoolKind::ALL.iter().map(|kind| kind.as_str());
    match PoolKind::ALL.iter().find(|kind| kind.as_str() == &*text.value) {
        Some(kind) => Some(text.map(|_| *kind)),
        None => {
            let remedy = format!("{}known types: inline, lazy, static, adaptive", did_you_mean(&text.value, names()));
            pool.error(&text.span, format!("invalid pool type: {}", shortened(&text.value)), remedy);
            None
        }
    }
}

fn count(pool: &Fields<'_>, key: &str) -> Option<Located<u32>> {
    let number = pool.integer(key)?;
    match u32::try_from(number.value) {
        Ok(value) => Some(number.map(|_| value)),
        Err(_) if number.value < 0 => {
            pool.error(&number.span, "pool values cannot be negative", format!("leave `{key}` out for the default"));
            None
        }
        Err(_) => {
            let message = format!("{} is at most {}", pool.name(key), u32::MAX);
            pool.error(&number.span, message, format!("leave `{key}` out for the default"));
            None
        }
    }
}

fn warm_start(pool: &Fields<'_>) -> Option<Located<WarmStart>> {
    let node = pool.get("warm_start")?;
    if super::fields::is_boolean(node) {
        return Some(pool.boolean("warm_start")?.map(|on| if on { WarmStart::All } else { WarmStart::None }));
    }
    let number = count(pool, "warm_start")?;
    Some(number.map(|count| if count == 0 { WarmStart::None } else { WarmStart::Count(count) }))
}

fn reuse(pool: &Fields<'_>) -> Option<Located<u32>> {
    let reuse = pool.nested("reuse", "pool.reuse.")?;
    reuse.check_keys(&["max_calls"], &[]);
    if reuse.is_absent("max_calls") {
        reuse.error(reuse.span(), "pool.reuse.max_calls is required", "write `reuse: { max_calls: 1000 }`");
        return None;
    }
    let calls = count(&reuse, "max_calls")?;
    if calls.value == 0 {
        reuse.error(&calls.span, "pool.reuse.max_calls must be at least 1", "leave `reuse` out for fresh instances");
        return None;
    }
    Some(calls)
}
