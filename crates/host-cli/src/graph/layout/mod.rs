//! Where nodes stand: in columns, each to the right of what uses it, near what it is connected with; and what edges pass.
//!
//! The way of Sugiyama, in its plain form: edges that close a circle are turned round, a node's column is the longest way to it,
//! an edge has room of its own in each column that it passes and for its label, each column is put in the order of the middles of
//! its neighbours, and then moved towards them. All steps are linear in nodes and edges, but for sorting, and depend on nothing
//! but the graph.
//!
//! Written here because `layout-rs`, the library that does the same, makes sure by walking every path that its graph has no
//! circle, which takes exponential time (a known issue since 2022, with a graph of 700 nodes), and asserts what it assumes.

mod columns;

use std::ops::Range;

/// Between two nodes of a column.
const GAP: f64 = 18.0;
/// Between two of a column one of which is the room of an edge.
const ROOM_GAP: f64 = 9.0;
/// Between two columns: room for edges to bend. Columns of nodes and columns of labels alternate.
const BETWEEN: f64 = 44.0;
/// How high the room of an edge is, with a label and without.
const ROOM: (f64, f64) = (14.0, 4.0);
/// In how many columns an edge has room of its own. One that passes more may pass below nodes, so that all stays linear.
const MOST_ROOMS: usize = 13;
/// How often the columns are put in order, and moved.
const SWEEPS: usize = 8;
/// How wide the rows of nodes without edges are at least, before a further row begins.
const LEAST_WIDTH: f64 = 600.0;

/// A box, in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }

    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }
}

/// Who uses whom: indices of nodes, and how wide the label is; 0 where there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: f64,
}

/// Where all stands.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) nodes: Vec<Area>,
    /// One for each link.
    pub(super) routes: Vec<Route>,
}

/// What an edge passes between its ends.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// The rooms that are its own, from left to right. None where both ends are one.
    pub(super) rooms: Vec<Area>,
    /// Whether it leads to the left, as one of each circle does.
    pub(super) is_back: bool,
}

impl Route {
    /// The room of its label, next to where it ends: edges of one node part there.
    pub(super) fn label(&self) -> Option<&Area> {
        if self.is_back { self.rooms.first() } else { self.rooms.last() }
    }
}

/// Places boxes of these sizes. What is no index has no effect.
pub(super) fn place(sizes: &[(f64, f64)], links: &[Link]) -> Placed {
    let mut layout = Layout::new(sizes, links);
    let mut column = layout.columns();
    let routes = layout.rooms(links, &mut column);
    let ordered = layout.ordered(layout.members(&column));
    layout.stack(&ordered);
    layout.unconnected(&ordered);
    let rooms = |range: Range<usize>| layout.areas.get(range).map(<[Area]>::to_vec).unwrap_or_default();
    let routes = routes.into_iter().map(|(range, is_back)| Route { rooms: rooms(range), is_back }).collect();
    layout.areas.truncate(layout.nodes);
    Placed { nodes: layout.areas, routes }
}

struct Layout {
    /// Those of the nodes, and behind them the rooms of edges.
    areas: Vec<Area>,
    nodes: usize,
    /// Neighbours of each: those that use it, and those that it uses.
    users: Vec<Vec<usize>>,
    used: Vec<Vec<usize>>,
}

impl Layout {
    fn new(sizes: &[(f64, f64)], links: &[Link]) -> Self {
        let areas = sizes.iter().map(|(width, height)| Area { width: *width, height: *height, ..Area::default() });
        let (areas, none) = (areas.collect(), vec![Vec::new(); sizes.len()]);
        let mut layout = Self { areas, nodes: sizes.len(), users: none.clone(), used: none };
        for link in links.iter().filter(|link| link.from != link.to) {
            layout.connect(link.from, link.to);
        }
        layout
    }

    fn connect(&mut self, from: usize, to: usize) {
        if let (Some(used), Some(users)) = (self.used.get_mut(from), self.users.get_mut(to)) {
            used.push(to);
            users.push(from);
        }
    }

    fn of(lists: &[Vec<usize>], node: usize) -> &[usize] {
        lists.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    fn is_connected(&self, node: usize) -> bool {
        !(Self::of(&self.users, node).is_empty() && Self::of(&self.used, node).is_empty())
    }

    /// Makes each edge a chain of rooms, one in each column that it passes. Says which are whose, and whether the edge was turned.
    fn rooms(&mut self, links: &[Link], column: &mut Vec<usize>) -> Vec<(Range<usize>, bool)> {
        self.users.iter_mut().chain(&mut self.used).for_each(Vec::clear);
        let mut routes = Vec::new();
        for link in links {
            let start = self.areas.len();
            let of = |node: usize| column.get(node).copied().filter(|_| node < self.nodes);
            let (Some(from), Some(to)) = (of(link.from), of(link.to)) else {
                routes.push((start..start, false));
                continue;
            };
            let is_back = from > to;
            let (left, right) = if is_back { (link.to, link.from) } else { (link.from, link.to) };
            let labelled = if is_back { to + 1 } else { to.saturating_sub(1) };
            let passed = from.min(to) + 1..from.max(to);
            let passed = if passed.len() > MOST_ROOMS { labelled..labelled + 1 } else { passed };
            let mut before = left;
            for at in passed {
                let room = self.room(if at == labelled { link.label } else { 0.0 });
                column.push(at);
                self.connect(before, room);
                before = room;
            }
            if left != right {
                self.connect(before, right);
            }
            routes.push((start..self.areas.len(), is_back));
        }
        routes
    }

    fn room(&mut self, width: f64) -> usize {
        let height = if width > 0.0 { ROOM.0 } else { ROOM.1 };
        self.areas.push(Area { width, height, ..Area::default() });
        self.users.push(Vec::new());
        self.used.push(Vec::new());
        self.areas.len() - 1
    }

    /// Who stands in each column.
    fn members(&self, column: &[usize]) -> Vec<Vec<usize>> {
        let mut columns = Vec::new();
        for (member, column) in column.iter().enumerate().filter(|(member, _)| self.is_connected(*member)) {
            if columns.len() <= *column {
                columns.resize(column + 1, Vec::new());
            }
            if let Some(members) = columns.get_mut(*column) {
                members.push(member);
            }
        }
        columns
    }

    /// How far what stands below another is from it.
    fn gap(&self, one: usize, other: usize) -> f64 {
        if one.max(other) < self.nodes { GAP } else { ROOM_GAP }
    }

    /// Puts each column in the order of the middles of its neighbours, to the right and back.
    fn ordered(&self, mut columns: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let mut place: Vec<f64> = vec![0.0; self.areas.len()];
        let number = |place: &mut Vec<f64>, column: &[usize]| {
            for (at, node) in column.iter().enumerate() {
                // From 0 to 1, so that long and short columns compare.
                set(place, *node, (at as f64 + 0.5) / column.len() as f64);
            }
        };
        columns.iter().for_each(|column| number(&mut place, column));
        for sweep in 0..SWEEPS {
            let forward = sweep % 2 == 0;
            let neighbours = if forward { &self.users } else { &self.used };
            let mut order = |column: &mut Vec<usize>| {
                let mut keyed: Vec<(f64, usize)> = column
                    .iter()
                    .map(|node| {
                        let around = Self::of(neighbours, *node).iter().filter_map(|node| place.get(*node).copied());
                        (mean(around).or_else(|| place.get(*node).copied()), *node)
                    })
                    .map(|(key, node)| (key.unwrap_or_default(), node))
                    .collect();
                keyed.sort_by(|(one, _), (other, _)| one.total_cmp(other));
                *column = keyed.into_iter().map(|(_, node)| node).collect();
                number(&mut place, column);
            };
            if forward {
                columns.iter_mut().for_each(&mut order)
            } else {
                columns.iter_mut().rev().for_each(&mut order)
            }
        }
        columns
    }

    /// Stacks the columns, and moves their nodes towards their neighbours without changing the order.
    fn stack(&mut self, columns: &[Vec<usize>]) {
        let mut x = 0.0;
        for column in columns {
            let mut y = 0.0;
            let widest = column.iter().filter_map(|node| self.areas.get(*node)).map(|area| area.width);
            let widest = widest.fold(0.0, f64::max);
            for node in column {
                let nodes = self.nodes;
                if let Some(area) = self.areas.get_mut(*node) {
                    (area.x, area.y) = (x, y);
                    y += area.height + GAP;
                    // An edge is level as long as it could touch what is beside it.
                    area.width = if *node < nodes { area.width } else { widest };
                }
            }
            x += widest + BETWEEN;
        }
        for sweep in 0..SWEEPS {
            let in_turn: Vec<&Vec<usize>> =
                if sweep % 2 == 0 { columns.iter().collect() } else { columns.iter().rev().collect() };
            in_turn.into_iter().for_each(|column| self.draw_near(column));
        }
        let top = columns.iter().flatten().filter_map(|node| self.areas.get(*node)).map(|area| area.y);
        let top = top.fold(f64::INFINITY, f64::min);
        for node in columns.iter().flatten() {
            if let Some(area) = self.areas.get_mut(*node) {
                area.y -= top;
            }
        }
    }

    /// Moves the nodes of a column to the middles of their neighbours, as far as there is room.
    fn draw_near(&mut self, column: &[usize]) {
        let middle = |node: &usize| self.areas.get(*node).map(Area::middle);
        let wanted = |node: usize| {
            let neighbours = Self::of(&self.users, node).iter().chain(Self::of(&self.used, node));
            mean(neighbours.filter_map(middle)).unwrap_or_default()
        };
        let wanted: Vec<f64> = column.iter().map(|node| wanted(*node)).collect();
        let heights = column.iter().map(|node| self.areas.get(*node).map_or(0.0, |area| area.height));
        let heights: Vec<f64> = heights.collect();
        let mut tops = Vec::new();
        let mut above: Option<(usize, f64)> = None;
        for ((node, wanted), height) in column.iter().zip(&wanted).zip(&heights) {
            let free = above.map_or(f64::NEG_INFINITY, |(above, end)| end + self.gap(above, *node));
            let top = (wanted - height / 2.0).max(free);
            above = Some((*node, top + height));
            tops.push(top);
        }
        // Pushed down alone they would wander off: as a whole they stay in the middle of what they want.
        let off: f64 =
            tops.iter().zip(&heights).zip(&wanted).map(|((top, height), wanted)| top + height / 2.0 - wanted).sum();
        let off = off / column.len().max(1) as f64;
        for (node, top) in column.iter().zip(tops) {
            if let Some(area) = self.areas.get_mut(*node) {
                area.y = top - off;
            }
        }
    }

    /// Nodes without edges stand below, in rows of columns of their own.
    fn unconnected(&mut self, columns: &[Vec<usize>]) {
        let placed = || columns.iter().flatten().filter_map(|node| self.areas.get(*node));
        let below = placed().map(|area| area.y + area.height).fold(0.0, f64::max);
        let right = placed().map(Area::right).fold(LEAST_WIDTH, f64::max);
        let (mut x, mut y, mut row) = (0.0, if below > 0.0 { below + 3.0 * GAP } else { 0.0 }, 0.0);
        for node in (0..self.nodes).filter(|node| !self.is_connected(*node)).collect::<Vec<_>>() {
            let Some(area) = self.areas.get_mut(node) else { continue };
            if x > 0.0 && x + area.width > right {
                (x, y, row) = (0.0, y + row + GAP, 0.0);
            }
            (area.x, area.y) = (x, y);
            x += area.width + 2.0 * GAP;
            row = area.height.max(row);
        }
    }
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::{Area, Link, MOST_ROOMS, Placed, place};

    fn placed(count: usize, edges: &[(usize, usize)]) -> Placed {
        let links: Vec<Link> = edges.iter().map(|(from, to)| Link { from: *from, to: *to, label: 40.0 }).collect();
        place(&vec![(80.0, 30.0); count], &links)
    }

    fn overlap(one: &Area, other: &Area) -> bool {
        one.x < other.right() && other.x < one.right() && one.y < other.y + other.height && other.y < one.y + one.height
    }

    #[test]
    fn what_is_used_stands_to_the_right_and_nothing_overlaps_not_even_an_edge() {
        let placed = placed(6, &[(0, 1), (1, 2), (0, 2), (3, 2), (4, 4), (9, 1)]);
        let nodes = &placed.nodes;
        assert!(nodes[0].right() < nodes[1].x && nodes[1].right() < nodes[2].x && nodes[3].right() < nodes[2].x);
        let all: Vec<&Area> = nodes.iter().chain(placed.routes.iter().flat_map(|route| &route.rooms)).collect();
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| !overlap(one, other)), "{placed:?}");
        }
        // One column of labels, and for the long one a column of nodes and another of labels.
        assert_eq!(placed.routes.iter().map(|route| route.rooms.len()).collect::<Vec<_>>(), [1, 1, 3, 1, 0, 0]);
    }

    #[test]
    fn one_edge_of_a_circle_leads_back() {
        let placed = placed(3, &[(0, 1), (1, 2), (2, 0)]);
        let nodes = &placed.nodes;
        assert!(nodes[0].x < nodes[1].x && nodes[1].x < nodes[2].x, "{nodes:?}");
        assert_eq!(placed.routes.iter().map(|route| route.is_back).collect::<Vec<_>>(), [false, false, true]);
        assert!(placed.routes[2].label().unwrap().right() < nodes[1].x, "{placed:?}");
    }

    #[test]
    fn a_chain_of_thousands_costs_no_stack() {
        let edges: Vec<_> = (0..20_000).map(|at| (at, at + 1)).collect();
        assert_eq!(placed(20_001, &edges).nodes.len(), 20_001);
    }

    #[test]
    fn an_edge_across_many_columns_has_few_rooms() {
        let edges: Vec<_> = (0..100).map(|at| (at, at + 1)).chain((2..100).map(|at| (0, at))).collect();
        let placed = placed(101, &edges);
        assert!(placed.routes.iter().all(|route| (1..=MOST_ROOMS).contains(&route.rooms.len())));
    }
}
