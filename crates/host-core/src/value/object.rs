//! Named values in order.

use super::{Value, ValueError};

/// Named values in the order in which they were written, each name once.
///
/// A plain list of pairs: objects are mostly records of a few fields, which a scan finds faster than a hash, and whose
/// names move into a `Val::Record`. [`insert`](Self::insert) and [`get`](Self::get) therefore take time in
/// proportion to the number of names; an object of thousands is built with [`from_pairs`](Self::from_pairs).
///
/// An object that stands for a `variant`, a `result`, a nested `option` or a map also remembers that its nulls say something
/// ([`keeps_nulls`](Self::keeps_nulls)). Two objects of the same pairs are equal whether they remember that or not.
#[derive(Clone, Default)]
pub struct Object {
    entries: Vec<(String, Value)>,
    keeps_nulls: bool,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Object {
    /// An object without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object of these pairs, in their order.
    ///
    /// # Errors
    /// When a name occurs twice: which of its values was meant cannot be known.
    pub fn from_pairs(entries: Vec<(String, Value)>) -> Result<Self, ValueError> {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[left, right]| left == right) {
            return Err(ValueError::duplicate(name, name));
        }
        Ok(Self { entries, keeps_nulls: false })
    }

    /// An object of pairs whose names are known to differ.
    pub(super) fn from_unique(entries: Vec<(String, Value)>) -> Self {
        Self { entries, keeps_nulls: false }
    }

    /// The case `name` of a variant, a result or a nested option.
    pub(crate) fn case(name: impl Into<String>, value: Value) -> Self {
        Self { entries: vec![(name.into(), value)], keeps_nulls: true }
    }

    /// A map, of pairs whose names are known to differ.
    pub(super) fn map(entries: Vec<(String, Value)>) -> Self {
        Self { entries, keeps_nulls: true }
    }

    /// The same object, of which [`keeps_nulls`](Self::keeps_nulls) is true: for what a Rust function gives back in the place of
    /// a variant.
    #[must_use]
    pub fn keeping_nulls(mut self) -> Self {
        self.keeps_nulls = true;
        self
    }

    /// Whether a name that holds null says more than a name which is not there: true of what came from a WIT `variant`,
    /// `result`, nested `option` or map. Where a language cannot hold null under a name (Lua), it needs a value of its own then.
    pub fn keeps_nulls(&self) -> bool {
        self.keeps_nulls
    }

    /// Sets `name` and returns the value it had; a new name goes to the end.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => Some(std::mem::replace(slot, value)),
            None => {
                self.entries.push((name, value));
                None
            }
        }
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The pairs in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The pairs in order, by value.
    pub fn into_pairs(self) -> Vec<(String, Value)> {
        self.entries
    }

    /// The one pair of an object that has exactly one; the object itself otherwise.
    pub(super) fn into_single(mut self) -> Result<(String, Value), Self> {
        match self.entries.pop() {
            Some(pair) if self.entries.is_empty() => Ok(pair),
            Some(pair) => {
                self.entries.push(pair);
                Err(self)
            }
            None => Err(self),
        }
    }
}

impl IntoIterator for Object {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
