//! The two functions of the application that the report asks.

use crate::bindings::wippy::runtime::funcs;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct RegionTotal {
    pub region: String,
    pub units: u32,
    pub revenue: f64,
}

/// Sums per region, from a WebAssembly function: its list of records arrives as JSON.
pub fn totals(csv: &str) -> Result<Vec<RegionTotal>, String> {
    let json = call("demo:totals", csv)?;
    serde_json::from_str(&json).map_err(|error| format!("demo:totals answered something else than totals: {error}"))
}

/// A title in a frame, from a function written in WebAssembly text.
pub fn badge(title: &str) -> Result<String, String> {
    call("demo:badge", title)
}

fn call(target: &str, input: &str) -> Result<String, String> {
    funcs::call_string(target, input).map_err(|error| format!("{target} failed: {error}"))
}
