//! A graph as an SVG picture, which needs no program to be laid out.

mod edges;
mod legend;

use super::layout::{Area, Link, Placed, place};
use super::model::{Graph, Look, Node};
use std::fmt::Write as _;

/// Of one character of the font, wide ones of other scripts apart, which count twice.
const CHARACTER: f64 = 6.7;
/// The same of labels of edges.
const LABEL_CHARACTER: f64 = 5.8;
const LINE: f64 = 15.0;
const PADDING: f64 = 8.0;
/// Above a node that uses itself, for the edge.
const LOOP: f64 = 16.0;
/// Around all.
const MARGIN: f64 = 24.0;

const STYLE: &str = "<style>
text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#111}
.kind{fill:#666}.id{font-weight:bold}.warn{fill:#c00}
.label{font-size:9.5px;fill:#444;paint-order:stroke;stroke:#fff;stroke-width:2px}.label.warn{fill:#c00}
path.edge,path.key{fill:none;stroke:#777}
path.loads,path.reads{stroke-dasharray:4 3}
path.writes{stroke:#c00;stroke-width:2.5}
rect.node,rect.key{stroke:#777;fill:#f4f4f4}
rect.code{fill:#eef4ff;stroke:#4a6fa5}
rect.lua{fill:#eefaf0;stroke:#4a8f5c}
rect.http{fill:#fff6e5;stroke:#b8860b}
rect.broken{fill:#fff;stroke:#c00;stroke-dasharray:4}
rect.outside{fill:#fff;stroke-dasharray:4}
rect.wide{stroke:#c00;stroke-width:3}
</style>
<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#777\"/></marker>\
<marker id=\"arrow-writes\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"13\" markerHeight=\"13\" \
markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#c00\"/></marker></defs>
";

pub(super) fn text(graph: &Graph) -> String {
    let placed = placed(graph);
    let areas = || placed.nodes.iter().chain(placed.routes.iter().flat_map(|route| &route.rooms));
    let right = areas().map(Area::right).fold(0.0, f64::max);
    let top = areas().map(|area| area.y).fold(0.0, f64::min);
    let bottom = areas().map(|area| area.y + area.height).fold(0.0, f64::max);
    let legend = legend::of(graph, bottom + 2.0 * LINE, right);
    let (width, height) = (right.max(legend.right) + 2.0 * MARGIN, legend.bottom - top + 2.0 * MARGIN);
    let (x, y) = (-MARGIN, top - MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"{x:.0} {y:.0} {width:.0} {height:.0}\" role=\"img\">\n{STYLE}<rect x=\"{x:.0}\" y=\"{y:.0}\" \
         width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    edges::draw(&mut text, graph, &placed);
    for (node, area) in graph.nodes.iter().zip(&placed.nodes) {
        draw_node(&mut text, node, area);
    }
    edges::draw_labels(&mut text, graph, &placed);
    text.push_str(&legend.text);
    text.push_str("</svg>\n");
    text
}

/// Places nodes and edges. What uses itself has room for that above its box.
fn placed(graph: &Graph) -> Placed {
    let mut sizes: Vec<(f64, f64)> = graph.nodes.iter().map(size).collect();
    let mut loops = vec![0.0; sizes.len()];
    let mut links = Vec::new();
    for edge in &graph.edges {
        let label = edge.text();
        let label = if label.is_empty() { 0.0 } else { width(&label, LABEL_CHARACTER) };
        links.push(Link { from: edge.from, to: edge.to, label });
        if edge.from == edge.to
            && let (Some(size), Some(room)) = (sizes.get_mut(edge.from), loops.get_mut(edge.from))
        {
            size.0 = size.0.max(label + edges::LOOP_RIGHT);
            *room = LOOP;
        }
    }
    sizes.iter_mut().zip(&loops).for_each(|(size, room)| size.1 += room);
    let mut placed = place(&sizes, &links);
    for (area, room) in placed.nodes.iter_mut().zip(loops) {
        area.y += room;
        area.height -= room;
    }
    placed
}

fn size(node: &Node) -> (f64, f64) {
    let lines = node.lines();
    let widest = lines.iter().map(|(line, _)| width(line, CHARACTER)).fold(0.0, f64::max);
    (widest + 2.0 * PADDING, lines.len() as f64 * LINE + 2.0 * PADDING)
}

fn width(text: &str, character: f64) -> f64 {
    text.chars().map(|c| if c.is_ascii() { character } else { 2.0 * character }).sum()
}

fn draw_node(text: &mut String, node: &Node, area: &Area) {
    let look = look(node.look);
    let round = if node.look == Look::Http { 12 } else { 2 };
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

/// The class of a box.
fn look(look: Look) -> &'static str {
    match look {
        Look::Code => " code",
        Look::Lua => " lua",
        Look::Http => " http",
        Look::Directory | Look::Environment | Look::Host => "",
        Look::Broken => " broken",
        Look::Outside => " outside",
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
