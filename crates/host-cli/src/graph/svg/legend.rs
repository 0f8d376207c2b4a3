//! What colours and lines of a picture mean: below it, and only what it has.

use super::{CHARACTER, LINE, look, width};
use crate::graph::model::{EdgeKind, Graph, Look, Node};
use std::fmt::Write as _;

/// How wide a sample is.
const SAMPLE: f64 = 22.0;
/// Between a sample and its text, and behind the text.
const GAPS: (f64, f64) = (6.0, 22.0);
/// How wide a line of it may be at least.
const LEAST_WIDTH: f64 = 480.0;

pub(super) struct Legend {
    pub(super) text: String,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

const LOOKS: [(Look, &str); 6] = [
    (Look::Code, "WebAssembly"),
    (Look::Lua, "Lua"),
    (Look::Http, "HTTP"),
    (Look::Directory, "directory, variable, host"),
    (Look::Broken, "has a problem"),
    (Look::Outside, "no entry of the application"),
];

const EDGES: [(EdgeKind, &str); 3] =
    [(EdgeKind::Calls, "calls or leads to"), (EdgeKind::Loads, "loads or reads"), (EdgeKind::Writes, "writes")];

/// The legend of a graph, from here down, about as wide as what it explains.
pub(super) fn of(graph: &Graph, top: f64, wide: f64) -> Legend {
    let mut legend = Legend { text: String::new(), right: 0.0, bottom: top };
    let (mut x, most) = (0.0, wide.max(LEAST_WIDTH));
    for (sample, meaning) in items(graph) {
        let right = x + SAMPLE + GAPS.0 + width(meaning, CHARACTER);
        if x > 0.0 && right > most {
            x = 0.0;
            legend.bottom += 1.5 * LINE;
        }
        legend.item(sample, meaning, x);
        let right = x + SAMPLE + GAPS.0 + width(meaning, CHARACTER);
        legend.right = legend.right.max(right);
        x = right + GAPS.1;
    }
    legend
}

enum Sample {
    Box(&'static str),
    Line(&'static str),
}

fn items(graph: &Graph) -> Vec<(Sample, &'static str)> {
    let mut items = Vec::new();
    for (sample, meaning) in LOOKS {
        if graph.nodes.iter().any(|node| look(node.look) == look(sample)) {
            items.push((Sample::Box(look(sample)), meaning));
        }
    }
    if graph.nodes.iter().any(Node::is_wide) {
        items.push((Sample::Box(" wide"), "a grant for a second look"));
    }
    for (sample, meaning) in EDGES {
        if graph.edges.iter().any(|edge| like(edge.kind) == sample) {
            items.push((Sample::Line(sample.as_str()), meaning));
        }
    }
    items
}

/// The kind that is drawn as another.
fn like(kind: EdgeKind) -> EdgeKind {
    match kind {
        EdgeKind::Calls | EdgeKind::Leads => EdgeKind::Calls,
        EdgeKind::Loads | EdgeKind::Reads => EdgeKind::Loads,
        EdgeKind::Writes => EdgeKind::Writes,
    }
}

impl Legend {
    fn item(&mut self, sample: Sample, meaning: &str, x: f64) {
        let (middle, right) = (self.bottom - 4.0, x + SAMPLE);
        let _ = match sample {
            Sample::Box(class) => writeln!(
                self.text,
                "<rect class=\"key{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{SAMPLE}\" height=\"12\" rx=\"2\"/>",
                middle - 6.0
            ),
            Sample::Line(class) => {
                writeln!(self.text, "<path class=\"key {class}\" d=\"M{x:.1},{middle:.1} H{right:.1}\"/>")
            }
        };
        let (x, y) = (right + GAPS.0, self.bottom);
        let _ = writeln!(self.text, "<text class=\"kind\" x=\"{x:.1}\" y=\"{y:.1}\">{meaning}</text>");
    }
}
