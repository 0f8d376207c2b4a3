//! Short forms of a `wit` text, completed: signatures alone, items of a world, a world without its package.
//!
//! What is added stands on lines that are there already, so that every line keeps its number.

/// Until an entry says otherwise; no guest sees the name.
const PACKAGE: &str = "package wippy:entry; ";
const WORLD: &str = "world entry { ";
const EXPORT: &str = "export ";

/// A text that is whole, and where it differs from the one that was given.
pub(super) struct Wrapped {
    text: String,
    /// Line, column and length of what was added, in the order of the text.
    added: Vec<(u32, u32, u32)>,
}

impl Wrapped {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The column in the text that was given, for one in the whole text.
    pub(super) fn column(&self, line: u32, column: u32) -> u32 {
        let before = self.added.iter().filter(|(at, from, _)| *at == line && *from < column);
        before.fold(column, |column, (_, _, length)| column.saturating_sub(*length)).max(1)
    }
}

/// Completes a text by the word that it begins with.
pub(super) fn wrap(text: &str) -> Wrapped {
    let start = skip_blank(text, 0);
    let word = word(text, start);
    match word {
        // An empty text gets the parser's own error.
        "" | "package" => build(text, &[], ""),
        "world" | "interface" => build(text, &[(start, PACKAGE.to_owned())], ""),
        "use" if starts_name(text, start, word) => build(text, &[(start, PACKAGE.to_owned())], ""),
        "export" | "import" | "include" | "type" | "record" | "variant" | "enum" | "flags" | "resource" | "use"
            if !starts_name(text, start, word) =>
        {
            build(text, &[(start, format!("{PACKAGE}{WORLD}"))], "\n}")
        }
        _ if starts_name(text, start, word) => {
            let mut added: Vec<(usize, String)> =
                signatures(text).into_iter().map(|at| (at, EXPORT.to_owned())).collect();
            added.insert(0, (start, format!("{PACKAGE}{WORLD}")));
            build(text, &added, "\n}")
        }
        _ => build(text, &[], ""),
    }
}

/// Whether a word is the name of a signature: a colon follows, which does not belong to a package's name.
fn starts_name(text: &str, start: usize, word: &str) -> bool {
    let rest = text.get(skip_blank(text, start + word.len())..).unwrap_or_default();
    rest.starts_with(':')
}

/// Where each statement begins that is a signature without `export`.
fn signatures(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = skip_blank(text, 0);
    while at < text.len() {
        let word = word(text, at);
        if !word.is_empty() && starts_name(text, at, word) {
            starts.push(at);
        }
        let mut depth = 0_usize;
        loop {
            at = skip_blank(text, at);
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
            at += c.len_utf8();
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(c, ';' | '}') {
                break;
            }
        }
        at = skip_blank(text, at);
    }
    starts
}

/// The next position that is neither blank nor in a comment.
fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
        } else {
            return at;
        }
    }
}

fn word(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '%').unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// Adds each text at its place in the given one, and one behind it.
fn build(text: &str, added: &[(usize, String)], end: &str) -> Wrapped {
    let (mut whole, mut places, mut from) = (String::with_capacity(text.len() + 64), Vec::new(), 0);
    for (at, more) in added {
        whole.push_str(text.get(from..*at).unwrap_or_default());
        from = *at;
        let line_start = whole.rfind('\n').map_or(0, |newline| newline + 1);
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let line = narrow(whole.bytes().filter(|byte| *byte == b'\n').count() + 1);
        let column = narrow(whole.get(line_start..).unwrap_or_default().chars().count() + 1);
        places.push((line, column, narrow(more.len())));
        whole.push_str(more);
    }
    whole.push_str(text.get(from..).unwrap_or_default());
    whole.push_str(end);
    Wrapped { text: whole, added: places }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_completed_without_a_new_line() {
        for (given, whole) in [
            ("package a:b; world w {}", "package a:b; world w {}"),
            ("world w {}", "package wippy:entry; world w {}"),
            ("export f: func();", "package wippy:entry; world entry { export f: func();\n}"),
            ("f: func();", "package wippy:entry; world entry { export f: func();\n}"),
            (
                "// c\nf: func(a: u8); g: func();\n",
                "// c\npackage wippy:entry; world entry { export f: func(a: u8); export g: func();\n\n}",
            ),
            ("type: func();", "package wippy:entry; world entry { export type: func();\n}"),
        ] {
            assert_eq!(wrap(given).text(), whole);
        }
    }

    #[test]
    fn columns_are_those_of_the_text_that_was_given() {
        let wrapped = wrap("f: func();\n  g: func(); h: oops;\n");
        let line = wrapped.text().lines().nth(1).unwrap();
        let column = u32::try_from(line.find("oops").unwrap() + 1).unwrap();
        assert_eq!(wrapped.column(2, column), 17);
        assert_eq!(wrapped.column(1, 1), 1);
    }
}
