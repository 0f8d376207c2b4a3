//! A graph in the language of Graphviz.

use super::model::{EdgeKind, Graph, Look};
use std::fmt::Write as _;

pub(super) fn text(graph: &Graph) -> String {
    let mut text = "digraph application {
  rankdir=LR;
  node [shape=box, style=filled, fillcolor=white, fontname=monospace, fontsize=10];
  edge [fontname=monospace, fontsize=9];
"
    .to_owned();
    for (index, node) in graph.nodes.iter().enumerate() {
        let lines: Vec<String> = node.lines().iter().map(|(line, _)| escaped(line) + "\\l").collect();
        let wide = if node.is_wide() { ", color=\"#cc0000\", penwidth=3" } else { "" };
        let _ = writeln!(text, "  n{index} [label=\"{}\", {}{wide}];", lines.concat(), look(node.look));
    }
    for edge in &graph.edges {
        let style = match edge.kind {
            EdgeKind::Calls | EdgeKind::Leads => "style=solid",
            EdgeKind::Loads | EdgeKind::Reads => "style=dashed",
            EdgeKind::Writes => "style=bold, color=\"#cc0000\", penwidth=3",
        };
        let label = escaped(&edge.text());
        let label = if label.is_empty() { label } else { format!(", label=\"{label}\"") };
        let _ = writeln!(text, "  n{} -> n{} [{style}{label}];", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

fn look(look: Look) -> &'static str {
    match look {
        Look::Code => "fillcolor=\"#eef4ff\"",
        Look::Lua => "fillcolor=\"#eefaf0\"",
        Look::Http => "fillcolor=\"#fff6e5\", style=\"filled,rounded\"",
        Look::Directory => "fillcolor=\"#f4f4f4\", shape=folder",
        Look::Environment => "fillcolor=\"#f4f4f4\", shape=note",
        Look::Host => "fillcolor=\"#f4f4f4\", shape=component",
        Look::Broken => "style=dashed, fontcolor=\"#cc0000\"",
        Look::Outside => "style=dashed, fontcolor=\"#555555\"",
    }
}

/// Text between the quotes of a label, in which a backslash begins an escape and an ampersand an entity.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '&' => escaped.push_str("&amp;"),
            c => escaped.push(c),
        }
    }
    escaped
}
