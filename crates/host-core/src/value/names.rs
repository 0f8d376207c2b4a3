//! Names of WIT types as people write them, and what to say about one that a type does not have.

use std::fmt::Write;

use super::error::{NAME_LIMIT, ValueError, ValueProblem};
use super::limited::{limited, quoted};

/// Bytes of a list of known names that an error shows at most.
const KNOWN_LIMIT: usize = 200;

/// Whether `given` names `wit`: the same, with `_` for `-` where a language has no dashes in names. WIT names never
/// hold an underscore, so that nothing becomes ambiguous.
pub(super) fn same_name(given: &str, wit: &str) -> bool {
    given.len() == wit.len()
        && given.bytes().zip(wit.bytes()).all(|(given, wit)| given == wit || (given == b'_' && wit == b'-'))
}

/// An error about `given`, which is none of `known`.
pub(super) fn unknown_name<'a>(
    what: &'static str,
    given: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> ValueError {
    let hint = match nearest(given, known.clone()) {
        Some(name) => format!("did you mean {name:?}?"),
        None => known_names(what, known),
    };
    ValueError::new(ValueProblem::UnknownName { what, name: quoted(given, NAME_LIMIT), hint })
}

fn known_names<'a>(what: &str, known: impl Iterator<Item = &'a str>) -> String {
    let names = limited(KNOWN_LIMIT, |out| {
        for (index, name) in known.enumerate() {
            out.write_str(if index > 0 { ", " } else { "" })?;
            out.write_str(name)?;
        }
        Ok(())
    });
    format!("known {what}s: {names}")
}

/// The known name that a slip of the keyboard would explain, if there is one: at most a third of the letters differ.
/// Names too long for a keyboard are not compared, for the distance takes time in proportion to both lengths.
fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > NAME_LIMIT {
        return None;
    }
    let given = given.replace('_', "-");
    known
        .filter(|name| name.len() <= NAME_LIMIT)
        .map(|name| (strsim::osa_distance(&given, name), name))
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1) && *distance < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
