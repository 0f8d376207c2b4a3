//! From bytes to a compiled component, with an answer for whatever else the bytes may be.

mod bytes;
mod cache;
mod command;
mod inspection;
mod module;
mod program;
mod text;
mod wit;

use bytes::Bytes;
pub(crate) use cache::Cache;
pub use cache::{CacheOptions, Compilations};
pub(crate) use command::START;
pub use inspection::{CodeKind, ExportedFunction, Inspection};
pub(crate) use inspection::{inspect, is_plain_module};
pub use program::Program;
pub use text::WatError;
pub use wit::WitError;

use crate::assembly::ComponentImports;
use crate::engine::Engines;
use crate::error::{Error, Result};
use crate::import::{Registry, track};
use crate::unfolding::{self, TooLarge};
use wasmtime::component::Component;

/// What compiles, and which components need the engine for concurrent ones.
#[derive(Clone, Copy)]
pub(crate) struct Compiler<'a> {
    pub(crate) engines: &'a Engines,
    pub(crate) registry: &'a Registry,
}

/// Compiles a component or a command, binary or text.
pub(crate) fn compile(compiler: Compiler<'_>, bytes: &[u8]) -> Result<Program> {
    let engine = compiler.engines.plain();
    match Bytes::of(bytes) {
        Bytes::Component(binary) => from_binary(compiler, binary, broken).map(Program::Component),
        Bytes::Text(text) => match &*text::parse(text)? {
            binary if matches!(Bytes::of(binary), Bytes::CoreModule(_)) => {
                command::compile(engine, binary, broken_text)?.map(Program::Command).ok_or_else(|| core_module(bytes))
            }
            binary => from_binary(compiler, binary, broken_text).map(Program::Component),
        },
        Bytes::CoreModule(binary) => {
            command::compile(engine, binary, broken_module)?.map(Program::Command).ok_or_else(|| core_module(bytes))
        }
        other => Err(not_webassembly(&other)),
    }
}

/// Compiles a core module, binary or text, as the component that the WIT text makes of it. A component is compiled as
/// it is: it has its own types.
pub(crate) fn compile_module(compiler: Compiler<'_>, bytes: &[u8], wit: &str) -> Result<Component> {
    let text;
    let binary = match Bytes::of(bytes) {
        Bytes::CoreModule(binary) => binary,
        Bytes::Text(source) => {
            text = text::parse(source)?;
            &*text
        }
        Bytes::Component(binary) => return from_binary(compiler, binary, broken),
        other => return Err(not_webassembly(&other)),
    };
    match Bytes::of(binary) {
        Bytes::Component(_) => from_binary(compiler, binary, broken_text),
        _ => from_binary(compiler, &module::encode(binary, wit, compiler.registry.wit())?, broken),
    }
}

/// On the plain engine where that is possible: it makes calls cheaper.
fn from_binary(compiler: Compiler<'_>, binary: &[u8], broken: fn(&str) -> Error) -> Result<Component> {
    let Compiler { engines, registry } = compiler;
    unfolding::check(binary).map_err(too_large)?;
    match Component::from_binary(engines.plain(), binary) {
        Ok(component) if !is_concurrent(registry, &component) => return Ok(component),
        Ok(_) => {}
        Err(error) => {
            let cause = error.root_cause().to_string();
            if !needs_concurrency(&cause) {
                return Err(broken(&cause));
            }
        }
    }
    Component::from_binary(engines.concurrent()?, binary).map_err(|error| broken(&error.root_cause().to_string()))
}

/// Whether a component imports an interface with asynchronous functions, though perhaps none of these.
fn is_concurrent(registry: &Registry, component: &Component) -> bool {
    ComponentImports::of(component).interfaces.iter().any(|import| {
        registry.provider(&import.name, track(&import.version)).is_some_and(|(_, interface)| interface.concurrent)
    })
}

/// Why bytes of this sort are neither a component nor a module.
fn not_webassembly(bytes: &Bytes<'_>) -> Error {
    match bytes {
        Bytes::Empty => Error::invalid("the file is empty").with_remedy("build the guest again"),
        Bytes::TooShort => Error::invalid("the file is cut off after its first bytes").with_remedy("copy it again"),
        Bytes::OtherVersion => Error::invalid("the file is WebAssembly of a version that this host does not know")
            .with_remedy("build the guest as a component of the final component model"),
        _ => Error::invalid("the file is not WebAssembly")
            .with_remedy("name a component, binary (it starts with \\0asm) or text (it starts with a parenthesis)"),
    }
}

/// Why a core module is not what was asked for: no component, nor a command.
pub(crate) fn core_module(bytes: &[u8]) -> Error {
    let what = if matches!(Bytes::of(bytes), Bytes::Text(_)) { "text" } else { "file" };
    Error::invalid(format!("the {what} is a core WebAssembly module, not a component")).with_remedy(
        "add its signatures to the entry: `wit: \"export NAME: func(…) -> …;\"`, or make a component of it with: \
         wasm-tools component new",
    )
}

fn too_large(reason: TooLarge) -> Error {
    Error::invalid(format!("the component is too large to compile: {reason}"))
        .with_remedy("compose it of fewer components, or of fewer instances of each")
}

fn broken(cause: &str) -> Error {
    if cause.contains("unexpected end") {
        return Error::invalid(format!("the component is cut off: {cause}")).with_remedy("copy or build it again");
    }
    Error::invalid(format!("the component is damaged or not valid: {cause}")).with_remedy("copy or build it again")
}

/// The validator's words for what needs a feature that the plain engine has off. A name in the guest may hold "async" too.
fn needs_concurrency(cause: &str) -> bool {
    cause.contains("component model async") || cause.contains("component-model-async")
}

fn broken_module(cause: &str) -> Error {
    Error::invalid(format!("the module is damaged or not valid: {cause}")).with_remedy("copy or build it again")
}

fn broken_text(cause: &str) -> Error {
    Error::invalid(format!("the WebAssembly text is not valid: {}", cause.trim())).with_remedy("mend the text")
}
