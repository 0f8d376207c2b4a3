//! Ids of entries: `namespace:name`.

use std::fmt;
use std::str::FromStr;

/// Longest namespace, and longest name, in bytes.
const LONGEST_PART: usize = 255;

/// The id of an entry, `namespace:name`.
///
/// A namespace is made of ASCII letters, digits, `_`, `-` and `.`; a name of anything but colons, white space and
/// control characters. Each has 1 to 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    namespace: String,
    name: String,
}

impl EntryId {
    /// An id from its two parts.
    pub fn new(namespace: &str, name: &str) -> Result<Self, InvalidId> {
        check_namespace(namespace)?;
        check_name(name)?;
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// An id as an entry of `own_namespace` writes it: split at the first colon, or a bare name of that namespace.
    pub fn resolve(text: &str, own_namespace: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some((namespace, name)) => Self::new(namespace, name),
            None => Self::new(own_namespace, text),
        }
    }

    /// The part before the colon.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The part after the colon.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)
    }
}

/// A full id; a bare name is none.
impl FromStr for EntryId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some((namespace, name)) => Self::new(namespace, name),
            None => Err(InvalidId::NoColon),
        }
    }
}

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// The text has no colon, where a full id is wanted.
    #[error("an id is `namespace:name`")]
    NoColon,
    /// There is nothing before the colon.
    #[error("the namespace is empty")]
    EmptyNamespace,
    /// There is nothing after the colon.
    #[error("the name is empty")]
    EmptyName,
    /// A character that a namespace may not hold.
    #[error("{} is not allowed in a namespace, only ASCII letters, digits, `_`, `-` and `.`", shown(*.0))]
    NamespaceCharacter(char),
    /// A character that a name may not hold.
    #[error("{} is not allowed in a name", shown(*.0))]
    NameCharacter(char),
    /// A part is longer than 255 bytes.
    #[error("a namespace or name has at most {LONGEST_PART} bytes")]
    TooLong,
}

/// Checks what a file gives as its `namespace`.
pub(super) fn check_namespace(namespace: &str) -> Result<(), InvalidId> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match namespace.chars().find(|c| !allowed(*c)) {
        _ if namespace.is_empty() => Err(InvalidId::EmptyNamespace),
        _ if namespace.len() > LONGEST_PART => Err(InvalidId::TooLong),
        Some(c) => Err(InvalidId::NamespaceCharacter(c)),
        None => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), InvalidId> {
    match name.chars().find(|c| *c == ':' || c.is_whitespace() || c.is_control()) {
        _ if name.is_empty() => Err(InvalidId::EmptyName),
        _ if name.len() > LONGEST_PART => Err(InvalidId::TooLong),
        Some(c) => Err(InvalidId::NameCharacter(c)),
        None => Ok(()),
    }
}

fn shown(c: char) -> String {
    match c {
        ' ' => "a space".to_owned(),
        c if c.is_control() || c.is_whitespace() => format!("the character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    }
}
