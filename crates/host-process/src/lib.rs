#![doc = include_str!("../README.md")]

mod event;
mod mailbox;
mod pid;
mod processes;
mod running;
mod spawn;
mod table;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod threads;

pub use event::{Event, EventKind};
pub use mailbox::{Attached, Events, MAX_CANCELS, MAX_MONITORED};
pub use pid::Pid;
pub use processes::{ProcessInfo, Processes};
pub use spawn::{HostOptions, Spawn};
