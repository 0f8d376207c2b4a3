//! What is wrong with a value, and where in it.

use std::fmt;

use super::debug::Described;
use super::limited::{limited, quoted};
use super::{MAX_DEPTH, Value};

/// A value that does not fit, with the place where it does not: `argument 1 (users[2].age): expected u32, got -4`.
///
/// Nothing on the good path knows where it is. An error is born with an empty path, and each level that it leaves adds
/// its own step, so that only a failure pays for the path. Its kind, wherever it becomes an [`Error`](crate::Error),
/// is `Invalid`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(Box<Located>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Located {
    place: Place,
    /// Innermost step first.
    steps: Vec<Step>,
    problem: ValueProblem,
}

/// What was converted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Value,
    Argument { number: usize, name: String },
    Input,
    Result,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Key(String),
    Index(usize),
}

/// What is wrong with a value, without its place. The texts are for people; match on the variant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueProblem {
    /// The value is of another kind than the type.
    #[error("expected {expected}, got {got}")]
    Mismatch {
        /// The type, in WIT notation, or the form that is needed.
        expected: String,
        /// The value, shortened.
        got: String,
    },
    /// The number is of the right kind, but the type cannot hold it.
    #[error("expected {expected}, got {got} ({expected} holds {range})")]
    OutOfRange {
        /// The type.
        expected: &'static str,
        /// The number.
        got: String,
        /// The least and the greatest number of the type.
        range: String,
    },
    /// Text or bytes that should hold something (UTF-8, base64, JSON) and do not.
    #[error("expected {expected}, got {got}: {why}")]
    Malformed {
        /// What they should hold.
        expected: String,
        /// The value, shortened.
        got: String,
        /// Where and how they fail to.
        why: String,
    },
    /// A record lacks a field that is no option.
    #[error("missing field {name:?} ({ty})")]
    MissingField {
        /// The field.
        name: String,
        /// Its type, in WIT notation.
        ty: String,
    },
    /// A field, case or flag that the type does not have.
    #[error("unknown {what} {name}; {hint}")]
    UnknownName {
        /// `field`, `case` or `flag`.
        what: &'static str,
        /// The name as given, quoted and shortened.
        name: String,
        /// The nearest known name, or all of them.
        hint: String,
    },
    /// A name is given twice, or in both of its spellings.
    #[error("{name} is given twice, the second time as {again}")]
    Duplicate {
        /// The name, quoted and shortened.
        name: String,
        /// Its other spelling, or the same.
        again: String,
    },
    /// The wrong number of arguments.
    #[error("expected {}, got {got}", argument_count(*.expected, parameters))]
    ArgumentCount {
        /// How many parameters the function has.
        expected: usize,
        /// They, in WIT notation: `a: s32, b: s32`.
        parameters: String,
        /// How many arguments came.
        got: usize,
    },
    /// A type that belongs to one instance and cannot travel as a value.
    #[error("{ty} belongs to one instance and cannot be passed as a value")]
    Handle {
        /// The type, in WIT notation.
        ty: String,
    },
    /// The value nests deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

fn argument_count(expected: usize, parameters: &str) -> String {
    match expected {
        0 => "no arguments".to_owned(),
        1 => format!("1 argument ({parameters})"),
        many => format!("{many} arguments ({parameters})"),
    }
}

/// Bytes of a name that an error repeats at most.
pub(super) const NAME_LIMIT: usize = 64;

impl ValueError {
    pub(super) fn new(problem: ValueProblem) -> Self {
        Self(Box::new(Located { place: Place::Value, steps: Vec::new(), problem }))
    }

    pub(super) fn mismatch(expected: impl Into<String>, got: &Value) -> Self {
        Self::new(ValueProblem::Mismatch { expected: expected.into(), got: Described(got).to_string() })
    }

    pub(super) fn malformed(expected: impl Into<String>, got: &Value, why: impl fmt::Display) -> Self {
        Self::new(ValueProblem::Malformed {
            expected: expected.into(),
            got: Described(got).to_string(),
            why: limited(200, |out| fmt::Write::write_fmt(out, format_args!("{why}"))),
        })
    }

    pub(super) fn duplicate(name: &str, again: &str) -> Self {
        Self::new(ValueProblem::Duplicate { name: quoted(name, NAME_LIMIT), again: quoted(again, NAME_LIMIT) })
    }

    pub(super) fn too_deep() -> Self {
        Self::new(ValueProblem::TooDeep)
    }

    /// The error seen from the record, variant or other value in which it lies under a name of a type.
    pub(super) fn in_field(mut self, name: &str) -> Self {
        self.0.steps.push(Step::Field(name.to_owned()));
        self
    }

    /// The error seen from the object in which it lies under a name that anybody may have chosen.
    pub(super) fn in_key(mut self, name: &str) -> Self {
        self.0.steps.push(Step::Key(quoted(name, NAME_LIMIT)));
        self
    }

    /// The error seen from the array in which it lies at `index`, counted from 0.
    pub(super) fn at_index(mut self, index: usize) -> Self {
        self.0.steps.push(Step::Index(index));
        self
    }

    /// Says that the value was the argument at `index`, counted from 0, for the parameter `name`. Messages count
    /// from 1.
    #[must_use]
    pub fn in_argument(mut self, index: usize, name: &str) -> Self {
        self.0.place = Place::Argument { number: index.saturating_add(1), name: name.to_owned() };
        self
    }

    /// Says that the value was the one text or bytes that a caller handed over.
    pub(super) fn in_input(mut self) -> Self {
        self.0.place = Place::Input;
        self
    }

    /// Says that the value was a function's result.
    #[must_use]
    pub fn in_result(mut self) -> Self {
        self.0.place = Place::Result;
        self
    }

    /// What is wrong.
    pub fn problem(&self) -> &ValueProblem {
        &self.0.problem
    }

    /// Where it is wrong, from the argument's name on: `users[2].age`. Empty when the value itself is.
    pub fn path(&self) -> String {
        self.0.path()
    }
}

impl Located {
    fn path(&self) -> String {
        let mut path = match &self.place {
            Place::Argument { name, .. } => name.clone(),
            Place::Value | Place::Input | Place::Result => String::new(),
        };
        for step in self.steps.iter().rev() {
            match step {
                Step::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Key(quoted) => path.extend(["[", quoted, "]"]),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        match (&self.place, path.as_str()) {
            (Place::Argument { number, .. }, path) => write!(f, "argument {number} ({path}): ")?,
            (Place::Input, "") => f.write_str("input: ")?,
            (Place::Input, path) => write!(f, "input ({path}): ")?,
            (Place::Result, "") => f.write_str("result: ")?,
            (Place::Result, path) => write!(f, "result ({path}): ")?,
            (Place::Value, "") => {}
            (Place::Value, path) => write!(f, "{path}: ")?,
        }
        write!(f, "{}", self.problem)
    }
}
