//! Who waits for whom: calls that hold places and wait for others, known only while they wait.
//!
//! A place says nothing of its holder: the chain of a waiting call says what the chain holds. So a pool whose places are
//! all held by chains that wait is one in which nothing moves, unless what one of them waits for moves.

use super::sync::{AtomicU64, Mutex, Ordering, PoisonError};
use crate::call::CallContext;
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU64;
use std::sync::Arc;

/// One [`super::line::Line`], for as long as the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolId(NonZeroU64);

impl PoolId {
    pub(crate) fn next() -> Self {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let before = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self(NonZeroU64::MIN.saturating_add(before))
    }
}

/// A place that a call holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hold {
    pub(crate) pool: PoolId,
    pub(crate) number: u64,
}

/// A way from a call through those that it would wait for, back to what it holds itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// The functions, the first and the last of which are one.
    pub(crate) functions: Vec<Arc<str>>,
}

/// The waiting calls of a host that hold something.
#[derive(Default)]
pub(crate) struct WaitGraph {
    waiting: Mutex<Waiting>,
    next: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    waiters: HashMap<u64, Waiter>,
    /// How many waiting calls each place is held by, by pool.
    held: HashMap<PoolId, HashMap<u64, usize>>,
}

struct Waiter {
    context: CallContext,
    pool: PoolId,
    places: usize,
}

/// A call that is known to wait, until dropped.
pub(crate) struct Known<'a> {
    graph: &'a WaitGraph,
    number: Option<u64>,
}

impl WaitGraph {
    /// Makes known that a call waits for one of the `places` of `pool`.
    ///
    /// # Errors
    /// Where it would wait for itself. A call that holds nothing cannot.
    pub(crate) fn wait(&self, context: &CallContext, pool: PoolId, places: usize) -> Result<Known<'_>, Cycle> {
        if context.holds().next().is_none() {
            return Ok(Known { graph: self, number: None });
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.add(number, Waiter { context: context.clone(), pool, places });
        let cycle = waiting.cycle(number);
        drop(waiting);
        // Made here, so that a call which is refused is forgotten by its drop.
        let known = Known { graph: self, number: Some(number) };
        cycle.map_or(Ok(known), Err)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.waiters.is_empty() && waiting.held.is_empty()
    }
}

impl Drop for Known<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        // The context is dropped outside of the lock: it holds things of the embedder's.
        let gone = self.graph.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(number);
        drop(gone);
    }
}

impl Waiting {
    fn add(&mut self, number: u64, waiter: Waiter) {
        for hold in waiter.context.holds() {
            *self.held.entry(hold.pool).or_default().entry(hold.number).or_default() += 1;
        }
        self.waiters.insert(number, waiter);
    }

    fn remove(&mut self, number: u64) -> Option<Waiter> {
        let waiter = self.waiters.remove(&number)?;
        for hold in waiter.context.holds() {
            let Some(places) = self.held.get_mut(&hold.pool) else { continue };
            if let Some(count) = places.get_mut(&hold.number) {
                *count -= 1;
                if *count == 0 {
                    places.remove(&hold.number);
                }
            }
            if places.is_empty() {
                self.held.remove(&hold.pool);
            }
        }
        Some(waiter)
    }

    /// The cycle that the call of this number closes.
    fn cycle(&self, number: u64) -> Option<Cycle> {
        let waiter = self.waiters.get(&number)?;
        // Plain contention ends here: a place is held by a call that does not wait.
        if self.held.get(&waiter.pool).map_or(0, HashMap::len) < waiter.places {
            return None;
        }
        let stuck = self.stuck(number)?;
        Some(Cycle { functions: self.way_back(waiter, &stuck) })
    }

    /// The waiting calls of which none will go on, where the call of this number is one of them.
    fn stuck(&self, number: u64) -> Option<HashSet<u64>> {
        let mut stuck: HashSet<u64> = self.waiters.keys().copied().collect();
        loop {
            let mut held: HashMap<PoolId, HashSet<u64>> = HashMap::new();
            for waiter in stuck.iter().filter_map(|number| self.waiters.get(number)) {
                for hold in waiter.context.holds() {
                    held.entry(hold.pool).or_default().insert(hold.number);
                }
            }
            let before = stuck.len();
            stuck.retain(|number| {
                let waiter = self.waiters.get(number);
                waiter.is_some_and(|waiter| held.get(&waiter.pool).map_or(0, HashSet::len) >= waiter.places)
            });
            if !stuck.contains(&number) {
                return None;
            }
            if stuck.len() == before {
                return Some(stuck);
            }
        }
    }

    /// The shortest way from what `waiter` would wait for to what it holds.
    fn way_back(&self, waiter: &Waiter, stuck: &HashSet<u64>) -> Vec<Arc<str>> {
        let mut seen = HashSet::from([waiter.pool]);
        let mut next: VecDeque<(PoolId, Vec<Arc<str>>)> = VecDeque::from([(waiter.pool, Vec::new())]);
        while let Some((pool, way)) = next.pop_front() {
            if let Some(own) = since(&waiter.context, pool, true) {
                let mut functions: Vec<_> = own.into_iter().chain(way).collect();
                // What is held is not always a slot of the first function: it may be its room in the host.
                let first = functions.first().cloned().filter(|first| functions.last() != Some(first));
                functions.extend(first);
                return functions;
            }
            for other in stuck.iter().filter_map(|number| self.waiters.get(number)) {
                let Some(further) = since(&other.context, pool, false) else { continue };
                if seen.insert(other.pool) {
                    next.push_back((other.pool, way.iter().cloned().chain(further).collect()));
                }
            }
        }
        // Not reached: the others moved until this call came. Its own chain is the truth, too.
        waiter.context.chain().map(|(function, _)| function.clone()).collect::<Vec<_>>().into_iter().rev().collect()
    }
}

/// The functions of a chain from the innermost that holds a place of `pool`, itself included or not.
fn since(context: &CallContext, pool: PoolId, included: bool) -> Option<Vec<Arc<str>>> {
    let mut functions = Vec::new();
    for (function, holds) in context.chain() {
        let found = holds.iter().flatten().any(|hold| hold.pool == pool);
        if included || !found {
            functions.push(function.clone());
        }
        if found {
            functions.reverse();
            return Some(functions);
        }
    }
    None
}
