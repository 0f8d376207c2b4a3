//! An instance to which nothing is missing but the call.

use super::StoreData;
use super::admission::Room;
use super::direct::Typed;
use super::failure::OutOfTime;
use super::imports::Imports;
use super::sampling::sampled;
use super::turns;
use crate::error::Result;
use crate::import::StateContext;
use crate::{CallContext, Limits};
use std::time::Instant;
use wasmtime::component::Func;
use wasmtime::{Store, UpdateDeadline};

/// The function to call in an instance.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    /// Of a component.
    Component(Func),
    /// `_start` of a core module.
    Command(wasmtime::Func),
}

/// An instance, the function to call in it, and the room that it takes in the host.
pub(super) struct Ready {
    pub(super) store: Store<StoreData>,
    pub(super) callee: Callee,
    /// The callee, where it can be called without dynamic values.
    pub(super) typed: Option<Typed>,
    /// Calls that have ended in it.
    pub(super) served: u32,
    /// The generation of the environment that it was made under.
    pub(super) generation: u64,
    // Behind the store: the room is free when the instance is gone.
    pub(super) room: Room,
}

impl Ready {
    /// Gives an instance that waited to a call: budgets, epoch and context are the call's from here on.
    pub(super) fn hand_over(&mut self, context: &mut CallContext, imports: &Imports) -> Result<()> {
        self.room.held_by(context);
        self.store.data_mut().hand_over(std::mem::take(context));
        let max_host_bytes = self.store.data().limits().max_host_bytes;
        self.store.set_hostcall_fuel(max_host_bytes);
        self.store.set_epoch_deadline(1);
        for import in imports.granted() {
            import.renew(&mut StateContext { data: self.store.data_mut() })?;
        }
        Ok(())
    }

    /// The call has ended, and another will come: nothing of the call stays.
    pub(super) fn settle(&mut self, imports: &Imports) {
        for import in imports.granted() {
            import.settle(self.store.data_mut());
        }
        self.store.data_mut().hand_over(CallContext::new());
    }
}

/// Holds a store to the limits of its entry.
pub(super) fn bound(store: &mut Store<StoreData>, limits: &Limits) {
    store.set_hostcall_fuel(limits.max_host_bytes);
    store.set_max_component_handles(limits.max_resources);
    store.limiter(|data| &mut data.limiter);
    store.set_epoch_deadline(1);
    if let Some(sampler) = store.data().services().sampler.clone() {
        return sampled(store, sampler);
    }
    if store.data().services().deterministic {
        store.epoch_deadline_callback(|store| match store.data().call().deadline() {
            Some(deadline) if deadline <= Instant::now() => Err(OutOfTime.into()),
            _ => Ok(UpdateDeadline::Continue(1)),
        });
        return;
    }
    store.epoch_deadline_callback(|_| Ok(turns::next()));
}
