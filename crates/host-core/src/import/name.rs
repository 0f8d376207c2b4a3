//! A name in an `imports` list, taken apart.

use super::meta::track;

/// `wasi:http`, `wasi:http@0.2`, `wasi:cli/stdout`, `funcs`: a base and perhaps a version, normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportName {
    pub(crate) base: String,
    pub(crate) version: Option<String>,
}

impl ImportName {
    /// Names are matched without regard to case and surrounding space.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        match text.split_once('@') {
            Some((base, version)) => {
                Self { base: base.trim_end().to_owned(), version: Some(version.trim_start().to_owned()) }
            }
            None => Self { base: text, version: None },
        }
    }

    /// What follows the `@`, where that is no version: `wasi:cli@0.2.0/stdout` must not count as all of `wasi:cli`.
    pub(crate) fn no_version(&self) -> Option<&str> {
        self.version.as_deref().filter(|version| !is_version(version))
    }

    /// The track that the name narrows to, if it names a version.
    pub(crate) fn track(&self) -> Option<&str> {
        self.version.as_deref().map(track)
    }
}

/// One to three numbers, and perhaps what semantic versioning puts behind the third.
fn is_version(text: &str) -> bool {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let count = numbers.split('.').count();
    numbers.split('.').all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        && (rest.is_empty() && count <= 3 || count == 3)
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.".contains(&b))
}

/// The name of `known` that `name` was probably meant to be, if any is near enough to say so.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Hostile input: the measure is quadratic.
    if name.len() > 128 {
        return None;
    }
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched_without_regard_to_case_and_surrounding_space() {
        assert_eq!(
            ImportName::parse("  WASI:HTTP@0.2.3 "),
            ImportName { base: "wasi:http".into(), version: Some("0.2.3".into()) }
        );
        assert_eq!(ImportName::parse("wasi:http @ 0.2").track(), Some("0.2"));
    }

    #[test]
    fn what_follows_the_at_sign_is_a_version_or_refused() {
        for name in ["a:b@0", "a:b@0.2", "a:b@0.2.12", "a:b@0.3.0-rc-1.2", "a:b@1.0.0+x"] {
            assert_eq!(ImportName::parse(name).no_version(), None, "{name}");
        }
        for name in
            ["a:b@", "a:b@0.2.", "a:b@0.2.x", "a:b@0.2.0/c", "a:b@0.2.0.1", "a:b@^0.2", "a:b@0.2@0.2", "a:b@0.2-x"]
        {
            assert!(ImportName::parse(name).no_version().is_some(), "{name}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["wasi:http", "wasi:io", "wasi:filesystem", "funcs"];
        assert_eq!(nearest("wasi:htp", known), Some("wasi:http"));
        assert_eq!(nearest("wasi:filesytem", known), Some("wasi:filesystem"));
        assert_eq!(nearest("func", known), Some("funcs"));
        assert_eq!(nearest("postgres", known), None);
    }
}
