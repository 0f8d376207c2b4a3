//! Lines of `function: what it gave`.

use crate::wasi::sockets::types::ErrorCode;
use std::fmt::{Debug, Display};

#[derive(Default)]
pub struct Report(pub Vec<String>);

impl Report {
    pub fn value(&mut self, function: &str, value: Result<impl Display, ErrorCode>) {
        self.0.push(match value {
            Ok(value) => format!("{function}: {value}"),
            Err(code) => format!("{function}: {}", name(code)),
        });
    }

    pub fn done<T>(&mut self, function: &str, outcome: Result<T, ErrorCode>) {
        self.value(function, outcome.map(|_| "ok"));
    }

    pub fn at_least(&mut self, function: &str, value: Result<u64, ErrorCode>, least: u64) {
        self.value(function, value.map(|value| if value >= least { "enough".into() } else { format!("only {value}") }));
    }
}

/// `ErrorCode::InvalidState` as `invalid-state`.
pub fn name(code: impl Debug) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").trim_start_matches("ErrorCode::").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
