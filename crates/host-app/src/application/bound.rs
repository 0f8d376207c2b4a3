//! Whether what entries bind is there.

use crate::manifest::{Declaration, Declarations, Kind, Problem};
use wippy_host_core::FunctionRegistry;

const FUNCTIONS: &[Kind] = &[Kind::FunctionWasm, Kind::FunctionWat, Kind::FunctionLua];

/// A problem for each binding that leads nowhere: to no function among the entries, nor to one that is registered already, as
/// those of an embedder are.
pub(super) fn problems(declarations: &Declarations, registered: &FunctionRegistry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in declarations.iter().chain(declarations.unsound()) {
        let function = match &entry.declaration {
            Declaration::Function(function) => function,
            Declaration::Process(process) => &process.function,
            _ => continue,
        };
        for binding in &function.bindings {
            let name = match &binding.interface {
                Some(interface) => format!("bindings.{}.{}", interface.value, binding.function.value),
                None => format!("bindings.{}", binding.function.value),
            };
            let Some(problem) = declarations.check_reference(&name, &binding.target, FUNCTIONS) else { continue };
            if registered.get(&binding.target.value.to_string()).is_none() {
                problems.push(problem.for_entry(&entry.id.value));
            }
        }
    }
    problems
}
