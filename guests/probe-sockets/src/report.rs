//! Lines of `function: what it gave`.

use crate::wasi::sockets::network::ErrorCode;
use std::fmt::Display;

#[derive(Default)]
pub struct Report(pub Vec<String>);

impl Report {
    pub fn value(&mut self, function: &str, value: Result<impl Display, ErrorCode>) {
        self.0.push(match value {
            Ok(value) => format!("{function}: {value}"),
            Err(code) => format!("{function}: {}", code.name()),
        });
    }

    pub fn done<T>(&mut self, function: &str, outcome: Result<T, ErrorCode>) {
        self.value(function, outcome.map(|_| "ok"));
    }

    pub fn at_least(&mut self, function: &str, value: Result<u64, ErrorCode>, least: u64) {
        self.value(function, value.map(|value| if value >= least { "enough".into() } else { format!("only {value}") }));
    }
}
