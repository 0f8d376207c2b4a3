//! The paths that endpoints answer: `/users/{id}/files/{rest...}`.

use super::problem::quoted;
use std::collections::HashSet;

/// A part of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteSegment {
    /// This text.
    Literal(String),
    /// `{name}`: any one segment.
    Parameter(String),
    /// `{name...}`: all that is left, slashes included. Only the last segment is one.
    Rest(String),
}

/// The segments of a path, or what is wrong with it and how to mend it.
///
/// Each is text or one `{name}`. A path that ends in a slash has an empty last segment, and `/` has that alone.
pub(super) fn parse(path: &str) -> Result<Vec<RouteSegment>, (String, String)> {
    let Some(below) = path.strip_prefix('/') else {
        return Err(("must begin with `/`".to_owned(), format!("write `/{}`", super::problem::shortened(path))));
    };
    let mut segments = Vec::new();
    let mut names = HashSet::new();
    let mut parts = below.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        if part.is_empty() && !last {
            return Err(("has an empty segment".to_owned(), "write one `/` between two segments".to_owned()));
        }
        let segment = segment(part)?;
        if let RouteSegment::Parameter(name) | RouteSegment::Rest(name) = &segment
            && !names.insert(name.clone())
        {
            return Err((
                format!("has the name {} twice", quoted(name)),
                "give one of the two another name".to_owned(),
            ));
        }
        if matches!(segment, RouteSegment::Rest(_)) && !last {
            let message = format!("has something behind {}, which takes all that is left", quoted(part));
            return Err((message, format!("put {} last", quoted(part))));
        }
        segments.push(segment);
    }
    Ok(segments)
}

fn segment(part: &str) -> Result<RouteSegment, (String, String)> {
    let braces = "write `{name}` or, at the end, `{name...}`, each between slashes";
    let Some(inside) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
        if part.contains(['{', '}']) {
            return Err((
                format!("has unbalanced braces, or text beside them, in {}", quoted(part)),
                braces.to_owned(),
            ));
        }
        if let Some(c) = part.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#')) {
            let message = format!("has {} in it, which a path cannot have", quoted(&c.escape_default().to_string()));
            return Err((message, "write it percent-encoded".to_owned()));
        }
        return Ok(RouteSegment::Literal(part.to_owned()));
    };
    let (name, rest) = match inside.strip_suffix("...") {
        Some(name) => (name, true),
        None => (inside, false),
    };
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !valid {
        let message = format!("has the name {} in it: a name is letters, digits and `_`", quoted(name));
        return Err((message, braces.to_owned()));
    }
    Ok(if rest { RouteSegment::Rest(name.to_owned()) } else { RouteSegment::Parameter(name.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::{RouteSegment, parse};

    #[test]
    fn a_path_is_text_and_names() {
        let literal = |text: &str| RouteSegment::Literal(text.to_owned());
        let id = RouteSegment::Parameter("id".to_owned());
        let rest = RouteSegment::Rest("rest".to_owned());
        assert_eq!(parse("/"), Ok(vec![literal("")]));
        assert_eq!(parse("/a/"), Ok(vec![literal("a"), literal("")]));
        assert_eq!(parse("/users/{id}/{rest...}"), Ok(vec![literal("users"), id, rest]));
    }
}
