//! In which column each node stands.

use super::{Layout, set};
use std::collections::VecDeque;

impl Layout {
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

    /// The column of each node.
    pub(super) fn columns(&self) -> Vec<usize> {
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
        // Between two columns of nodes stands one of labels.
        column.into_iter().map(|column| 2 * column).collect()
    }
}
