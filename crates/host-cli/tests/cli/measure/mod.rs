//! Where time and memory go: `--profile` and `--stats`.

mod profile;
mod stats;

use crate::support::{App, hash, repository};
use std::fs;

/// Two functions with names, one inside the other, that compute for a while; and one that never ends.
const NAMED: &str = r#"(component
  (core module $m
    (memory 3)
    (func $fib_inner (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add
          (call $fib_inner (i32.sub (local.get 0) (i32.const 1)))
          (call $fib_inner (i32.sub (local.get 0) (i32.const 2)))))))
    (func $fib_outer (export "fib") (param i32) (result i32) (call $fib_inner (local.get 0)))
    (func $round_and_round (loop $again (br $again)))
    (func (export "spin") (call $round_and_round)))
  (core instance $i (instantiate $m))
  (func (export "fib") (param "n" u32) (result u32) (canon lift (core func $i "fib")))
  (func (export "spin") (canon lift (core func $i "spin"))))"#;

/// Takes some tenths of a second.
const N: &str = "36";

fn named(method: &str, rest: &str) -> App {
    App::wat(NAMED, method, rest)
}

/// The entry of a committed guest, on one line, without the closing brace.
fn entry(name: &str, guest: &str, method: &str) -> (String, Vec<u8>) {
    let bytes = fs::read(repository().join(format!("guests/built/{guest}.wasm"))).unwrap();
    let entry = format!(
        "  - {{ name: {name}, kind: function.wasm, fs: code, path: /{guest}.wasm, hash: \"{}\", method: {method}",
        hash(&bytes)
    );
    (entry, bytes)
}

/// Guests that call each other and Lua: `demo:many` calls the function that it is told to with each text.
fn calling() -> App {
    let (many, bytes) = entry("many", "probe-funcs", "call-many");
    App::new(&format!(
        "  - {{ name: code, kind: fs.directory, directory: ./code }}\n{many}, imports: [funcs] }}
  - {{ name: echo, kind: function.lua, method: main, source: \"return {{ main = function(text) return text end }}\" }}
  - {{ name: fib, kind: function.wat, method: fib, source: file://named.wat }}\n"
    ))
    .with("code/probe-funcs.wasm", bytes)
    .with("named.wat", NAMED)
}
