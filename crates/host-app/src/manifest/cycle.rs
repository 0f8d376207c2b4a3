//! Circles among entries that name each other.

use super::id::EntryId;
use super::source::Located;
use std::collections::{BTreeMap, BTreeSet};

/// How many entries of a circle a message names.
const SHOWN: usize = 10;

/// What each entry names.
pub(super) type Graph<'a> = BTreeMap<&'a EntryId, Vec<&'a Located<EntryId>>>;

/// A way from an entry back to itself.
pub(super) struct Circle<'a> {
    /// The entries, each naming the next and the last one the first.
    pub(super) entries: Vec<&'a EntryId>,
    /// Where the first names the second.
    pub(super) place: &'a Located<EntryId>,
}

impl Circle<'_> {
    /// `a → b → a`; the middle of a long one is left out.
    pub(super) fn chain(&self) -> String {
        let shown = self.entries.iter().take(SHOWN).map(|id| id.to_string());
        let more = (self.entries.len() > SHOWN).then(|| "…".to_owned());
        let back = self.entries.first().map(|id| id.to_string());
        shown.chain(more).chain(back).collect::<Vec<_>>().join(" → ")
    }
}

/// One step of the walk: an entry, and which of its references comes next.
struct Step<'a> {
    id: &'a EntryId,
    next: usize,
}

/// The circles of a graph, at least one through each entry that lies in any. Walks without recursion, since chains may be
/// as long as the application is large.
pub(super) fn circles<'a>(graph: &Graph<'a>) -> Vec<Circle<'a>> {
    let mut found = Vec::new();
    let mut done: BTreeSet<&EntryId> = BTreeSet::new();
    for start in graph.keys().copied() {
        if done.contains(start) {
            continue;
        }
        let mut path = vec![Step { id: start, next: 0 }];
        let mut on_path = BTreeMap::from([(start, 0_usize)]);
        while let Some(step) = path.last_mut() {
            let edge = graph.get(step.id).and_then(|edges| edges.get(step.next)).copied();
            step.next += 1;
            let Some(edge) = edge else {
                on_path.remove(step.id);
                done.insert(step.id);
                path.pop();
                continue;
            };
            let target = &edge.value;
            if let Some(at) = on_path.get(target).copied() {
                found.extend(circle(graph, path.get(at..).unwrap_or_default()));
            } else if !done.contains(target)
                && let Some((id, _)) = graph.get_key_value(target)
            {
                on_path.insert(id, path.len());
                path.push(Step { id, next: 0 });
            }
        }
    }
    found
}

fn circle<'a>(graph: &Graph<'a>, steps: &[Step<'a>]) -> Option<Circle<'a>> {
    let first = steps.first()?;
    // `next` points behind the reference that is being followed.
    let place = graph.get(first.id)?.get(first.next.checked_sub(1)?)?;
    Some(Circle { entries: steps.iter().map(|step| step.id).collect(), place })
}
