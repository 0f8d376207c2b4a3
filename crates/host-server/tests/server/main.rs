//! Services on the loopback, with real sockets and real guests.

mod attacks;
mod client;
mod functions;
mod handlers;
mod stopping;
mod support;
mod tls;
