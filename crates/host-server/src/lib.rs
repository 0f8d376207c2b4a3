#![doc = include_str!("../README.md")]

mod connection;
mod http;
mod options;
mod requests;
mod route;
mod server;
mod single;
#[cfg(test)]
mod threads;
mod tls;

pub use options::{ServiceLimits, ServiceOptions, Timeouts, TlsFiles};
pub use requests::Requests;
pub use route::{Endpoint, RouteProblem, RouteProblems, Router, Target};
pub use server::{Server, Service};
pub use single::single;
