//! Per-store state by slot: an array indexed by a number that each slot takes when first used.
//!
//! Wasmtime's getters are bare functions, so they can capture nothing and must find their state from a `static`. An
//! array costs about 11 ns a visit; a map keyed by `TypeId` 14, one keyed by name 91.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The place of one kind of state in every store. Declare it as a `static`.
pub struct Slot<T> {
    /// 0 until first used; then the index plus one.
    index: AtomicUsize,
    state: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("index", &self.index).finish_non_exhaustive()
    }
}

static NEXT: AtomicUsize = AtomicUsize::new(1);

impl<T: Send + 'static> Slot<T> {
    /// A slot that takes its place when first used.
    pub const fn new() -> Self {
        Self { index: AtomicUsize::new(0), state: PhantomData }
    }

    pub(crate) fn index(&self) -> usize {
        match self.index.load(Ordering::Relaxed) {
            0 => self.assign(),
            assigned => assigned - 1,
        }
    }

    #[cold]
    fn assign(&self) -> usize {
        let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
        match self.index.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh - 1,
            Err(other) => other - 1,
        }
    }
}

impl<T: Send + 'static> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The states of one store.
#[derive(Default)]
pub(crate) struct Slots(Vec<Option<Box<dyn Any + Send>>>);

impl Slots {
    pub(crate) fn has<T: Send + 'static>(&self, slot: &Slot<T>) -> bool {
        self.0.get(slot.index()).is_some_and(Option::is_some)
    }

    pub(crate) fn get<T: Send + 'static>(&mut self, slot: &Slot<T>) -> Option<&mut T> {
        self.0.get_mut(slot.index())?.as_deref_mut()?.downcast_mut()
    }

    pub(crate) fn set<T: Send + 'static>(&mut self, slot: &Slot<T>, state: T) {
        self.put(slot.index(), Box::new(state));
    }

    /// One for all types: each call fills slots of several, and code that it runs once is fetched anew each time.
    fn put(&mut self, index: usize, state: Box<dyn Any + Send>) {
        if self.0.len() <= index {
            // Room for every slot at once: growing for one state after the other would allocate several times a call.
            self.0.resize_with(NEXT.load(Ordering::Relaxed).max(index + 1), || None);
        }
        if let Some(place) = self.0.get_mut(index) {
            *place = Some(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_slots_of_one_type_hold_two_states() {
        static FIRST: Slot<u32> = Slot::new();
        static SECOND: Slot<u32> = Slot::new();
        let mut slots = Slots::default();
        slots.set(&SECOND, 2);
        assert_eq!(slots.get(&FIRST), None);
        slots.set(&FIRST, 1);
        assert_eq!((slots.get(&FIRST).copied(), slots.get(&SECOND).copied()), (Some(1), Some(2)));
    }
}
