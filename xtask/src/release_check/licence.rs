//! Licences that a dependency may have, and the expressions in which packages name them.

/// What may be part of a program under MIT or Apache-2.0 without more than a notice. CC0 and Unlicense ask for nothing at all;
/// Unicode and CDLA are for data: tables of characters, and the list of root certificates.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether what an expression of SPDX offers is enough. A slash is the older way to write OR.
pub(super) fn check(expression: &str) -> Result<(), String> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, unknown: Vec::new() };
    let is_allowed = reader.any().filter(|_| reader.words.is_empty());
    match is_allowed {
        Some(true) => Ok(()),
        Some(false) => {
            Err(format!("{} is not among those in xtask/src/release_check/licence.rs", reader.unknown.join(", ")))
        }
        None => Err("is no expression of SPDX".to_owned()),
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    unknown: Vec<String>,
}

impl Reader<'_> {
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = self.words.get(1..).unwrap_or_default();
        }
        is_next
    }

    /// Parts of which one has to be allowed. None where the text is no expression.
    fn any(&mut self) -> Option<bool> {
        let mut is_allowed = self.all()?;
        while self.take("OR") {
            is_allowed |= self.all()?;
        }
        Some(is_allowed)
    }

    /// Parts of which each has to be allowed: AND binds closer than OR.
    fn all(&mut self) -> Option<bool> {
        let mut is_allowed = self.one()?;
        while self.take("AND") {
            is_allowed &= self.one()?;
        }
        Some(is_allowed)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let is_allowed = self.any()?;
            return self.take(")").then_some(is_allowed);
        }
        let (name, rest) = self.words.split_first().filter(|(name, _)| !["AND", "OR", "WITH", ")"].contains(name))?;
        self.words = rest;
        let mut name = (*name).to_owned();
        if self.take("WITH") {
            let (exception, rest) = self.words.split_first()?;
            self.words = rest;
            name = format!("{name} WITH {exception}");
        }
        let is_allowed = ALLOWED.contains(&name.as_str());
        if !is_allowed {
            self.unknown.push(name);
        }
        Some(is_allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn one_of_a_choice_is_enough_and_all_of_a_sum_are_needed() {
        for allowed in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            "MIT OR GPL-3.0-only",
            "(MIT OR GPL-3.0-only) AND Unicode-3.0",
            "GPL-3.0-only OR MIT AND ISC",
        ] {
            assert_eq!(check(allowed), Ok(()), "{allowed}");
        }
        for refused in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "MIT WITH something", "GPL-3.0-only AND (MIT OR ISC)"] {
            assert!(check(refused).is_err_and(|why| why.contains("is not among")), "{refused}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["", "none MIT", "MIT OR", "(MIT", "MIT)", "AND MIT", "MIT WITH"] {
            assert_eq!(check(text), Err("is no expression of SPDX".to_owned()), "{text}");
        }
    }
}
