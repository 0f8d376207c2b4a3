//! Programs of preview 1, made of the calls that a test wants to see answered.

use crate::support::{host, within};
use serde_json::Value as Json;
use std::fmt::Write as _;
use wippy_host::{CallContext, EntrySpec, Function};

/// What functions return.
pub(super) const SUCCESS: i32 = 0;
pub(super) const BADF: i32 = 8;
pub(super) const DQUOT: i32 = 19;
pub(super) const EXIST: i32 = 20;
pub(super) const NOENT: i32 = 44;
pub(super) const NOTSUP: i32 = 58;
pub(super) const PERM: i32 = 63;
pub(super) const XDEV: i32 = 75;

/// The first mount. What a program of one mount opens has the next numbers.
pub(super) const DATA: i32 = 3;

pub(super) const READ: i64 = 1 << 1;
pub(super) const WRITE: i64 = 1 << 6;
pub(super) const CREATE: i32 = 1;
pub(super) const TRUNCATE: i32 = 8;
pub(super) const APPEND: i32 = 1;

/// One call of a program, and what it must return.
pub(super) struct Step {
    function: &'static str,
    arguments: Vec<Argument>,
    returns: i32,
}

#[derive(Clone)]
pub(super) enum Argument {
    I32(i32),
    I64(i64),
    Path(String),
    /// As many bytes, for reading or writing.
    Bytes(u32),
    /// Where a result goes.
    Result,
}

use Argument::{Bytes, I32, I64, Path, Result};

/// The functions, with `i` for i32 and `I` for i64.
const FUNCTIONS: &[(&str, &str)] = &[
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_renumber", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
];

pub(super) fn call(function: &'static str, arguments: &[Argument], returns: i32) -> Step {
    Step { function, arguments: arguments.to_vec(), returns }
}

pub(super) fn path(path: &str) -> Argument {
    Path(path.to_owned())
}

/// Opens for reading and writing.
pub(super) fn open(path: &str, how: i32, returns: i32) -> Step {
    open_with(path, how, READ | WRITE, 0, returns)
}

pub(super) fn open_with(path: &str, how: i32, rights: i64, flags: i32, returns: i32) -> Step {
    open_in(DATA, path, how, rights, flags, returns)
}

pub(super) fn open_in(fd: i32, name: &str, how: i32, rights: i64, flags: i32, returns: i32) -> Step {
    let arguments = [I32(fd), I32(1), path(name), I32(how), I64(rights), I64(rights), I32(flags), Result];
    call("path_open", &arguments, returns)
}

pub(super) fn write(fd: i32, bytes: u32, returns: i32) -> Step {
    call("fd_write", &[I32(fd), Bytes(bytes), Result], returns)
}

pub(super) fn write_at(fd: i32, offset: i64, bytes: u32, returns: i32) -> Step {
    call("fd_pwrite", &[I32(fd), Bytes(bytes), I64(offset), Result], returns)
}

/// Where a program keeps things: paths from 0, results, two parts of what it writes (the first is empty), and the bytes.
const RESULT: u32 = 40_000;
const VECTOR: u32 = 50_000;
pub(super) const BYTES: u32 = 65_536;

/// A program that takes the steps, and exits with the number of the first that returns something else.
fn text(steps: &[Step]) -> String {
    let (mut data, mut body, mut at) = (String::new(), String::new(), 0);
    for (number, Step { function, arguments, returns }) in (1..).zip(steps) {
        let mut given = String::new();
        for argument in arguments {
            match argument {
                I32(value) => write!(given, "(i32.const {value})").unwrap(),
                I64(value) => write!(given, "(i64.const {value})").unwrap(),
                Result => write!(given, "(i32.const {RESULT})").unwrap(),
                Bytes(bytes) => {
                    write!(body, "(i32.store (i32.const {}) (i32.const {bytes}))", VECTOR + 12).unwrap();
                    write!(given, "(i32.const {VECTOR}) (i32.const 2)").unwrap();
                }
                Path(path) => {
                    write!(data, "(data (i32.const {at}) \"{path}\")").unwrap();
                    write!(given, "(i32.const {at}) (i32.const {})", path.len()).unwrap();
                    at += path.len();
                }
            }
        }
        let differs = format!("(i32.ne (call ${function} {given}) (i32.const {returns}))");
        write!(body, "(if {differs} (then (call $proc_exit (i32.const {number}))))").unwrap();
    }
    module(&data, &format!("(i32.store (i32.const {}) (i32.const {BYTES})) {body}", VECTOR + 8))
}

/// A program of whatever body, with all functions.
pub(super) fn module(data: &str, body: &str) -> String {
    let imports = FUNCTIONS.iter().map(|(name, parameters)| {
        let types: Vec<_> = parameters.chars().map(|p| if p == 'I' { "i64" } else { "i32" }).collect();
        let ty = format!("(param {}) (result i32)", types.join(" "));
        format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))")
    });
    format!(
        "(module {}
            (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))
            (memory (export \"memory\") 4) {data}
            (func (export \"_start\") {body}))",
        imports.collect::<String>()
    )
}

/// Runs a program with these mounts.
pub(super) async fn run(mounts: &Json, steps: &[Step]) {
    run_text(mounts, &text(steps)).await.unwrap_or_else(|error| panic!("the step of this number differs: {error}"));
}

pub(super) async fn run_text(mounts: &Json, text: &str) -> wippy_host::Result<()> {
    let program = host().compile_program(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let entry =
        EntrySpec::new("test:program", "_start").with_imports(["preview1"]).with_section("wasi", mounts.clone());
    let start = host().prepare(entry, &program).await.unwrap();
    within(start.call(&CallContext::new(), Vec::new())).await.map(drop)
}
