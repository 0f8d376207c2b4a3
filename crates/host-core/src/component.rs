//! From bytes to a compiled component, with an answer for whatever else the bytes may be.

use crate::assembly::ComponentImports;
use crate::error::{Error, Result};
use crate::unfolding::{self, TooLarge};
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// What a file holds, by its first bytes.
pub(crate) enum Bytes<'a> {
    Component(&'a [u8]),
    CoreModule,
    Text(&'a [u8]),
    Empty,
    TooShort,
    OtherVersion,
    Other,
}

const MAGIC: &[u8] = b"\0asm";
const CORE: &[u8] = &[1, 0, 0, 0];
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];

impl<'a> Bytes<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        match bytes.strip_prefix(MAGIC) {
            Some(rest) if rest.starts_with(COMPONENT) => Self::Component(bytes),
            Some(rest) if rest.starts_with(CORE) => Self::CoreModule,
            Some(rest) if rest.len() < 4 => Self::TooShort,
            Some(_) => Self::OtherVersion,
            None if bytes.is_empty() => Self::Empty,
            None if is_text(bytes) => Self::Text(bytes),
            None => Self::Other,
        }
    }
}

/// WebAssembly text starts with a parenthesis, behind blanks and comments.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim_start();
    text.starts_with('(') || text.starts_with(";;")
}

pub(crate) fn compile(engine: &Engine, bytes: Bytes<'_>) -> Result<Component> {
    let component = match bytes {
        Bytes::Component(binary) => {
            unfolding::check(binary).map_err(too_large)?;
            Component::from_binary(engine, binary).map_err(|error| broken(&error))?
        }
        Bytes::Text(text) => {
            let binary = wat::parse_bytes(text).map_err(|error| broken_text(&error.to_string()))?;
            if matches!(Bytes::of(&binary), Bytes::CoreModule) {
                return Err(compile_error_of_core_module());
            }
            unfolding::check(&binary).map_err(too_large)?;
            Component::from_binary(engine, &binary).map_err(|error| broken_text(&error.root_cause().to_string()))?
        }
        Bytes::CoreModule => {
            return Err(Error::invalid("the file is a core WebAssembly module, not a component")
                .with_remedy("make a component of it, for example with: wasm-tools component new"));
        }
        Bytes::Empty => return Err(Error::invalid("the file is empty").with_remedy("build the guest again")),
        Bytes::TooShort => {
            return Err(Error::invalid("the file is cut off after its first bytes").with_remedy("copy it again"));
        }
        Bytes::OtherVersion => {
            return Err(Error::invalid("the file is WebAssembly of a version that this host does not know")
                .with_remedy("build the guest as a component of the final component model"));
        }
        Bytes::Other => {
            return Err(Error::invalid("the file is not WebAssembly").with_remedy(
                "name a component, binary (it starts with \\0asm) or text (it starts with a parenthesis)",
            ));
        }
    };
    match uses_async_abi(engine, &component) {
        Some(function) => Err(async_abi(&function)),
        None => Ok(component),
    }
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

fn broken(error: &wasmtime::Error) -> Error {
    let cause = error.root_cause().to_string();
    if is_async(&cause) {
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

/// The parser of the text format says line and column itself.
fn broken_text(cause: &str) -> Error {
    if is_async(cause) {
        return async_abi(cause.lines().next().unwrap_or_default());
    }
    Error::invalid(format!("the WebAssembly text is not valid: {}", cause.trim()))
}

fn compile_error_of_core_module() -> Error {
    Error::invalid("the text is a core WebAssembly module, not a component")
        .with_remedy("write (component …) around it, or make a component of it with: wasm-tools component new")
}
