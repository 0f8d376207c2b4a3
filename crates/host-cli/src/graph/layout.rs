//! Where nodes stand: in columns, each to the right of what uses it, near what it is connected with.
//!
//! The way of Sugiyama, in its plain form: edges that close a circle are left out of account, a node's column is the longest
//! way to it, each column is put in the order of the middles of its neighbours, and then moved towards them. All steps are
//! linear in nodes and edges, but for sorting, and depend on nothing but the graph.
//!
//! Written here because `layout-rs`, the library that does the same, makes sure by walking every path that its graph has no
//! circle, which takes exponential time (a known issue since 2022, with a graph of 700 nodes), and asserts what it assumes.

use std::collections::VecDeque;

/// Between two nodes of a column.
const GAP: f64 = 18.0;
/// Between two columns: room for the labels of edges.
const BETWEEN: f64 = 150.0;
/// How often the columns are put in order, and moved.
const SWEEPS: usize = 6;
/// How high the rows of nodes without edges may be, as a share of the columns: then a further column begins.
const LEAST_HEIGHT: f64 = 600.0;

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

/// Places boxes of these sizes. `edges` are pairs of their indices; what is no index has no effect.
pub(super) fn place(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Vec<Area> {
    let mut layout = Layout::new(sizes, edges);
    let columns = layout.columns();
    let ordered = layout.ordered(columns);
    layout.stack(&ordered);
    layout.unconnected(&ordered);
    layout.areas
}

struct Layout {
    areas: Vec<Area>,
    /// Neighbours of each node: those that use it, and those that it uses.
    users: Vec<Vec<usize>>,
    used: Vec<Vec<usize>>,
}

impl Layout {
    fn new(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Self {
        let areas = sizes.iter().map(|(width, height)| Area { width: *width, height: *height, ..Area::default() });
        let mut layout =
            Self { areas: areas.collect(), users: vec![Vec::new(); sizes.len()], used: vec![Vec::new(); sizes.len()] };
        for (from, to) in edges.iter().filter(|(from, to)| from != to) {
            if let (Some(used), Some(users)) = (layout.used.get_mut(*from), layout.users.get_mut(*to)) {
                used.push(*to);
                users.push(*from);
            }
        }
        layout
    }

    fn of(lists: &[Vec<usize>], node: usize) -> &[usize] {
        lists.get(node).map(Vec::as_slice).unwrap_or_default()
    }

    fn is_connected(&self, node: usize) -> bool {
        !(Self::of(&self.users, node).is_empty() && Self::of(&self.used, node).is_empty())
    }

    /// The edges that close no circle, from the depth-first walk in the order of the nodes.
    fn without_circles(&self) -> Vec<Vec<usize>> {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let mut states = vec![State::New; self.areas.len()];
        let mut kept: Vec<Vec<usize>> = vec![Vec::new(); self.areas.len()];
        for start in 0..self.areas.len() {
            let mut path = vec![(start, 0)];
            if states.get(start) != Some(&State::New) {
                continue;
            }
            while let Some((node, next)) = path.last_mut() {
                let node = *node;
                set(&mut states, node, State::Open);
                let Some(target) = Self::of(&self.used, node).get(*next).copied() else {
                    set(&mut states, node, State::Done);
                    path.pop();
                    continue;
                };
                *next += 1;
                match states.get(target) {
                    Some(State::Open) | None => continue,
                    Some(State::New) => path.push((target, 0)),
                    Some(State::Done) => {}
                }
                if let Some(kept) = kept.get_mut(node) {
                    kept.push(target);
                }
            }
        }
        kept
    }

    /// The nodes of each column.
    fn columns(&self) -> Vec<Vec<usize>> {
        let edges = self.without_circles();
        let mut open: Vec<usize> = vec![0; edges.len()];
        for target in edges.iter().flatten() {
            if let Some(count) = open.get_mut(*target) {
                *count += 1;
            }
        }
        let mut column: Vec<usize> = vec![0; edges.len()];
        let is_first: Vec<bool> = open.iter().map(|count| *count == 0).collect();
        let mut ready: VecDeque<usize> = (0..edges.len()).filter(|node| open.get(*node) == Some(&0)).collect();
        while let Some(node) = ready.pop_front() {
            let behind = column.get(node).copied().unwrap_or_default() + 1;
            for target in Self::of(&edges, node) {
                if let (Some(column), Some(count)) = (column.get_mut(*target), open.get_mut(*target)) {
                    *column = behind.max(*column);
                    *count -= 1;
                    if *count == 0 {
                        ready.push_back(*target);
                    }
                }
            }
        }
        // What nobody uses stands right before what it uses first, and not at the far left.
        for node in (0..edges.len()).filter(|node| is_first.get(*node) == Some(&true)) {
            let nearest = Self::of(&edges, node).iter().filter_map(|target| column.get(*target)).min().copied();
            set(&mut column, node, nearest.unwrap_or(1).saturating_sub(1));
        }
        let mut columns = Vec::new();
        for (node, column) in column.into_iter().enumerate().filter(|(node, _)| self.is_connected(*node)) {
            if columns.len() <= column {
                columns.resize(column + 1, Vec::new());
            }
            if let Some(members) = columns.get_mut(column) {
                members.push(node);
            }
        }
        columns
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
                        (mean(Self::of(neighbours, *node), &place).or_else(|| place.get(*node).copied()), *node)
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
            let mut widest: f64 = 0.0;
            for node in column {
                if let Some(area) = self.areas.get_mut(*node) {
                    (area.x, area.y) = (x, y);
                    y += area.height + GAP;
                    widest = widest.max(area.width);
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
        let middles: Vec<f64> = self.areas.iter().map(Area::middle).collect();
        let wanted = |node: usize| {
            let neighbours = [Self::of(&self.users, node), Self::of(&self.used, node)].concat();
            mean(&neighbours, &middles).unwrap_or_default()
        };
        let wanted: Vec<f64> = column.iter().map(|node| wanted(*node)).collect();
        let heights = column.iter().map(|node| self.areas.get(*node).map_or(0.0, |area| area.height));
        let heights: Vec<f64> = heights.collect();
        let mut tops = Vec::new();
        let mut free = f64::NEG_INFINITY;
        for (wanted, height) in wanted.iter().zip(&heights) {
            let top = (wanted - height / 2.0).max(free);
            free = top + height + GAP;
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
        let right = placed().map(Area::right).fold(LEAST_HEIGHT, f64::max);
        let (mut x, mut y, mut row) = (0.0, if below > 0.0 { below + 3.0 * GAP } else { 0.0 }, 0.0);
        for node in (0..self.areas.len()).filter(|node| !self.is_connected(*node)).collect::<Vec<_>>() {
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

fn mean(nodes: &[usize], values: &[f64]) -> Option<f64> {
    let sum: f64 = nodes.iter().filter_map(|node| values.get(*node)).sum();
    (!nodes.is_empty()).then(|| sum / nodes.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::{Area, place};

    fn overlap(one: &Area, other: &Area) -> bool {
        one.x < other.right() && other.x < one.right() && one.y < other.y + other.height && other.y < one.y + one.height
    }

    #[test]
    fn what_is_used_stands_to_the_right_and_no_two_boxes_overlap() {
        let edges = [(0, 1), (1, 2), (0, 2), (3, 2), (4, 4), (9, 1)];
        let areas = place(&[(80.0, 30.0); 6], &edges);
        assert!(areas[0].right() < areas[1].x && areas[1].right() < areas[2].x && areas[3].right() < areas[2].x);
        for (at, one) in areas.iter().enumerate() {
            assert!(areas[at + 1..].iter().all(|other| !overlap(one, other)), "{areas:?}");
        }
    }

    #[test]
    fn a_circle_has_a_place_too() {
        let areas = place(&[(80.0, 30.0); 3], &[(0, 1), (1, 2), (2, 0)]);
        assert!(areas[0].x < areas[1].x && areas[1].x < areas[2].x, "{areas:?}");
    }

    #[test]
    fn a_chain_of_thousands_costs_no_stack() {
        let edges: Vec<_> = (0..20_000).map(|at| (at, at + 1)).collect();
        assert_eq!(place(&vec![(10.0, 10.0); 20_001], &edges).len(), 20_001);
    }
}
