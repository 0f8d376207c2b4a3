//! What an application declares, and whether what its entries name is there.

use super::entry::{Entry, Kind};
use super::function::FunctionEntry;
use super::id::EntryId;
use super::problem::{Problem, quoted, shortened};
use super::source::{Located, Span};
use super::suggest::nearest;
use std::collections::{BTreeMap, BTreeSet};
use wippy_host_core::ErrorKind;

/// How many entries a remedy lists.
const LISTED: usize = 5;

/// The entries of an application.
#[derive(Debug, Default)]
pub struct Declarations {
    known: BTreeMap<EntryId, (Span, Standing)>,
    /// Namespaces of files that could not be read to their end.
    incomplete: BTreeSet<String>,
}

/// What is known of an id.
#[derive(Debug)]
pub(super) enum Standing {
    Declared(Box<Entry>),
    /// An entry with problems, of which all that a declaration needs could be read.
    Unsound(Box<Entry>),
    /// Its kind, where at least that is known.
    Broken(Option<Kind>),
    Skipped(String),
}

/// What there is under an id.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Lookup<'a> {
    /// A sound entry.
    Found(&'a Entry),
    /// An entry with problems, or none that is known in a namespace of which a file could not be read. That is
    /// reported already; nothing is to be said about who names it.
    Broken,
    /// An entry of a kind that this host does not have, left out on request; its kind.
    Skipped(&'a str),
    /// Nothing.
    Missing,
}

/// An id that an entry gives, to be checked when all entries are known.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) target: Located<EntryId>,
    pub(super) accepted: &'static [Kind],
}

impl Declarations {
    /// A sound entry. None also for an entry that has problems of its own.
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        match self.known.get(id) {
            Some((_, Standing::Declared(entry))) => Some(entry),
            _ => None,
        }
    }

    /// What there is under an id.
    pub fn lookup(&self, id: &EntryId) -> Lookup<'_> {
        match self.known.get(id) {
            Some((_, Standing::Declared(entry))) => Lookup::Found(entry),
            Some((_, Standing::Broken(_) | Standing::Unsound(_))) => Lookup::Broken,
            Some((_, Standing::Skipped(kind))) => Lookup::Skipped(kind),
            None if self.incomplete.contains(id.namespace()) => Lookup::Broken,
            None => Lookup::Missing,
        }
    }

    /// All sound entries, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.known.values().filter_map(|(_, standing)| match standing {
            Standing::Declared(entry) => Some(&**entry),
            _ => None,
        })
    }

    /// The entries that have problems and are whole enough to be looked at further, in the order of their ids.
    pub(crate) fn unsound(&self) -> impl Iterator<Item = &Entry> {
        self.known.values().filter_map(|(_, standing)| match standing {
            Standing::Unsound(entry) => Some(&**entry),
            _ => None,
        })
    }

    /// All sound functions, in the order of their ids.
    pub fn functions(&self) -> impl Iterator<Item = (&Entry, &FunctionEntry)> {
        self.iter().filter_map(|entry| Some((entry, entry.function()?)))
    }

    /// How many sound entries there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no sound entry.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The declared id that is nearest to one that is not: a slip of the pen, or the same name in another namespace.
    /// Only entries of the accepted kinds count; no kinds at all stands for any.
    pub(crate) fn nearest_id<'a>(&'a self, id: &EntryId, accepted: &[Kind]) -> Option<&'a EntryId> {
        // Names are compared within the namespace: compared as a whole, a long namespace makes any two names near.
        let others = || self.ids(accepted).filter(|known| *known != id);
        let own = || others().filter(|known| known.namespace() == id.namespace());
        if let Some(near) = nearest(id.name(), own().map(EntryId::name)) {
            return own().find(|known| known.name() == near);
        }
        let namesakes = || others().filter(|known| known.name() == id.name());
        let namespace = nearest(id.namespace(), namesakes().map(EntryId::namespace));
        namesakes().find(|known| namespace.is_none_or(|namespace| known.namespace() == namespace))
    }

    /// What is wrong with an id that an entry gives under `name`: there is no such entry, or it is of another kind.
    /// None where all is well, and where the other entry's own problem is reported already. The caller adds the
    /// entry.
    pub(crate) fn check_reference(&self, name: &str, target: &Located<EntryId>, accepted: &[Kind]) -> Option<Problem> {
        let problem = self.wrong_reference(name, target, accepted)?;
        Some(problem.with_remedy(self.reference_remedy(&target.value, accepted)))
    }

    /// The same without a remedy, which costs a search.
    pub(super) fn wrong_reference(&self, name: &str, target: &Located<EntryId>, accepted: &[Kind]) -> Option<Problem> {
        let id = &target.value;
        let kinds = accepted.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" or ");
        let actual = match self.known.get(id) {
            Some((_, Standing::Declared(entry) | Standing::Unsound(entry))) => entry.kind.value.as_str(),
            Some((_, Standing::Broken(Some(kind)))) => kind.as_str(),
            Some((_, Standing::Broken(None))) => return None,
            Some((_, Standing::Skipped(kind))) => kind,
            None if self.incomplete.contains(id.namespace()) => return None,
            None => {
                let message = format!("{} names {id}, and there is no such entry", quoted(name));
                return Some(Problem::at(ErrorKind::NotFound, &target.span, message));
            }
        };
        if accepted.is_empty() || accepted.iter().any(|kind| kind.as_str() == actual) {
            return None;
        }
        let actual = shortened(actual);
        let message = format!("{} must name an entry of kind {kinds}, and {id} is of kind {actual}", quoted(name));
        Some(Problem::at(ErrorKind::Invalid, &target.span, message))
    }

    fn reference_remedy(&self, id: &EntryId, accepted: &[Kind]) -> String {
        if let Some(near) = self.nearest_id(id, accepted) {
            return format!("did you mean `{near}`?");
        }
        let mut known = self.ids(accepted);
        let listed: Vec<String> = known.by_ref().take(LISTED).map(EntryId::to_string).collect();
        if listed.is_empty() {
            let kind = accepted.first().copied().unwrap_or(Kind::FunctionWasm);
            return format!("declare it in namespace {}: `- name: {}` and `kind: {kind}`", id.namespace(), id.name());
        }
        let more = if known.next().is_some() { ", …" } else { "" };
        format!("there are: {}{more}", listed.join(", "))
    }

    fn ids<'a>(&'a self, accepted: &[Kind]) -> impl Iterator<Item = &'a EntryId> {
        self.known.iter().filter_map(|(id, (_, standing))| {
            let kind = match standing {
                Standing::Declared(entry) | Standing::Unsound(entry) => entry.kind.value,
                Standing::Broken(Some(kind)) => *kind,
                Standing::Broken(None) | Standing::Skipped(_) => return None,
            };
            (accepted.is_empty() || accepted.contains(&kind)).then_some(id)
        })
    }

    /// Adds an id, unless it is there: then the place where it is.
    pub(super) fn declare(&mut self, id: &Located<EntryId>, standing: Standing) -> Result<(), Span> {
        if let Some((first, _)) = self.known.get(&id.value) {
            return Err(first.clone());
        }
        self.known.insert(id.value.clone(), (id.span.clone(), standing));
        Ok(())
    }

    pub(super) fn mark_incomplete(&mut self, namespace: &str) {
        self.incomplete.insert(namespace.to_owned());
    }

    pub(super) fn mark_broken(&mut self, id: &EntryId) {
        let Some((_, standing)) = self.known.get_mut(id) else { return };
        *standing = match std::mem::replace(standing, Standing::Broken(None)) {
            Standing::Declared(entry) => Standing::Unsound(entry),
            other => other,
        };
    }
}
