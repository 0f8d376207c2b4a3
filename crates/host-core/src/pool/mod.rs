#![doc = include_str!("README.md")]

mod calls;
mod line;
mod slots;
mod spec;
mod sync;
mod waits;

pub(crate) use calls::Calls;
pub use slots::{SlotPermit, Slots};
pub use spec::{PoolFields, PoolKind, PoolSpec, WarmStart};
pub(crate) use waits::Hold;

#[cfg(test)]
mod tests;
