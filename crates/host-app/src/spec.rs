//! A declared function as the host takes it.

use crate::manifest::{
    Entry, Function, FunctionLimits, Located, Node, PathSegment, Pool, PoolKind, Problem, ProblemKind, Span, Transport,
};
use std::time::Duration;
use wippy_host_core::policy::network::NetworkRules;
use wippy_host_core::{EntryProblem, EntrySpec, ErrorKind, Limits, Place};

/// The specification of an entry, and what its file has to answer for already.
pub(crate) fn spec(entry: &Entry, function: &Function) -> (EntrySpec, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut spec = EntrySpec::new(entry.id.value.to_string(), function.method.value.clone())
        .with_imports(function.imports.iter().map(|import| import.value.clone()))
        .with_limits(limits(&function.limits))
        .with_strict_imports(function.strict_imports.as_ref().is_some_and(|strict| strict.value));
    for (name, section) in [("wasi", &function.wasi), ("config", &function.config)] {
        if let Some(section) = section {
            spec = spec.with_section(name, section.to_json());
        }
    }
    if let Some(network) = function.wasi.as_ref().and_then(|wasi| wasi.get("network")) {
        match rules(network) {
            Ok(rules) => spec = spec.with_network(rules),
            Err(found) => {
                // Nothing may be reached through rules that could not be read.
                spec = spec.with_network(NetworkRules::nothing());
                problems.extend(found);
            }
        }
    }
    problems.extend(not_yet(function));
    let problems = problems.into_iter().map(|problem| problem.for_entry(&entry.id.value)).collect();
    (spec, problems)
}

fn limits(declared: &FunctionLimits) -> Limits {
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

/// Reads `wasi.network`.
fn rules(network: &Node) -> Result<NetworkRules, Vec<Problem>> {
    let wrong = |node: &Node, message: &str| {
        vec![
            Problem::at(ProblemKind::Invalid, node.span(), message)
                .with_remedy("write allow: with a list, for example allow: [\"api.example.com:443\"]"),
        ]
    };
    let Some(keys) = network.as_mapping() else {
        return Err(wrong(network, "wasi.network must be a mapping"));
    };
    let mut problems = Vec::new();
    for (key, _) in keys.iter().filter(|(key, _)| &*key.value != "allow") {
        problems.push(
            Problem::at(ProblemKind::Invalid, &key.span, format!("unknown key: wasi.network.{}", key.value))
                .with_remedy("known keys: allow"),
        );
    }
    let Some(allow) = network.get("allow") else {
        return if problems.is_empty() { Ok(NetworkRules::public()) } else { Err(problems) };
    };
    let Some(nodes) = allow.as_list() else {
        problems.extend(wrong(allow, "wasi.network.allow must be a list"));
        return Err(problems);
    };
    let mut items = Vec::new();
    for node in nodes {
        match node.as_text() {
            Some(text) => items.push(text.to_string()),
            None => problems.extend(wrong(node, "wasi.network.allow[] must be text")),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    NetworkRules::parse(&items).map_err(|errors| {
        let place = |index: usize| nodes.get(index).map_or(allow.span(), Node::span);
        errors
            .into_iter()
            .map(|error| {
                let message = format!("wasi.network.allow[{}]: {}", error.index, error.message);
                Problem::at(ProblemKind::Invalid, place(error.index), message).with_remedy(&error.remedy)
            })
            .collect()
    })
}

/// What an entry may say and this host does not do yet.
fn not_yet(function: &Function) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(transport) = function.transport.as_ref().filter(|transport| transport.value == Transport::WasiHttp) {
        problems.push(
            Problem::at(
                ProblemKind::Unavailable,
                &transport.span,
                "transport wasi-http: this host has no HTTP services yet",
            )
            .with_remedy("use transport: payload"),
        );
    }
    if let Some(wit) = &function.wit {
        problems.push(
            Problem::at(
                ProblemKind::Unavailable,
                &wit.span,
                "wit: this host does not make components of core modules yet",
            )
            .with_remedy("make a component when you build the guest, and remove wit"),
        );
    }
    problems.extend(pool_remark(&function.pool));
    problems
}

fn pool_remark(pool: &Pool) -> Option<Problem> {
    let inline = pool.kind.as_ref().is_some_and(|kind| kind.value == PoolKind::Inline);
    let span = pool.span.as_ref().filter(|_| !inline || pool.warm_start.is_some() || pool.reuse_max_calls.is_some())?;
    let message = "pool has no effect yet: every call gets a new instance in the caller's task, as type inline does";
    Some(Problem::at(ProblemKind::Unavailable, span, message).with_remedy("write pool: {type: inline}").as_remark())
}

/// A problem that the host found, at its place in the file.
pub(crate) fn located(entry: &Entry, function: &Function, problem: &EntryProblem) -> Problem {
    let span = span(entry, function, &problem.place);
    let mut located = Problem::at(kind(problem.kind), span, &problem.message).for_entry(&entry.id.value);
    if let Some(remedy) = &problem.remedy {
        located = located.with_remedy(remedy);
    }
    located
}

fn span<'a>(entry: &'a Entry, function: &'a Function, place: &Place) -> &'a Span {
    match place {
        Place::Import(index) => function.imports.get(*index).map(|import| &import.span),
        Place::Method => Some(&function.method.span),
        Place::Component => Some(code_span(function)),
        Place::Config(path) => config_span(function, path),
        _ => None,
    }
    .unwrap_or(&entry.id.span)
}

/// The place of what names the code.
pub(crate) fn code_span(function: &Function) -> &Span {
    match &function.code {
        crate::manifest::FunctionCode::Wasm { path, .. } => &path.span,
        crate::manifest::FunctionCode::Wat { source } => &source.span,
    }
}

/// The place of a configuration: of the key where the last step is one, else of the value, else of what is nearest.
fn config_span<'a>(function: &'a Function, path: &[String]) -> Option<&'a Span> {
    let (section, rest) = path.split_first()?;
    let node = match section.as_str() {
        "wasi" => function.wasi.as_ref(),
        _ => function.config.as_ref(),
    }?;
    let rest: Vec<PathSegment> = rest
        .iter()
        .map(|segment| segment.parse().map_or_else(|_| PathSegment::Key(segment.clone()), PathSegment::Index))
        .collect();
    match node.key_at_path(&rest) {
        Some(key) => Some(&key.span),
        None => Some(node.nearest_at_path(&rest).0.span()),
    }
}

pub(crate) fn kind(kind: ErrorKind) -> ProblemKind {
    match kind {
        ErrorKind::NotFound => ProblemKind::NotFound,
        ErrorKind::AlreadyExists => ProblemKind::AlreadyExists,
        ErrorKind::PermissionDenied => ProblemKind::PermissionDenied,
        ErrorKind::Unavailable => ProblemKind::Unavailable,
        ErrorKind::Internal => ProblemKind::Internal,
        ErrorKind::Canceled => ProblemKind::Canceled,
        ErrorKind::Conflict => ProblemKind::Conflict,
        ErrorKind::Timeout => ProblemKind::Timeout,
        ErrorKind::RateLimited => ProblemKind::RateLimited,
        _ => ProblemKind::Invalid,
    }
}
