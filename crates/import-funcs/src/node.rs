//! Values as lists of nodes, and back.

use std::vec::IntoIter;
use wasmtime::component::{ComponentType, Lift, Lower};
use wippy_host_core::value::{MAX_DEPTH, Object};
use wippy_host_core::{Error, Result, Value};

/// `values.node`.
#[derive(ComponentType, Lift, Lower, Clone, Debug, PartialEq)]
#[component(variant)]
pub(crate) enum Node {
    #[component(name = "null")]
    Null,
    #[component(name = "boolean")]
    Boolean(bool),
    #[component(name = "integer")]
    Integer(i64),
    #[component(name = "unsigned")]
    Unsigned(u64),
    #[component(name = "float")]
    Float(f64),
    #[component(name = "text")]
    Text(String),
    #[component(name = "bytes")]
    Bytes(Vec<u8>),
    #[component(name = "array")]
    Array(u32),
    #[component(name = "object")]
    Object(Vec<String>),
}

/// The value that these nodes are.
///
/// # Errors
/// Where there are too few or too many nodes, a name stands twice, or the value nests too deep.
pub(crate) fn value(nodes: Vec<Node>) -> Result<Value> {
    let given = nodes.len();
    let mut nodes = nodes.into_iter();
    let value = next(&mut nodes, MAX_DEPTH)?;
    match nodes.len() {
        0 => Ok(value),
        left => Err(malformed(format!("the value ends at node {} of {given}", given - left))),
    }
}

fn next(nodes: &mut IntoIter<Node>, depth: usize) -> Result<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(malformed(format!("it nests deeper than {MAX_DEPTH} levels")));
    };
    let Some(node) = nodes.next() else {
        return Err(malformed("it has no node where a value must follow".to_owned()));
    };
    Ok(match node {
        Node::Null => Value::Null,
        Node::Boolean(value) => Value::Bool(value),
        Node::Integer(value) => Value::Integer(value),
        Node::Unsigned(value) => Value::from(value),
        Node::Float(value) => Value::Float(value),
        Node::Text(text) => Value::Text(text),
        Node::Bytes(bytes) => Value::from(bytes),
        Node::Array(count) => {
            // The guest announces a count; only what follows is paid for.
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            if count > nodes.len() {
                return Err(malformed(format!("an array of {count} has {} nodes behind it", nodes.len())));
            }
            let items: Result<Vec<Value>> = (0..count).map(|_| next(nodes, depth)).collect();
            Value::List(items?)
        }
        Node::Object(names) => {
            if names.len() > nodes.len() {
                return Err(malformed(format!("an object of {} has {} nodes behind it", names.len(), nodes.len())));
            }
            let pairs: Result<Vec<_>> = names.into_iter().map(|name| Ok((name, next(nodes, depth)?))).collect();
            Value::Object(Object::from_pairs(pairs?).map_err(|error| malformed(error.to_string()))?)
        }
    })
}

fn malformed(why: String) -> Error {
    Error::invalid(format!("no value: {why}"))
        .with_remedy("write each array and object before its parts, as wippy:runtime/values says")
}

/// The nodes of a value.
pub(crate) fn nodes(value: Value) -> Vec<Node> {
    let mut nodes = Vec::new();
    push(value, &mut nodes);
    nodes
}

fn push(value: Value, nodes: &mut Vec<Node>) {
    nodes.push(match value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Boolean(value),
        Value::Integer(value) => Node::Integer(value),
        Value::Unsigned(value) => Node::Unsigned(value),
        Value::Float(value) => Node::Float(value),
        Value::Text(text) => Node::Text(text),
        Value::Bytes(bytes) => Node::Bytes(bytes.into()),
        Value::List(items) => {
            nodes.push(Node::Array(u32::try_from(items.len()).unwrap_or(u32::MAX)));
            items.into_iter().for_each(|item| push(item, nodes));
            return;
        }
        Value::Object(object) => {
            let (names, values): (Vec<String>, Vec<Value>) = object.into_iter().unzip();
            nodes.push(Node::Object(names));
            values.into_iter().for_each(|value| push(value, nodes));
            return;
        }
    });
}

/// What nodes take in a guest's memory, in bytes: each its case and its content, text and lists besides what they point to.
pub(crate) fn layout(nodes: &[Node]) -> usize {
    const NODE: usize = 16;
    let pointed = |node: &Node| match node {
        Node::Text(text) => text.len(),
        Node::Bytes(bytes) => bytes.len(),
        Node::Object(names) => names.iter().map(|name| 8 + name.len()).sum(),
        _ => 0,
    };
    nodes.iter().map(|node| NODE + pointed(node)).sum()
}

/// What nodes hold on the host, in bytes.
pub(crate) fn size(nodes: &[Node]) -> usize {
    let held = |node: &Node| match node {
        Node::Text(text) => text.len(),
        Node::Bytes(bytes) => bytes.len(),
        Node::Object(names) => names.iter().map(|name| size_of::<String>() + name.len()).sum(),
        _ => 0,
    };
    nodes.iter().map(|node| size_of::<Node>() + held(node)).sum()
}
