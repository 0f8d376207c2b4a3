//! How many instances of a function there are, and how long one lives.

use std::num::NonZeroU32;

/// The types of pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PoolKind {
    /// A new instance for each call, in the caller's task: no limit of its own, no queue.
    Inline,
    /// None idle, up to `max_size` at once.
    Lazy,
    /// A fixed number of workers.
    Static,
    /// Up to `max_size` at once; how many instances are held ready follows demand.
    Adaptive,
}

impl PoolKind {
    /// All types.
    pub const ALL: &'static [Self] = &[Self::Inline, Self::Lazy, Self::Static, Self::Adaptive];

    /// The name that `pool.type` gives it: `inline`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Lazy => "lazy",
            Self::Static => "static",
            Self::Adaptive => "adaptive",
        }
    }
}

/// How many instances to prepare ahead of their calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WarmStart {
    /// None.
    #[default]
    None,
    /// As many as the pool has slots. For an inline pool, which has none: its `size`, or one.
    All,
    /// This many, and never more than the pool has slots.
    Count(u32),
}

/// What an entry says of its pool, each field as it stands there. 0 counts as not given, except for `buffer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PoolFields {
    /// `type`. Default: static where `workers` is given, inline where only `size` is, else lazy.
    pub kind: Option<PoolKind>,
    /// `size`: the slots of a static pool that names no `workers`.
    pub size: Option<u32>,
    /// `max_size`: the slots of a lazy or adaptive pool. Default 16; 100 where no type is given.
    pub max_size: Option<u32>,
    /// `workers`: the slots of a static pool. Default: `size`, else the number of processors.
    pub workers: Option<u32>,
    /// `buffer`: how many callers may wait in all. Default 64 for each slot; 0: none waits.
    pub buffer: Option<u32>,
    /// `warm_start`. Default none.
    pub warm_start: WarmStart,
    /// `reuse.max_calls`: how many calls an instance serves. Default 1.
    pub reuse_max_calls: Option<u32>,
}

impl PoolFields {
    /// `type`. Default: see [`PoolFields::kind`].
    #[must_use]
    pub fn with_kind(mut self, kind: PoolKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// `size`: the slots of a static pool that names no `workers`. Default none.
    #[must_use]
    pub fn with_size(mut self, slots: u32) -> Self {
        self.size = Some(slots);
        self
    }

    /// `max_size`: the slots of a lazy or adaptive pool. Default 16; 100 where no type is given.
    #[must_use]
    pub fn with_max_size(mut self, slots: u32) -> Self {
        self.max_size = Some(slots);
        self
    }

    /// `workers`: the slots of a static pool. Default: `size`, else the number of processors.
    #[must_use]
    pub fn with_workers(mut self, slots: u32) -> Self {
        self.workers = Some(slots);
        self
    }

    /// `buffer`: how many callers may wait in all. Default 64 for each slot; 0: none waits.
    #[must_use]
    pub fn with_buffer(mut self, callers: u32) -> Self {
        self.buffer = Some(callers);
        self
    }

    /// `warm_start`: how many instances are prepared ahead. Default none.
    #[must_use]
    pub fn with_warm_start(mut self, warm_start: WarmStart) -> Self {
        self.warm_start = warm_start;
        self
    }

    /// `reuse.max_calls`: how many calls an instance serves. Default 1.
    #[must_use]
    pub fn with_reuse_max_calls(mut self, calls: u32) -> Self {
        self.reuse_max_calls = Some(calls);
        self
    }
}

/// The pool of a function.
///
/// ```
/// use wippy_host_core::pool::{PoolFields, PoolKind, PoolSpec};
///
/// let pool = PoolSpec::resolve(PoolFields::default().with_max_size(4));
/// assert_eq!((pool.kind(), pool.slots(), pool.buffer()), (PoolKind::Lazy, Some(4), 256));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSpec {
    kind: PoolKind,
    slots: Option<NonZeroU32>,
    buffer: usize,
    warm: u32,
    kept: u32,
    max_calls: u32,
}

/// How many callers may wait for each slot where the entry does not say.
const BUFFER_PER_SLOT: u32 = 64;
const MAX_SIZE: u32 = 16;
const MAX_SIZE_WITHOUT_TYPE: u32 = 100;
/// More slots or waiting callers than this are as good as no limit; the queue's own counter ends far above.
const MOST: u32 = 1 << 24;

impl PoolSpec {
    /// No limit of its own, no queue, a fresh instance for each call.
    pub const INLINE: Self = Self { kind: PoolKind::Inline, slots: None, buffer: 0, warm: 0, kept: 0, max_calls: 1 };

    /// The pool that these fields mean, with the default of each that is not given.
    pub fn resolve(fields: PoolFields) -> Self {
        let given = |number: Option<u32>| number.and_then(NonZeroU32::new);
        let (size, max_size, workers) = (given(fields.size), given(fields.max_size), given(fields.workers));
        let kind = fields.kind.unwrap_or(match (workers, size, max_size) {
            (Some(_), ..) => PoolKind::Static,
            (None, Some(_), None) => PoolKind::Inline,
            _ => PoolKind::Lazy,
        });
        let default = if fields.kind.is_none() { MAX_SIZE_WITHOUT_TYPE } else { MAX_SIZE };
        let slots = match kind {
            PoolKind::Inline => None,
            PoolKind::Static => Some(workers.or(size).unwrap_or_else(processors)),
            PoolKind::Lazy | PoolKind::Adaptive => max_size.or(NonZeroU32::new(default)),
        };
        let slots = slots.map(|slots| slots.min(NonZeroU32::new(MOST).unwrap_or(slots)));
        let room = slots.or(size).map_or(1, NonZeroU32::get);
        let buffer = match slots {
            None => 0,
            Some(slots) => fields.buffer.unwrap_or(slots.get().saturating_mul(BUFFER_PER_SLOT)).min(MOST),
        };
        let warm = match fields.warm_start {
            WarmStart::None => 0,
            WarmStart::All => room,
            WarmStart::Count(count) => slots.map_or(count, |slots| count.min(slots.get())),
        };
        let max_calls = fields.reuse_max_calls.unwrap_or(1).max(1);
        let kept = if max_calls > 1 { slots.or(size).unwrap_or_else(processors).get().max(warm) } else { warm };
        Self { kind, slots, buffer: buffer as usize, warm, kept, max_calls }
    }

    /// The type.
    pub fn kind(&self) -> PoolKind {
        self.kind
    }

    /// Calls at one time; `None` for an inline pool, which has no limit of its own.
    pub fn slots(&self) -> Option<u32> {
        self.slots.map(NonZeroU32::get)
    }

    /// Callers that may wait for a slot.
    pub fn buffer(&self) -> usize {
        self.buffer
    }

    /// Instances that are prepared ahead; those of an adaptive pool are at most as many as the demand of the last seconds.
    pub fn warm(&self) -> u32 {
        self.warm
    }

    /// Instances that are held ready at most, prepared or used before. Without a limit on calls: `size`, else the number of
    /// processors.
    pub fn kept(&self) -> u32 {
        self.kept
    }

    /// Calls that one instance serves, 1 for a fresh instance each.
    pub fn max_calls(&self) -> u32 {
        self.max_calls
    }

    /// The key that gives the pool more slots.
    pub(crate) fn key(&self) -> &'static str {
        match self.kind {
            PoolKind::Static => "pool.workers",
            PoolKind::Inline | PoolKind::Lazy | PoolKind::Adaptive => "pool.max_size",
        }
    }
}

impl Default for PoolSpec {
    /// What an entry without a `pool` section has: lazy, 100 slots, 6,400 waiting callers.
    fn default() -> Self {
        Self::resolve(PoolFields::default())
    }
}

fn processors() -> NonZeroU32 {
    let found = std::thread::available_parallelism().ok();
    found.and_then(|count| NonZeroU32::try_from(count).ok()).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(fields: PoolFields) -> (PoolKind, Option<u32>, usize) {
        let pool = PoolSpec::resolve(fields);
        (pool.kind(), pool.slots(), pool.buffer())
    }

    #[test]
    fn what_is_not_given_has_the_default_of_its_type() {
        let none = PoolFields::default();
        let typed = |kind| PoolFields { kind: Some(kind), ..none };
        let processors = processors().get();
        assert_eq!(pool(none), (PoolKind::Lazy, Some(100), 6400));
        assert_eq!(pool(typed(PoolKind::Lazy)), (PoolKind::Lazy, Some(16), 1024));
        assert_eq!(pool(typed(PoolKind::Adaptive)), (PoolKind::Adaptive, Some(16), 1024));
        assert_eq!(pool(typed(PoolKind::Inline)), (PoolKind::Inline, None, 0));
        let expected = (PoolKind::Static, Some(processors), 64 * processors as usize);
        assert_eq!(pool(typed(PoolKind::Static)), expected);
        assert_eq!(pool(PoolFields { size: Some(3), ..typed(PoolKind::Static) }), (PoolKind::Static, Some(3), 192));
    }

    #[test]
    fn the_type_follows_from_what_is_given() {
        let none = PoolFields::default();
        assert_eq!(pool(PoolFields { workers: Some(2), size: Some(9), ..none }), (PoolKind::Static, Some(2), 128));
        assert_eq!(pool(PoolFields { size: Some(9), ..none }), (PoolKind::Inline, None, 0));
        assert_eq!(pool(PoolFields { size: Some(9), max_size: Some(3), ..none }), (PoolKind::Lazy, Some(3), 192));
        assert_eq!(pool(PoolFields { workers: Some(0), buffer: Some(0), ..none }), (PoolKind::Lazy, Some(100), 0));
    }

    #[test]
    fn no_more_is_prepared_than_there_are_slots() {
        let warm = |warm_start| {
            PoolSpec::resolve(PoolFields { max_size: Some(4), warm_start, ..PoolFields::default() }).warm()
        };
        assert_eq!([WarmStart::None, WarmStart::All, WarmStart::Count(3), WarmStart::Count(9)].map(warm), [0, 4, 3, 4]);
    }
}
