//! The edges of a picture: lines through the rooms that they were given, and what stands at them.

use super::{LINE, escaped};
use crate::graph::layout::{Area, Placed};
use crate::graph::model::{Edge, EdgeKind, Graph};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Between two edges where they touch a node, where there is room.
const PORT: f64 = 12.0;
/// What stays free of edges at the corners of a node.
const CORNER: f64 = 8.0;
/// What a loop and the label beside it take at the top right of a node, without the text.
pub(super) const LOOP_RIGHT: f64 = 48.0;

type Point = (f64, f64);

pub(super) fn draw(text: &mut String, graph: &Graph, placed: &Placed) {
    let ports = ports(graph, placed);
    for ((index, edge), route) in graph.edges.iter().enumerate().zip(&placed.routes) {
        let path = if edge.from == edge.to {
            placed.nodes.get(edge.from).map(around)
        } else {
            let mut points: Vec<Point> = Vec::new();
            points.extend(ports.get(&(index, Side::Right)));
            // A column without any label has no width, and a curve may cross it.
            let rooms = route.rooms.iter().filter(|room| room.width > 0.0);
            points.extend(rooms.flat_map(|room| [(room.x, line(room)), (room.right(), line(room))]));
            points.extend(ports.get(&(index, Side::Left)));
            if route.is_back {
                points.reverse();
            }
            through(&points)
        };
        let Some(path) = path else { continue };
        let (kind, arrow) = (edge.kind.as_str(), if edge.kind == EdgeKind::Writes { "arrow-writes" } else { "arrow" });
        let _ = writeln!(text, "<path class=\"edge {kind}\" d=\"{path}\" marker-end=\"url(#{arrow})\"/>");
    }
}

pub(super) fn draw_labels(text: &mut String, graph: &Graph, placed: &Placed) {
    for (edge, route) in graph.edges.iter().zip(&placed.routes) {
        let loops = || placed.nodes.get(edge.from).filter(|_| edge.from == edge.to);
        if let Some(room) = route.label() {
            let middle = room.x + (room.right() - room.x) / 2.0;
            draw_label(text, edge, (middle, line(room) - 4.0), "middle");
        } else if let Some(node) = loops() {
            draw_label(text, edge, (node.right() - LOOP_RIGHT + CORNER, node.y - 5.0), "end");
        }
    }
}

fn draw_label(text: &mut String, edge: &Edge, (x, y): Point, anchor: &str) {
    let label = escaped(&edge.text());
    if label.is_empty() {
        return;
    }
    let class = if edge.kind == EdgeKind::Writes { "label warn" } else { "label" };
    let _ = writeln!(text, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{label}</text>");
}

/// Where in its room an edge runs: below its label.
fn line(room: &Area) -> f64 {
    room.y + room.height - 2.0
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// Where edges touch their nodes: beside each other, in the order of what they come from or lead to.
fn ports(graph: &Graph, placed: &Placed) -> BTreeMap<(usize, Side), Point> {
    let mut sides: BTreeMap<(usize, Side), Vec<(f64, usize)>> = BTreeMap::new();
    for ((index, edge), route) in graph.edges.iter().enumerate().zip(&placed.routes) {
        let (left, right) = if route.is_back { (edge.to, edge.from) } else { (edge.from, edge.to) };
        if let (Some(first), Some(last)) = (route.rooms.first(), route.rooms.last()) {
            sides.entry((left, Side::Right)).or_default().push((line(first), index));
            sides.entry((right, Side::Left)).or_default().push((line(last), index));
        }
    }
    let mut ports = BTreeMap::new();
    for ((node, side), mut edges) in sides {
        let Some(area) = placed.nodes.get(node) else { continue };
        edges.sort_by(|one, other| one.0.total_cmp(&other.0));
        let between = PORT.min((area.height - 2.0 * CORNER) / edges.len() as f64);
        let first = area.middle() - between * (edges.len() - 1) as f64 / 2.0;
        let x = if side == Side::Left { area.x } else { area.right() };
        for (at, (_, edge)) in edges.into_iter().enumerate() {
            ports.insert((edge, side), (x, first + between * at as f64));
        }
    }
    ports
}

/// Curves between rooms and level lines through them: of the points each second begins a curve.
fn through(points: &[Point]) -> Option<String> {
    let ((x, y), rest) = points.split_first()?;
    let mut path = format!("M{x:.1},{y:.1}");
    let mut from = (*x, *y);
    for (index, to) in rest.iter().enumerate() {
        if index % 2 == 0 {
            let bend = (to.0 - from.0) / 2.0;
            let (b, c) = (from.0 + bend, to.0 - bend);
            let _ = write!(path, " C{b:.1},{:.1} {c:.1},{:.1} {:.1},{:.1}", from.1, to.1, to.0, to.1);
        } else {
            let _ = write!(path, " H{:.1}", to.0);
        }
        from = *to;
    }
    Some(path)
}

/// From the top of a node to its top.
fn around(node: &Area) -> String {
    let (left, right, top) = (node.right() - LOOP_RIGHT / 2.0 - CORNER, node.right() - CORNER, node.y - LINE);
    format!("M{right:.1},{:.1} C{right:.1},{top:.1} {left:.1},{top:.1} {left:.1},{:.1}", node.y, node.y)
}
