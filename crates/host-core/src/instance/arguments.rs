//! The arguments of a call as the guest takes them, and what those who listen are told of their size.

use super::direct::Input;
use crate::spans;
use crate::value::size;
use wasmtime::component::Val;

/// Arguments that fit the parameters.
pub(super) enum Arguments {
    Direct(Input),
    Dynamic(Vec<Val>),
}

impl Arguments {
    /// Tells who listens how large they are.
    pub(super) fn copied(&self) {
        match self {
            Self::Dynamic(arguments) => copied_in(arguments),
            Self::Direct(input) if spans::is_enabled() => spans::copied(0, input.size()),
            Self::Direct(..) => {}
        }
    }
}

pub(super) fn copied_in(arguments: &[Val]) {
    if spans::is_enabled() {
        spans::copied(0, arguments.iter().map(size).sum());
    }
}

pub(super) fn copied_out(result: Option<&Val>) {
    if spans::is_enabled() {
        spans::copied(result.map_or(0, size), 0);
    }
}
