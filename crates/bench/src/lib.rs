#![doc = include_str!("../README.md")]
#![allow(clippy::print_stdout, reason = "it prints a table")]

pub mod report;
pub mod row;
