//! From an entry's grants and a component's imports to a linker that holds the one and answers for the other.

mod bindings;
mod bound;
mod component_imports;
mod export;
mod linker;
mod module;
mod preflight;
mod stub;
mod traced;

pub(crate) use bindings::Bindings;
pub(crate) use component_imports::ComponentImports;
pub(crate) use export::{Export, exports, find_export};
pub(crate) use linker::assemble;
pub use linker::{ImportLinker, LinkTarget};
pub(crate) use module::assemble_module;
pub use preflight::{Finding, Preflight};
pub use traced::{Traced, traced};
