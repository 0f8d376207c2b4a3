//! Calls that wait.

mod crowd;
mod ours;
mod plain;
mod setting;

use crate::bench::Bench;
use setting::{Program, Setting};

/// One crowd in this process.
pub(super) fn part(setting: &str) {
    let setting: Setting = serde_json::from_str(setting).unwrap();
    let crowd = match setting.program {
        Program::Ours => ours::run(setting),
        Program::Plain => plain::run(setting),
    };
    println!("{}", serde_json::to_string(&crowd).unwrap());
}

pub(super) fn run(_: &Bench) {}
