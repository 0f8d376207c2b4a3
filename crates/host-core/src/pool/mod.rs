#![doc = include_str!("README.md")]

mod calls;
mod line;
mod slots;
mod spec;
mod stock;
mod sync;
mod waits;

pub(crate) use calls::Calls;
pub(crate) use line::{Line, Place, Refused};
pub(crate) use slots::Held;
pub use slots::{SlotPermit, Slots};
pub use spec::{PoolFields, PoolKind, PoolSpec, WarmStart};
pub(crate) use stock::{Idle, Preparing, Spare, Stock};
pub(crate) use waits::{Hold, WaitGraph};

#[cfg(test)]
mod tests;
