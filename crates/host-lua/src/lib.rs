#![doc = include_str!("../README.md")]

mod channel;
mod convert;
mod driver;
mod errors;
mod modules;
mod running;
mod watch;
