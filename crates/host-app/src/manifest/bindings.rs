//! `bindings`: functions that a module imports and that are functions of the registry.

use super::fields::Fields;
use super::id::EntryId;
use super::node::{Key, Node};
use super::problem::quoted;
use super::source::Located;
use std::sync::Arc;

/// One function that the module imports, and the function of the registry that is called in its place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FunctionBinding {
    /// The interface, `demo:math/ops`, with or without a version. None: a function outside any interface.
    pub interface: Option<Located<Arc<str>>>,
    /// The name of the function in it.
    pub function: Located<Arc<str>>,
    /// What is called: an entry, or a function that the embedder registers.
    pub target: Located<EntryId>,
}

const EXAMPLE: &str = "bindings: { \"demo:math/ops\": { add: app:add } }";

pub(super) fn read(fields: &Fields<'_>) -> Vec<FunctionBinding> {
    let Some(node) = fields.mapping("bindings") else { return Vec::new() };
    let mut bindings = Vec::new();
    for (key, value) in node.as_mapping().unwrap_or_default() {
        let name = format!("bindings.{}", key.value);
        if value.failed {
            continue;
        }
        let Some(functions) = value.as_mapping() else {
            bindings.extend(binding(fields, &name, None, key, value));
            continue;
        };
        if !key.value.contains('/') {
            let message = format!("{} is no interface: its functions cannot be bound", quoted(&key.value));
            fields.error(&key.span, message, format!("write the package and the interface, {EXAMPLE}"));
            continue;
        }
        let functions = functions.iter();
        bindings.extend(functions.filter_map(|(function, target)| {
            binding(fields, &format!("{name}.{}", function.value), Some(key), function, target)
        }));
    }
    bindings
}

fn binding(
    fields: &Fields<'_>,
    name: &str,
    interface: Option<&Key>,
    function: &Key,
    target: &Node,
) -> Option<FunctionBinding> {
    if target.is_null() {
        let example = format!("write the id of a function, for example `{EXAMPLE}`");
        fields.error(&function.span, format!("{} is required", quoted(name)), example);
        return None;
    }
    let target = fields.id(target, name, &function.value)?;
    Some(FunctionBinding { interface: interface.cloned(), function: function.clone(), target })
}
