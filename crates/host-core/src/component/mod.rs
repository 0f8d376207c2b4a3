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
use crate::error::{Error, Result};
use crate::unfolding::{self, TooLarge};
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// Compiles a component or a command, binary or text.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Program> {
    match Bytes::of(bytes) {
        Bytes::Component(binary) => from_binary(engine, binary, broken).map(Program::Component),
        Bytes::Text(text) => match &*text::parse(text)? {
            binary if matches!(Bytes::of(binary), Bytes::CoreModule(_)) => {
                command::compile(engine, binary, broken_text)?.map(Program::Command).ok_or_else(|| core_module(bytes))
            }
            binary => from_binary(engine, binary, broken_text).map(Program::Component),
        },
        Bytes::CoreModule(binary) => {
            command::compile(engine, binary, broken_module)?.map(Program::Command).ok_or_else(|| core_module(bytes))
        }
        other => Err(not_webassembly(&other)),
    }
}

/// Compiles a core module, binary or text, as the component that the WIT text makes of it. A component is compiled as
/// it is: it has its own types.
pub(crate) fn compile_module(engine: &Engine, bytes: &[u8], wit: &str, packages: &[&str]) -> Result<Component> {
    let text;
    let binary = match Bytes::of(bytes) {
        Bytes::CoreModule(binary) => binary,
        Bytes::Text(source) => {
            text = text::parse(source)?;
            &*text
        }
        Bytes::Component(binary) => return from_binary(engine, binary, broken),
        other => return Err(not_webassembly(&other)),
    };
    match Bytes::of(binary) {
        Bytes::Component(_) => from_binary(engine, binary, broken_text),
        _ => from_binary(engine, &module::encode(binary, wit, packages)?, broken),
    }
}

fn from_binary(engine: &Engine, binary: &[u8], broken: fn(&str) -> Error) -> Result<Component> {
    unfolding::check(binary).map_err(too_large)?;
    let component = Component::from_binary(engine, binary).map_err(|error| broken(&error.root_cause().to_string()))?;
    match uses_async_abi(engine, &component) {
        Some(function) => Err(async_abi(&function)),
        None => Ok(component),
    }
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

fn uses_async_abi(engine: &Engine, component: &Component) -> Option<String> {
    ComponentImports::of(engine, component).asynchronous().or_else(|| {
        component.component_type().exports(engine).find_map(|(name, export)| match export.ty {
            ComponentItem::ComponentFunc(function) if function.async_() => Some(name.to_owned()),
            ComponentItem::ComponentInstance(instance) => instance.exports(engine).find_map(|(item, export)| {
                matches!(&export.ty, ComponentItem::ComponentFunc(function) if function.async_())
                    .then(|| format!("{name}#{item}"))
            }),
            _ => None,
        })
    })
}

fn async_abi(function: &str) -> Error {
    Error::invalid(format!(
        "the component uses the asynchronous ABI of WASI 0.3 ({function}), which this host does not have yet"
    ))
    .with_remedy("build the guest for WASI 0.2")
}

fn broken(cause: &str) -> Error {
    if is_async(cause) {
        return async_abi(cause.lines().next().unwrap_or_default());
    }
    if cause.contains("unexpected end") {
        return Error::invalid(format!("the component is cut off: {cause}")).with_remedy("copy or build it again");
    }
    Error::invalid(format!("the component is damaged or not valid: {cause}")).with_remedy("copy or build it again")
}

/// The validator's words for what needs a feature that the engine has off. A name in the guest may hold "async" too.
fn is_async(cause: &str) -> bool {
    cause.contains("component model async") || cause.contains("component-model-async")
}

fn broken_module(cause: &str) -> Error {
    Error::invalid(format!("the module is damaged or not valid: {cause}")).with_remedy("copy or build it again")
}

fn broken_text(cause: &str) -> Error {
    if is_async(cause) {
        return async_abi(cause.lines().next().unwrap_or_default());
    }
    Error::invalid(format!("the WebAssembly text is not valid: {}", cause.trim())).with_remedy("mend the text")
}
