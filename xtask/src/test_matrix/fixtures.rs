//! A workspace of four capabilities, as Cargo describes it.

use super::metadata::Metadata;
use super::tree::{Tree, parse};

/// `io` is a renamed dependency, `http` asks features of its import crate in both ways.
pub(crate) fn metadata() -> Metadata {
    serde_json::from_str(include_str!("fixtures/metadata.json")).unwrap()
}

/// The tree of the facade without features (`none`) or of one import crate.
pub(crate) fn tree(of: &str) -> Tree {
    let text = match of {
        "none" => include_str!("fixtures/none.txt"),
        "clocks" => include_str!("fixtures/clocks.txt"),
        "funcs" => include_str!("fixtures/funcs.txt"),
        "http" => include_str!("fixtures/http.txt"),
        "io" => include_str!("fixtures/io.txt"),
        other => panic!("no tree of {other}"),
    };
    parse(text).unwrap()
}
