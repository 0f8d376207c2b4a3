//! Models: every schedule that shuttle tries has to keep what the pools promise.

mod cycles;
mod queue;
mod stock;

use super::waits::WaitGraph;
use super::{Calls, PoolFields, PoolSpec, Slots};
use crate::CallContext;
use std::sync::Arc;

/// Tries random schedules, and those that preempt rarely but at the worst moment.
fn model(body: impl Fn() + Send + Sync + Clone + 'static) {
    shuttle::check_random(body.clone(), 2000);
    shuttle::check_pct(body, 2000, 3);
}

/// One schedule, for what has no other.
fn once(body: impl Fn() + Send + Sync + 'static) {
    shuttle::check_random(body, 1);
}

fn spec(slots: u32, buffer: u32) -> PoolSpec {
    PoolSpec::resolve(PoolFields { workers: Some(slots), buffer: Some(buffer), ..PoolFields::default() })
}

fn slots(calls: &Arc<Calls>, id: &str, slots: u32, buffer: u32) -> Slots {
    Slots::new(id.into(), spec(slots, buffer), calls.clone(), None)
}

/// The context of `id`, called under `context`.
fn enter(context: &CallContext, id: &str) -> CallContext {
    context.enter(&id.into(), 64).unwrap()
}
