#![doc = include_str!("../README.md")]

mod application;
mod code;
mod directories;
mod environment;
mod findings;
mod located;
pub mod manifest;
mod module;
mod schema;
mod spec;
#[cfg(test)]
mod threads;
mod watch;

pub use application::{Application, EntryCode, Opened, Reloaded, ServiceAddress};
pub use directories::ApplicationDirectories;
pub use environment::ApplicationEnvironment;
pub use schema::schema;
pub use watch::{Changes, Watcher};
