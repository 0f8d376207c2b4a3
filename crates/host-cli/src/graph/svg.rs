//! A graph as an SVG picture, which needs no program to be laid out.

use super::layout::{Area, place};
use super::model::{Edge, EdgeKind, Graph, Look, Node};
use std::fmt::Write as _;

/// Of one character of the font, wide ones of other scripts apart, which count twice.
const CHARACTER: f64 = 6.7;
const LINE: f64 = 15.0;
const PADDING: f64 = 8.0;
/// Around all.
const MARGIN: f64 = 24.0;

const STYLE: &str = "<style>
text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#111}
.kind{fill:#666}.id{font-weight:bold}.warn{fill:#c00}
.label{font-size:9.5px;fill:#444;paint-order:stroke;stroke:#fff;stroke-width:3px}
path.edge{fill:none;stroke:#777}
path.loads,path.reads{stroke-dasharray:4 3}
path.writes{stroke:#c00;stroke-width:2.5}
rect.node{stroke:#777;fill:#f4f4f4}
rect.code{fill:#eef4ff;stroke:#4a6fa5}
rect.lua{fill:#eefaf0;stroke:#4a8f5c}
rect.http{fill:#fff6e5;stroke:#b8860b}
rect.broken{fill:#fff;stroke:#c00;stroke-dasharray:4}
rect.outside{fill:#fff;stroke-dasharray:4}
rect.wide{stroke:#c00;stroke-width:3}
</style>
<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
<path d=\"M0,0 L8,4 L0,8 z\" fill=\"#777\"/></marker></defs>
";

pub(super) fn text(graph: &Graph) -> String {
    let sizes: Vec<(f64, f64)> = graph.nodes.iter().map(size).collect();
    let edges: Vec<(usize, usize)> = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let areas = place(&sizes, &edges);
    let width = areas.iter().map(Area::right).fold(0.0, f64::max) + 2.0 * MARGIN;
    let height = areas.iter().map(|area| area.y + area.height).fold(0.0, f64::max) + 2.0 * MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\" role=\"img\">\n{STYLE}<rect x=\"{:.0}\" y=\"{:.0}\" \
         width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        -MARGIN, -MARGIN, -MARGIN, -MARGIN
    );
    let ends = |edge: &Edge| Some((areas.get(edge.from)?, areas.get(edge.to)?));
    for edge in &graph.edges {
        if let Some((from, to)) = ends(edge) {
            draw_edge(&mut text, edge.kind, from, to);
        }
    }
    for (node, area) in graph.nodes.iter().zip(&areas) {
        draw_node(&mut text, node, area);
    }
    for edge in &graph.edges {
        if let Some((from, to)) = ends(edge) {
            draw_label(&mut text, edge, from, to);
        }
    }
    text.push_str("</svg>\n");
    text
}

fn size(node: &Node) -> (f64, f64) {
    let (mut widest, mut lines) = (0.0, 0.0);
    for (line, _) in node.lines() {
        let width: f64 = line.chars().map(|c| if c.is_ascii() { CHARACTER } else { 2.0 * CHARACTER }).sum();
        widest = width.max(widest);
        lines += 1.0;
    }
    (widest + 2.0 * PADDING, lines * LINE + 2.0 * PADDING)
}

/// From the right side of one to the left side of the other, as a curve.
fn curve(from: &Area, to: &Area) -> [(f64, f64); 4] {
    let (start, end) = ((from.right(), from.middle()), (to.x, to.middle()));
    let bend = ((end.0 - start.0).abs() / 2.0).clamp(40.0, 160.0);
    [start, (start.0 + bend, start.1), (end.0 - bend, end.1), end]
}

fn draw_edge(text: &mut String, kind: EdgeKind, from: &Area, to: &Area) {
    let [(ax, ay), (bx, by), (cx, cy), (dx, dy)] = curve(from, to);
    let _ = writeln!(
        text,
        "<path class=\"edge {}\" d=\"M{ax:.1},{ay:.1} C{bx:.1},{by:.1} {cx:.1},{cy:.1} {dx:.1},{dy:.1}\" \
         marker-end=\"url(#arrow)\"/>",
        kind.as_str()
    );
}

fn draw_label(text: &mut String, edge: &Edge, from: &Area, to: &Area) {
    let label = edge.text();
    if label.is_empty() {
        return;
    }
    // Nearer to where it ends: edges of one node part there.
    let [a, b, c, d] = curve(from, to);
    let at = |a: f64, b: f64, c: f64, d: f64| 0.064 * a + 0.288 * b + 0.432 * c + 0.216 * d;
    let (x, y) = (at(a.0, b.0, c.0, d.0), at(a.1, b.1, c.1, d.1) - 3.0);
    let class = if edge.kind == EdgeKind::Writes { "label warn" } else { "label" };
    let _ = writeln!(
        text,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
        escaped(&label)
    );
}

fn draw_node(text: &mut String, node: &Node, area: &Area) {
    let (look, round) = match node.look {
        Look::Code => (" code", 2),
        Look::Lua => (" lua", 2),
        Look::Http => (" http", 12),
        Look::Directory | Look::Environment | Look::Host => ("", 2),
        Look::Broken => (" broken", 2),
        Look::Outside => (" outside", 2),
    };
    let wide = if node.is_wide() { " wide" } else { "" };
    let _ = writeln!(
        text,
        "<rect class=\"node{look}{wide}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round}\"/>",
        area.x, area.y, area.width, area.height
    );
    for (index, (line, is_wide)) in node.lines().into_iter().enumerate() {
        let class = match (index, is_wide) {
            (_, true) => " class=\"warn\"",
            (0, false) => " class=\"id\"",
            (1, false) => " class=\"kind\"",
            (_, false) => "",
        };
        let (x, y) = (area.x + PADDING, area.y + PADDING + LINE * (index as f64 + 0.75));
        let _ = writeln!(text, "<text{class} x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&line));
    }
}

/// Text of an element.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
