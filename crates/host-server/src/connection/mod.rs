//! One connection: from the handshake to its last response.

mod activity;
mod serve;
mod stream;

pub(crate) use activity::{Activity, InFlight};
pub(crate) use serve::serve;
