//! A declared function as the host takes it.

use crate::manifest::{Entry, FunctionEntry, FunctionLimits, Located, Node, Pool, Problem};
use std::time::Duration;
use wippy_host_core::ErrorKind;
use wippy_host_core::policy::network::NetworkRules;
use wippy_host_core::pool::{PoolFields, PoolSpec};
use wippy_host_core::{Binding, EntrySpec, Limits, nearest};

/// The specification of an entry, and what its file has to answer for already.
///
/// `strict_imports` is not for the host: the findings say it of the file, with one problem for each group.
pub(crate) fn spec(entry: &Entry, function: &FunctionEntry) -> (EntrySpec, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut spec = EntrySpec::new(entry.id.value.to_string(), function.method.value.clone())
        .with_imports(function.imports.iter().map(|import| import.value.clone()))
        .with_limits(limits(&function.limits))
        .with_pool(pool(&function.pool));
    for binding in &function.bindings {
        let mut bound = Binding::new(&*binding.function.value, binding.target.value.to_string());
        bound.interface = binding.interface.as_ref().map(|interface| interface.value.to_string());
        spec.bindings.push(bound);
    }
    for (name, section) in [("wasi", &function.wasi), ("config", &function.config)] {
        if let Some(section) = section {
            spec = spec.with_section(name, section.to_json());
        }
    }
    if let Some(section) = function.wasi.as_ref().and_then(|wasi| wasi.get("network")) {
        spec = spec.with_network(network(section, &mut problems));
    }
    let problems = problems.into_iter().map(|problem| problem.for_entry(&entry.id.value)).collect();
    (spec, problems)
}

pub(crate) fn limits(declared: &FunctionLimits) -> Limits {
    let mut limits = Limits::default();
    let size = |value: &Option<Located<u64>>, default: usize| {
        value.as_ref().map_or(default, |value| usize::try_from(value.value).unwrap_or(usize::MAX))
    };
    if let Some(ms) = &declared.max_execution_ms {
        limits.max_execution = (ms.value > 0).then(|| Duration::from_millis(ms.value));
    }
    limits.max_memory_bytes = size(&declared.max_memory_bytes, limits.max_memory_bytes);
    limits.max_table_elements = size(&declared.max_table_elements, limits.max_table_elements);
    limits.max_instances = size(&declared.max_instances, limits.max_instances);
    limits.max_host_bytes = size(&declared.max_host_bytes, limits.max_host_bytes);
    limits.max_resources = size(&declared.max_resources, limits.max_resources);
    limits.max_call_depth = size(&declared.max_call_depth, limits.max_call_depth);
    limits.max_log_bytes = declared.max_log_bytes.as_ref().map_or(limits.max_log_bytes, |bytes| bytes.value);
    limits
}

/// The rules of a `wasi.network` section, and all that is wrong in it. Nothing may be reached through rules that could not be
/// read.
pub(crate) fn network(section: &Node, problems: &mut Vec<Problem>) -> NetworkRules {
    rules(section).unwrap_or_else(|found| {
        problems.extend(found);
        NetworkRules::nothing()
    })
}

/// Reads `wasi.network`, and finds all that is wrong in it.
fn rules(network: &Node) -> Result<NetworkRules, Vec<Problem>> {
    let wrong = |node: &Node, expected: &str| {
        Problem::at(ErrorKind::Invalid, node.span(), format!("{expected}, found {}", node.describe()))
            .with_remedy("write `allow` with a list: `network: { allow: [\"api.example.com:443\"] }`")
    };
    if network.as_mapping().is_none() {
        return Err(vec![wrong(network, "`wasi.network` must be a mapping")]);
    }
    let mut problems = Vec::new();
    for key in network.keys().filter(|key| &*key.value != "allow") {
        let near = nearest(&key.value, ["allow"]).map(|near| format!("did you mean \"{near}\"? "));
        problems.push(
            Problem::at(ErrorKind::Invalid, &key.span, format!("unknown key: wasi.network.{}", key.value))
                .with_remedy(format!("{}known keys: allow", near.unwrap_or_default())),
        );
    }
    let Some(allow) = network.get("allow") else {
        return if problems.is_empty() { Ok(NetworkRules::public()) } else { Err(problems) };
    };
    let Some(nodes) = allow.as_list() else {
        problems.push(wrong(allow, "`wasi.network.allow` must be a list"));
        return Err(problems);
    };
    let (mut items, mut places) = (Vec::new(), Vec::new());
    for (index, node) in nodes.iter().enumerate() {
        match node.as_text() {
            Some(text) => {
                items.push(text.to_string());
                places.push((index, node));
            }
            None => problems.push(wrong(node, &format!("`wasi.network.allow[{index}]` must be text"))),
        }
    }
    let rules = NetworkRules::parse(&items).map_err(|errors| {
        problems.extend(errors.into_iter().map(|error| {
            let (index, node) = places.get(error.index).copied().unwrap_or((error.index, allow));
            let message = format!("wasi.network.allow[{index}]: {}", error.message);
            Problem::at(ErrorKind::Invalid, node.span(), message).with_remedy(&error.remedy)
        }));
    });
    match rules {
        Ok(rules) if problems.is_empty() => Ok(rules),
        _ => Err(problems),
    }
}

/// A pool as the host takes it.
pub(crate) fn pool(declared: &Pool) -> PoolSpec {
    let number = |number: &Option<Located<u32>>| number.as_ref().map(|number| number.value);
    let mut fields = PoolFields::default();
    fields.kind = declared.kind.as_ref().map(|kind| kind.value);
    fields.size = number(&declared.size);
    fields.max_size = number(&declared.max_size);
    fields.workers = number(&declared.workers);
    fields.buffer = number(&declared.buffer);
    fields.warm_start = declared.warm_start.as_ref().map(|warm| warm.value).unwrap_or_default();
    fields.reuse_max_calls = number(&declared.reuse_max_calls);
    PoolSpec::resolve(fields)
}
