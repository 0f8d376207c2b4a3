//! A call from store to drop: the data of a store, its limits, and the function that makes a fresh instance for each call.

mod admission;
mod direct;
mod failure;
mod function;
mod limiter;
mod store;

pub(crate) use admission::Admission;
pub use function::WasmFunction;
pub(crate) use store::Common;
pub use store::{OutputWriter, StoreData};

pub use failure::{GuestExit, NotGranted};
pub(crate) use function::Parts;
