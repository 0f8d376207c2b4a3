//! A call from store to drop: the data of a store, its limits, instances that are made for a call, ahead of it or kept
//! after it, and the function that calls them.

mod admission;
mod arguments;
mod budget;
mod direct;
mod ends;
mod failure;
mod function;
mod guarded;
mod imports;
mod limiter;
mod maker;
mod memory;
mod ready;
mod sampling;
mod seats;
mod shared;
mod store;
mod turns;

pub(crate) use admission::Admission;
pub use budget::{HostBytes, HostShare};
pub use function::WasmFunction;
pub(crate) use imports::Imports;
pub(crate) use memory::HostMemory;
pub(crate) use sampling::MAX_FRAMES;
pub use sampling::{Sample, SampledFrame, Sampler};
pub(crate) use store::Common;
pub use store::{LastWords, OutputWriter, StoreData};
pub use turns::{in_turns, next_turn};

pub use failure::{GuestExit, NotGranted};
pub(crate) use function::Parts;
pub(crate) use maker::Linked;
