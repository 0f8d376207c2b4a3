//! A Rust source as a scan needs it: code in which nothing is text or comment, and the texts beside it.

/// Code of the same length as the source, with blanks where comments and literals were, and the string literals.
pub(super) struct Source {
    pub(super) code: String,
    pub(super) literals: Vec<Literal>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) start: usize,
    pub(super) end: usize,
    /// As it is written, without the breaks of lines that a backslash ends.
    pub(super) text: String,
}

impl Source {
    /// Reads until the module of tests, where there is one.
    pub(super) fn read(text: &str) -> Self {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let mut source = Self { code: String::with_capacity(text.len()), literals: Vec::new() };
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let length = match length_of_text(rest) {
                Some((length, literal)) => {
                    if let Some((from, to)) = literal {
                        source.literals.push(Literal {
                            start: source.code.len(),
                            end: source.code.len() + length,
                            text: joined(rest.get(from..to).unwrap_or_default()),
                        });
                    }
                    source.code.extend(std::iter::repeat_n(' ', length));
                    length
                }
                None => {
                    source.code.push(next);
                    next.len_utf8()
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        source
    }

    /// The end of the call whose `(` stands before `start`.
    pub(super) fn end_of_call(&self, start: usize) -> usize {
        self.until(start, |depth, c| depth == 1 && c == ')').unwrap_or(self.code.len())
    }

    /// Where the argument of this index begins, in the call whose `(` stands before `start`.
    pub(super) fn argument(&self, start: usize, index: usize) -> Option<usize> {
        let mut commas = 0;
        let comma = self.until(start, |depth, c| {
            commas += usize::from(depth == 1 && c == ',');
            commas == index
        });
        comma.filter(|comma| *comma < self.end_of_call(start)).map(|comma| comma + 1)
    }

    /// The first place from `start` on, which lies one parenthesis deep, that `is_end` says is one.
    fn until(&self, start: usize, mut is_end: impl FnMut(usize, char) -> bool) -> Option<usize> {
        let mut depth = 1_usize;
        for (at, c) in self.code.get(start..)?.char_indices() {
            if is_end(depth, c) {
                return Some(start + at);
            }
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        None
    }

    /// The places behind each `name(`.
    pub(super) fn calls<'a>(&'a self, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        let found = self.code.match_indices(name).map(move |(at, _)| at + name.len());
        found.filter(|end| self.code.get(*end..).is_some_and(|rest| rest.starts_with('('))).map(|end| end + 1)
    }
}

/// What a comment, a string or a character at the beginning takes, and of a string also where its text lies.
fn length_of_text(rest: &str) -> Option<(usize, Option<(usize, usize)>)> {
    let line = || rest.find('\n').unwrap_or(rest.len());
    if rest.starts_with("//") {
        return Some((line(), None));
    }
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw.trim_start_matches('#').starts_with('"') {
            let from = hashes + 2;
            let close = format!("\"{}", "#".repeat(hashes));
            let to = from + rest.get(from..)?.find(&close)?;
            return Some((to + close.len(), Some((from, to))));
        }
    }
    if rest.starts_with('"') {
        let to = closing(rest, '"')?;
        return Some((to + 1, Some((1, to))));
    }
    // A lifetime has no second quote where that of a character stands.
    if rest.starts_with('\'') {
        let mut characters = rest.chars().skip(1);
        let (first, second) = (characters.next()?, characters.next()?);
        if first == '\\' || second == '\'' {
            return Some((closing(rest, '\'')? + 1, None));
        }
    }
    None
}

/// Where the quote at the beginning is closed.
fn closing(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

fn joined(literal: &str) -> String {
    let mut lines = literal.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start())
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn texts_are_found_and_neither_comments_nor_lifetimes_are_taken_for_one() {
        let source = Source::read(concat!(
            "fn f<'a>(c: char) -> &'a str { // \"no\"\n",
            "    if c == '\"' { \"one \\\"and\\\" \\\n        two\" } else { r#\"a \"raw\" one\"# }\n}\n",
            "#[cfg(test)]\nmod tests { \"not here\" }",
        ));
        let texts: Vec<_> = source.literals.iter().map(|literal| literal.text.as_str()).collect();
        assert_eq!(texts, ["one \\\"and\\\" two", "a \"raw\" one"]);
        assert!(source.code.starts_with("fn f<'a>(c: char) -> &'a str {      "), "{}", source.code);
    }

    #[test]
    fn a_call_ends_where_its_parenthesis_is_closed() {
        let source = Source::read("new(a(1, 2), \")\") + 1");
        let start = source.calls("new").next().unwrap();
        assert_eq!(source.code.get(start..source.end_of_call(start)), Some("a(1, 2),    "));
        let second = source.argument(start, 1).unwrap();
        assert_eq!((source.code.get(..second), source.argument(start, 2)), (Some("new(a(1, 2),"), None));
    }
}
