//! Core modules that are commands, as preview 1 of WASI has them.

use crate::error::{Error, Result};
use wasmparser::{ExternalKind, Parser, Payload};
use wasmtime::{Engine, ExternType, Module};

/// What a command exports, and its `method`.
pub(crate) const START: &str = "_start";

/// Compiles a module. `None` where it is no command.
pub(super) fn compile(engine: &Engine, binary: &[u8], broken: fn(&str) -> Error) -> Result<Option<Module>> {
    if !starts(binary) {
        return Ok(None);
    }
    let module = Module::from_binary(engine, binary).map_err(|error| broken(&error.root_cause().to_string()))?;
    let ty = module.get_export(START);
    if !ty.as_ref().and_then(ExternType::func).is_some_and(|ty| ty.params().len() == 0 && ty.results().len() == 0) {
        return Err(Error::invalid(format!("the module exports {START} with parameters or results"))
            .with_remedy("build it as a command: _start takes nothing and returns nothing"));
    }
    let other = module.imports().find(|import| !matches!(import.ty(), ExternType::Func(_)));
    match other {
        None => Ok(Some(module)),
        Some(import) => Err(Error::invalid(format!(
            "the module imports {} {}, which is no function",
            import.module(),
            import.name()
        ))
        .with_remedy("let the module have its own memory and tables, and export the memory")),
    }
}

/// Whether a module exports `_start`: asked first, so that no module is compiled in vain.
pub(super) fn starts(binary: &[u8]) -> bool {
    let exports =
        Parser::new(0).parse_all(binary).map_while(std::result::Result::ok).filter_map(|payload| match payload {
            Payload::ExportSection(section) => Some(section.into_iter().map_while(std::result::Result::ok)),
            _ => None,
        });
    exports.flatten().any(|export| export.name == START && export.kind == ExternalKind::Func)
}
