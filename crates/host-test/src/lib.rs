#![doc = include_str!("../README.md")]

mod conformance;
mod doubles;
mod harness;
mod policy;
#[cfg(test)]
mod threads;

#[doc(hidden)]
pub use conformance::run;
pub use conformance::{Broken, Conformance, Verdict};
pub use harness::Harness;
pub use policy::{Asked, PolicyDouble};
