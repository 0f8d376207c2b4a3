//! A graph as a flowchart of Mermaid.

use super::model::{EdgeKind, Graph, Look, Node};
use std::fmt::Write as _;

/// How many edges Mermaid draws where nobody has told it otherwise.
pub(super) const MOST_EDGES: usize = 500;

/// How many characters Mermaid reads where nobody has told it otherwise.
pub(super) const MOST_CHARACTERS: usize = 50_000;

const CLASSES: &str = "  classDef code fill:#eef4ff,stroke:#4a6fa5,color:#111
  classDef lua fill:#eefaf0,stroke:#4a8f5c,color:#111
  classDef http fill:#fff6e5,stroke:#b8860b,color:#111
  classDef data fill:#f4f4f4,stroke:#777,color:#111
  classDef broken fill:#fff,stroke:#c00,color:#c00,stroke-dasharray:4
  classDef outside fill:#fff,stroke:#777,color:#555,stroke-dasharray:4
  classDef wide stroke:#c00,stroke-width:3px
";

pub(super) fn text(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (index, node) in graph.nodes.iter().enumerate() {
        let lines: Vec<String> = node.lines().iter().map(|(line, _)| escaped(line)).collect();
        let (open, close) = shape(node.look);
        let _ = writeln!(text, "  n{index}{open}\"{}\"{close}", lines.join("<br/>"));
    }
    for edge in &graph.edges {
        let arrow = match edge.kind {
            EdgeKind::Calls | EdgeKind::Leads => "-->",
            EdgeKind::Loads | EdgeKind::Reads => "-.->",
            EdgeKind::Writes => "==>",
        };
        let label = match edge.text() {
            label if label.is_empty() => label,
            label => format!("|\"{}\"|", escaped(&label)),
        };
        let _ = writeln!(text, "  n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    text.push_str(CLASSES);
    for class in ["code", "lua", "http", "data", "broken", "outside"] {
        members(&mut text, class, graph, |node| class_of(node.look) == class);
    }
    members(&mut text, "wide", graph, Node::is_wide);
    let writes: Vec<String> = graph
        .edges
        .iter()
        .enumerate()
        .filter(|(_, edge)| edge.kind == EdgeKind::Writes)
        .map(|(index, _)| index.to_string())
        .collect();
    if !writes.is_empty() {
        let _ = writeln!(text, "  linkStyle {} stroke:#c00,stroke-width:3px", writes.join(","));
    }
    text
}

fn members(text: &mut String, class: &str, graph: &Graph, is_one: impl Fn(&Node) -> bool) {
    let members = graph.nodes.iter().enumerate().filter(|(_, node)| is_one(node));
    let members: Vec<String> = members.map(|(index, _)| format!("n{index}")).collect();
    if !members.is_empty() {
        let _ = writeln!(text, "  class {} {class}", members.join(","));
    }
}

fn shape(look: Look) -> (&'static str, &'static str) {
    match look {
        Look::Code | Look::Lua | Look::Broken | Look::Outside => ("[", "]"),
        Look::Http => ("([", "])"),
        Look::Directory => ("[(", ")]"),
        Look::Environment => ("{{", "}}"),
        Look::Host => ("[[", "]]"),
    }
}

fn class_of(look: Look) -> &'static str {
    match look {
        Look::Code => "code",
        Look::Lua => "lua",
        Look::Http => "http",
        Look::Directory | Look::Environment | Look::Host => "data",
        Look::Broken => "broken",
        Look::Outside => "outside",
    }
}

/// Text between the quotes of a label. All but letters, digits and plain signs become entities: Mermaid takes a label for HTML
/// or, where it begins with a backquote, for Markdown. A colon is one of them, for Mermaid looks for `style…:` in each line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let plain = |c: char| c.is_alphanumeric() || " -_./,()⚠…".contains(c);
    for c in text.chars() {
        match c {
            c if plain(c) => escaped.push(c),
            ':' if !(text.contains("style") || text.contains("classDef")) => escaped.push(':'),
            c => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
        }
    }
    escaped
}
