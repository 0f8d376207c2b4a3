//! The client against servers on the loopback interface, well-behaved and not.

mod failures;
mod identity;
mod limits;
mod messages;
mod pooling;
mod support;
mod timeouts;
mod tls;
