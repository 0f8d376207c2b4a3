//! Finds the compilers that can build guests.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A prefix with `bin/rustc` that knows the WebAssembly targets, for machines where rustup cannot add one.
const RUST_PREFIX: &str = "WIPPY_WASM_TOOLCHAIN";
/// A C compiler and its first arguments, separated by spaces.
const C_COMPILER: &str = "WIPPY_WASM_CC";

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Missing {
    #[error(
        "no Rust toolchain here has the standard library of {targets}; run `rustup target add {targets}`, or name the \
         prefix of a toolchain that has it in {RUST_PREFIX}"
    )]
    Rust { targets: &'static str },
    #[error("{RUST_PREFIX} names {prefix}, which has no bin/rustc with the standard library of {targets}")]
    Prefix { prefix: String, targets: &'static str },
    #[error("there is no linker at {0}: it comes with the default toolchain of rustup; run `rustup update`")]
    Linker(String),
    #[error(
        "no C compiler for WASI here; run `pip install ziglang`, or install zig or clang with wasi-libc, or name a \
         compiler in {C_COMPILER}"
    )]
    C,
}

/// A rustc that can build for `target`, and the linker that goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Rust {
    pub(crate) rustc: OsString,
    pub(crate) target: &'static str,
    pub(crate) linker: PathBuf,
    pub(crate) sysroot: PathBuf,
    pub(crate) version: String,
}

impl Rust {
    /// The first of `targets` that the default toolchain has, else the one named by the environment.
    pub(crate) fn find(targets: &'static [&'static str], linked_with: &str) -> Result<Self, Missing> {
        let default = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let preferred = targets.first().copied().unwrap_or_default();
        let linker = linker(&default, linked_with)?;
        let prefix = std::env::var_os(RUST_PREFIX).filter(|prefix| !prefix.is_empty());
        let own = prefix.as_ref().map(|prefix| Path::new(prefix).join("bin/rustc").into_os_string());
        for rustc in own.iter().chain([&default]) {
            for target in targets {
                if let Some((sysroot, version)) = with_standard_library(rustc, target) {
                    return Ok(Self { rustc: rustc.clone(), target, linker, sysroot, version });
                }
            }
        }
        Err(match prefix {
            Some(prefix) => Missing::Prefix { prefix: prefix.to_string_lossy().into_owned(), targets: preferred },
            None => Missing::Rust { targets: preferred },
        })
    }
}

/// A linker of the toolchain that runs this program.
fn linker(rustc: &OsString, name: &str) -> Result<PathBuf, Missing> {
    let sysroot = output(Command::new(rustc).args(["--print", "sysroot"])).unwrap_or_default();
    let verbose = output(Command::new(rustc).arg("-vV")).unwrap_or_default();
    let host = verbose.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let path = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin").join(name);
    if path.exists() { Ok(path) } else { Err(Missing::Linker(path.display().to_string())) }
}

fn with_standard_library(rustc: &OsString, target: &str) -> Option<(PathBuf, String)> {
    let libraries = output(Command::new(rustc).args(["--print", "target-libdir", "--target", target]))?;
    let standard = |name: OsString| name.to_str().is_some_and(|name| name.starts_with("libstd-"));
    std::fs::read_dir(libraries).ok()?.flatten().find(|entry| standard(entry.file_name()))?;
    let sysroot = output(Command::new(rustc).args(["--print", "sysroot"]))?;
    let version = output(Command::new(rustc).arg("-V"))?;
    let version = version.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    Some((sysroot.into(), version))
}

/// A C compiler with its first arguments.
#[derive(Clone, Debug)]
pub(crate) struct C {
    pub(crate) command: Vec<String>,
    pub(crate) version: String,
}

impl C {
    pub(crate) fn find() -> Result<Self, Missing> {
        let named = std::env::var(C_COMPILER).ok().filter(|line| !line.trim().is_empty());
        let known = [
            "zig cc -target wasm32-wasi",
            "python3 -m ziglang cc -target wasm32-wasi",
            "python -m ziglang cc -target wasm32-wasi",
            "clang --target=wasm32-wasi",
        ];
        let candidates = named.as_deref().into_iter().chain(known.into_iter().filter(|_| named.is_none()));
        candidates
            .map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .find_map(|command| Some(Self { version: c_version(&command)?, command }))
            .ok_or(Missing::C)
    }
}

/// The first line of `--version`, from a compiler that has a C library for the target.
fn c_version(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    // A clang without wasi-libc is a compiler all the same; this asks for the library's headers.
    let headers = ["-E", "-include", "stdio.h", "-x", "c", "-"];
    output(Command::new(program).args(arguments).args(headers))?;
    let version = output(Command::new(program).args(arguments).arg("--version"))?;
    version.lines().next().map(|line| line.split(" (").next().unwrap_or(line).trim().to_owned())
}

/// What a command that succeeds prints, without its last line feed.
fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8(text).ok()?.trim_end().to_owned())
}
