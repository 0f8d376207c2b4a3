//! How a call ended, as a number to count by.

use crate::error::ErrorKind;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// With a result; the `err` of a `result` is one.
    Ok,
    /// With an error of this kind.
    Failed(ErrorKind),
    /// Its caller went away before it ended.
    Dropped,
}

/// Every outcome, in the order in which they are counted.
const ALL: [Outcome; 12] = [
    Outcome::Ok,
    Outcome::Failed(ErrorKind::NotFound),
    Outcome::Failed(ErrorKind::AlreadyExists),
    Outcome::Failed(ErrorKind::Invalid),
    Outcome::Failed(ErrorKind::PermissionDenied),
    Outcome::Failed(ErrorKind::Unavailable),
    Outcome::Failed(ErrorKind::Internal),
    Outcome::Failed(ErrorKind::Canceled),
    Outcome::Failed(ErrorKind::Conflict),
    Outcome::Failed(ErrorKind::Timeout),
    Outcome::Failed(ErrorKind::RateLimited),
    Outcome::Dropped,
];

impl Outcome {
    /// How many there are.
    pub(super) const COUNT: usize = ALL.len();

    /// Every outcome.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.into_iter()
    }

    /// `ok`, the name of the error's kind, or `dropped`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed(kind) => kind.as_str(),
            Self::Dropped => "dropped",
        }
    }

    /// Its place in [`Outcome::all`].
    pub(super) fn index(self) -> usize {
        match self {
            Self::Ok => 0,
            Self::Failed(kind) => match kind {
                ErrorKind::NotFound => 1,
                ErrorKind::AlreadyExists => 2,
                ErrorKind::Invalid => 3,
                ErrorKind::PermissionDenied => 4,
                ErrorKind::Unavailable => 5,
                ErrorKind::Internal => 6,
                ErrorKind::Canceled => 7,
                ErrorKind::Conflict => 8,
                ErrorKind::Timeout => 9,
                ErrorKind::RateLimited => 10,
            },
            Self::Dropped => 11,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn every_outcome_has_a_place_of_its_own() {
        assert!(Outcome::all().enumerate().all(|(place, outcome)| outcome.index() == place));
    }
}
