//! What a component or module is, for people who have to write its entry.

use super::{Bytes, text};
use crate::assembly::exports;
use crate::error::{Error, Result};
use crate::value::signature;
use std::borrow::Cow;
use std::thread;
use wasmparser::{Parser, Payload, TypeRef, ValType};
use wasmtime::component::Component;
use wasmtime::component::types::ComponentFunc;
use wit_component::{OutputToString, WitPrinter};
use wit_parser::decoding::{DecodedWasm, decode};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeKind {
    /// A component.
    Component,
    /// A core module, which becomes a component with `wit` text.
    CoreModule,
    /// A core module that imports WASI preview 1.
    Preview1,
}

/// A function that a component or module exports.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedFunction {
    /// What `method` says to mean it: `run`, `demo:values/math@1.0.0#add`.
    pub method: String,
    /// `(a: s32, b: s32) -> s32`; of a core module what its core types may stand for, in WIT notation, or nothing where
    /// they stand for none.
    pub signature: String,
}

/// What is to be known of a component or module without an entry.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// What it is.
    pub kind: CodeKind,
    /// Whether it is WebAssembly text.
    pub is_text: bool,
    /// The functions that it exports.
    pub exports: Vec<ExportedFunction>,
    /// What it imports: of a component interfaces and functions, of a module `module name`.
    pub imports: Vec<String>,
    /// The world of a component as WIT text, with the packages that are its own.
    pub wit: Option<String>,
}

impl Inspection {
    /// The `method` of a function inside an exported interface, which is named without its version.
    pub fn method_of(&self, interface: &str, function: &str) -> Option<&str> {
        let found = self.exports.iter().find(|export| {
            let (exported, name) = export.method.split_once('#').unwrap_or_default();
            name == function && exported.split('@').next() == Some(interface)
        });
        found.map(|export| export.method.as_str())
    }
}

/// Looks at code; `component` is what it was compiled to, if it was.
pub(crate) fn inspect(bytes: &[u8], component: Option<&Component>) -> Result<Inspection> {
    let (is_text, binary) = match Bytes::of(bytes) {
        Bytes::Component(binary) | Bytes::CoreModule(binary) => (false, Cow::Borrowed(binary)),
        Bytes::Text(source) => (true, text::parse(source)?),
        other => return Err(super::not_webassembly(&other)),
    };
    if let Some(component) = component {
        let named = |(interface, function, ty): (Option<String>, String, ComponentFunc)| ExportedFunction {
            method: interface.map_or_else(|| function.clone(), |interface| format!("{interface}#{function}")),
            signature: signature(&ty),
        };
        let kind = if is_core(&binary) { CodeKind::CoreModule } else { CodeKind::Component };
        return Ok(Inspection {
            kind,
            is_text,
            exports: exports(component).into_iter().map(named).collect(),
            imports: component.component_type().imports(component.engine()).map(|(name, _)| name.to_owned()).collect(),
            wit: (kind == CodeKind::Component).then(|| world(&binary)).flatten(),
        });
    }
    if !is_core(&binary) {
        return Err(Error::internal("a component is inspected when it is compiled"));
    }
    let (exports, imports) = module(&binary)?;
    let preview1 = imports.iter().any(|import| import.starts_with("wasi_snapshot_preview1 "));
    let kind = if preview1 { CodeKind::Preview1 } else { CodeKind::CoreModule };
    Ok(Inspection { kind, is_text, exports, imports, wit: None })
}

/// Whether code is a core module that is no command, in either form.
pub(crate) fn is_plain_module(bytes: &[u8]) -> bool {
    let is_plain = |binary: &[u8]| is_core(binary) && !super::command::starts(binary);
    match Bytes::of(bytes) {
        Bytes::Text(source) => text::parse(source).is_ok_and(|binary| is_plain(&binary)),
        Bytes::CoreModule(binary) => is_plain(binary),
        _ => false,
    }
}

fn is_core(binary: &[u8]) -> bool {
    matches!(Bytes::of(binary), Bytes::CoreModule(_))
}

/// The world of a component that has compiled. On a stack of its own, as [`super::module::encode`] says; a component
/// whose world cannot be shown still runs.
fn world(binary: &[u8]) -> Option<String> {
    const STACK: usize = 64 << 20;
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("wippy-wit".into()).stack_size(STACK);
        reader.spawn_scoped(scope, || printed(binary)).ok()?.join().ok()?
    })
}

fn printed(binary: &[u8]) -> Option<String> {
    let DecodedWasm::Component(resolve, world) = decode(binary).ok()? else { return None };
    let package = resolve.worlds.get(world)?.package?;
    // The WIT of WASI is known, and longer than all the rest.
    let own = |name: &wit_parser::PackageName| name.namespace != "wasi" && name.namespace != "wippy";
    let others = resolve.packages.iter().filter(|(id, other)| *id != package && own(&other.name));
    let others: Vec<_> = others.map(|(id, _)| id).collect();
    let mut printer = WitPrinter::new(OutputToString::default());
    printer.emit_docs(false).print(&resolve, package, &others).ok()?;
    Some(printer.output.to_string())
}

type Names = (Vec<ExportedFunction>, Vec<String>);

/// The functions that a core module exports and imports.
fn module(binary: &[u8]) -> Result<Names> {
    let broken = |error: wasmparser::BinaryReaderError| {
        Error::invalid(format!("the module is damaged or not valid: {error}")).with_remedy("copy or build it again")
    };
    let types = wasmparser::Validator::new().validate_all(binary).map_err(broken)?;
    let (mut exports, mut imports) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(binary) {
        match payload.map_err(broken)? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(broken)?;
                    if matches!(import.ty, TypeRef::Func(_)) {
                        imports.push(format!("{} {}", import.module, import.name));
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(broken)?;
                    let types = types.as_ref();
                    if let Some(wasmparser::types::EntityType::Func(id)) = types.entity_type_from_export(&export) {
                        let signature = types.get(id).and_then(|ty| core_signature(ty.unwrap_func()));
                        let signature = signature.unwrap_or_default();
                        exports.push(ExportedFunction { method: export.name.to_owned(), signature });
                    }
                }
            }
            _ => {}
        }
    }
    Ok((exports, imports))
}

/// Numbers stand for numbers; what else they may stand for, nobody can tell from a module.
fn core_signature(ty: &wasmparser::FuncType) -> Option<String> {
    let name = |ty: &ValType| match ty {
        ValType::I32 => Some("s32"),
        ValType::I64 => Some("s64"),
        ValType::F32 => Some("f32"),
        ValType::F64 => Some("f64"),
        _ => None,
    };
    let mut parameters = Vec::new();
    for (index, ty) in ty.params().iter().enumerate() {
        parameters.push(format!("p{index}: {}", name(ty)?));
    }
    let result = match ty.results() {
        [] => String::new(),
        [one] => format!(" -> {}", name(one)?),
        _ => return None,
    };
    Some(format!("({}){result}", parameters.join(", ")))
}
