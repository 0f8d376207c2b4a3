//! Files of lines `NAME=value`, read and changed line by line.
//!
//! No library does this: those that read such files replace `${…}` by variables of the host's process, which no
//! application may see unasked, and none of them writes one back with its comments.

use std::collections::HashMap;

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadLine {
    /// From 1.
    pub(super) number: usize,
    pub(super) why: &'static str,
}

/// The variables of a file. Of two lines with one name, the later counts.
///
/// A line is blank, a comment (`# …`), or `NAME=value`, with `export ` before it or not. A value without quotes ends
/// before ` #`; between `'` it is what it is; between `"`, `\n`, `\r`, `\t`, `\"`, `\\` and `\$` stand for what they do.
/// Nothing else is replaced.
pub(super) fn read(text: &str) -> Result<HashMap<String, String>, BadLine> {
    let mut values = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        match parse(line) {
            Ok(Some((name, value))) => drop(values.insert(name.to_owned(), value)),
            Ok(None) => {}
            Err(why) => return Err(BadLine { number: index + 1, why }),
        }
    }
    Ok(values)
}

/// The text with another value for a name: in the line that counts, or in a new one at the end. All other lines stay as
/// they are.
pub(super) fn with(text: &str, name: &str, value: &str) -> String {
    let of_name = |line: &str| parse(line).is_ok_and(|parsed| parsed.is_some_and(|(known, _)| known == name));
    let last = text.lines().enumerate().filter(|(_, line)| of_name(line)).last().map(|(index, _)| index);
    let mut written = String::with_capacity(text.len() + name.len() + value.len() + 4);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if Some(index) != last {
            written.push_str(line);
            continue;
        }
        let content = line.trim_end_matches(['\n', '\r']);
        let export = if content.trim_start().starts_with("export ") { "export " } else { "" };
        written.push_str(&format!("{export}{name}={}", quoted(value)));
        written.push_str(line.strip_prefix(content).unwrap_or("\n"));
    }
    if last.is_none() {
        if !written.is_empty() && !written.ends_with('\n') {
            written.push('\n');
        }
        written.push_str(&format!("{name}={}\n", quoted(value)));
    }
    written
}

/// Whether a line can have this name.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn parse(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    let line = line.trim_start_matches('\u{feff}').trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let Some((name, value)) = line.split_once('=') else { return Err("it has no `=`") };
    let name = name.trim_end();
    if !is_name(name) {
        return Err("its name is not made of letters, digits, `_`, `-` and `.`");
    }
    let value = value.trim_start();
    let (value, behind) = match value.strip_prefix(['\'', '"']) {
        None => return Ok(Some((name, without_comment(value).to_owned()))),
        Some(quoted) if value.starts_with('\'') => {
            let (value, behind) = quoted.split_once('\'').ok_or("its quote is never closed")?;
            (value.to_owned(), behind)
        }
        Some(quoted) => unescaped(quoted)?,
    };
    let behind = behind.trim_start();
    if behind.is_empty() || behind.starts_with('#') {
        Ok(Some((name, value)))
    } else {
        Err("there is text behind its quote")
    }
}

fn without_comment(value: &str) -> &str {
    let comment = value.match_indices('#').map(|(at, _)| at);
    let mut begins =
        comment.filter(|at| value.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t'])));
    begins.next().and_then(|at| value.get(..at)).unwrap_or(value).trim_end()
}

/// What stands before the closing `"`, and what stands behind it.
fn unescaped(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok((value, chars.as_str())),
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(c @ ('"' | '\\' | '$')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err("its quote is never closed")
}

/// A value as it is written: without quotes where it is plain, else between `"`.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '+' | ',' | '=');
    if value.chars().all(plain) {
        return value.to_owned();
    }
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for c in value.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Other programs replace what follows a dollar sign.
            '"' | '\\' | '$' => quoted.extend(['\\', c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{BadLine, read, with};

    #[test]
    fn lines_are_names_and_values() {
        let text = "\u{feff}# comment\n\nA=1\n  export B = two words # comment\nC='$x \\n # y' # z\nD=\"a\\n\\\"b\\\" \\$ \\z\"\r\nE=\nF=a#b\nA=3\nG=${HOME}\n";
        let values = read(text).unwrap();
        let expected = [
            ("A", "3"),
            ("B", "two words"),
            ("C", "$x \\n # y"),
            ("D", "a\n\"b\" $ \\z"),
            ("E", ""),
            ("F", "a#b"),
            ("G", "${HOME}"),
        ];
        for (name, value) in expected {
            assert_eq!(values.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(values.len(), expected.len());
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (text, number, why) in [
            ("A=1\nnothing\n", 2, "it has no `=`"),
            ("1A=1", 1, "its name is not made of letters, digits, `_`, `-` and `.`"),
            ("\n\nA='x", 3, "its quote is never closed"),
            ("A=\"x\\", 1, "its quote is never closed"),
            ("A='x' y", 1, "there is text behind its quote"),
        ] {
            assert_eq!(read(text), Err(BadLine { number, why }), "{text:?}");
        }
    }

    #[test]
    fn a_change_leaves_all_other_lines_as_they_are() {
        let text = "# head\r\nA=1 # one\r\n\nexport B='x'\nA=2";
        assert_eq!(with(text, "A", "3"), "# head\r\nA=1 # one\r\n\nexport B='x'\nA=3");
        assert_eq!(with(text, "B", "y z"), "# head\r\nA=1 # one\r\n\nexport B=\"y z\"\nA=2");
        assert_eq!(with(text, "C", ""), format!("{text}\nC=\n"));
        assert_eq!(with("", "A", "1"), "A=1\n");
    }

    #[test]
    fn what_is_written_is_read_again() {
        for value in
            ["", " x ", "a#b", "# c", "'", "\"", "\\", "\\n", "a\nb\r\n\t", "$HOME", "é\u{2028}", "x=y", "\u{feff}"]
        {
            let text = with("# c\nA=1\nB=2\n", "A", value);
            assert_eq!(read(&text).unwrap().get("A").map(String::as_str), Some(value), "{text:?}");
            assert_eq!(read(&text).unwrap().len(), 2, "{text:?}");
        }
    }
}
