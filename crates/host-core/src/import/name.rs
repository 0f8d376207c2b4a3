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

    /// The track that the name narrows to, if it names a version.
    pub(crate) fn track(&self) -> Option<&str> {
        self.version.as_deref().map(track)
    }
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
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["wasi:http", "wasi:io", "wasi:filesystem", "funcs"];
        assert_eq!(nearest("wasi:htp", known), Some("wasi:http"));
        assert_eq!(nearest("wasi:filesytem", known), Some("wasi:filesystem"));
        assert_eq!(nearest("func", known), Some("funcs"));
        assert_eq!(nearest("postgres", known), None);
    }
}
