//! The parser's errors in plain words.

use super::problem::{Problem, quoted};
use super::source::Span;
use wippy_host_core::ErrorKind;

/// A problem for an error of the parser.
pub(super) fn malformed(language: &str, info: &str, place: &Span) -> Problem {
    let (message, remedy) = words(info, place);
    let problem = Problem::at(ErrorKind::Invalid, place, format!("malformed {language}: {message}"));
    match unquoted_variable(place) {
        // By far the commonest slip here: in `{ a: ${env:B} }` the brace belongs to YAML.
        Some(variable) => problem.with_remedy(format!("put quotes around it: `\"{variable}\"`")),
        None => problem.with_remedy(remedy),
    }
}

/// The name at a place, behind its `*`.
pub(super) fn name_at(place: &Span, mark: char) -> String {
    let line = place.file.line(place.line).unwrap_or_default();
    let column = usize::try_from(place.column).unwrap_or(usize::MAX).saturating_sub(1);
    let name = line.chars().skip(column).skip_while(|c| *c == mark);
    name.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | '[' | ']' | '{' | '}')).take(80).collect()
}

fn words(info: &str, place: &Span) -> (String, &'static str) {
    const INDENT: &str = "keys of one mapping start in the same column, items of one list too";
    const QUOTE: &str = "put quotes around the text";
    let fixed = |message: &str, remedy| (message.to_owned(), remedy);
    if let Some(c) = info.strip_prefix("unexpected character: `") {
        return (format!("text cannot begin with {}", quoted(c.trim_end_matches('\''))), QUOTE);
    }
    if info.contains("unknown anchor") {
        let name = name_at(place, '*');
        return (
            format!("the alias {} has no anchor before it", quoted(&format!("*{name}"))),
            "mark the value to repeat with `&name`, or put quotes around text that begins with `*`",
        );
    }
    if info.contains("tab") && !info.contains("tag") {
        return fixed("a tab where indentation is expected", "indent with spaces");
    }
    match info {
        "mapping values are not allowed in this context" | "illegal placement of ':' indicator" => fixed(
            "a `:` is not expected here",
            "check the indentation of this line and the one before; text that holds `: ` needs quotes",
        ),
        "while parsing a block mapping, did not find expected key" => fixed("a key is expected here", INDENT),
        "while parsing a block collection, did not find expected '-' indicator" => {
            fixed("a list item (`- `) is expected here", INDENT)
        }
        "block sequence entries are not allowed in this context" => {
            fixed("a list item (`- `) is not expected here", "put the list on the lines below its key")
        }
        "did not find expected <document start>" => fixed("the mapping has ended before this line", INDENT),
        // Outside brackets, less indentation ends a mapping or list and is never an error of its own.
        "invalid indentation" | "invalid indentation in flow construct" => {
            fixed("a bracket is still open, and this line is not indented", "close the `[` or `{`, or indent the line")
        }
        "wrongly indented line in block scalar" => {
            fixed("a line of this text is indented less than its first line", "indent all of its lines alike")
        }
        "invalid indentation in quoted scalar" => {
            fixed("quoted text goes on here, but is not indented", "indent it, or close the quotes")
        }
        "simple key expected" | "simple key expect ':'" => {
            fixed("a `:` is missing after the key before this place", "write `key: value`")
        }
        "unexpected end of plain scalar" => fixed("text ends before it begins", QUOTE),
        "while scanning a quoted scalar, found unexpected end of stream" => {
            fixed("the quotation mark opened here is never closed", "close it with the same mark")
        }
        "while scanning a quoted scalar, found unexpected document indicator" => {
            fixed("quoted text is still open where `---` or `...` begins", "close the quotes")
        }
        "invalid trailing content after double-quoted scalar" => {
            fixed("text follows a closing quotation mark", "put quotes around all of it, or around none")
        }
        "while parsing a quoted scalar, found unknown escape character"
        | "while parsing a quoted scalar, did not find expected hexadecimal number"
        | "while parsing a quoted scalar, found invalid Unicode character escape code" => fixed(
            "an escape in this quoted text is not valid",
            "write a backslash as `\\\\`, or use single quotes, which know no escapes",
        ),
        "while parsing a flow mapping, did not find expected ',' or '}'" => {
            fixed("a `,` or `}` is missing before this place", "close the `{`")
        }
        "while parsing a flow sequence, expected ',' or ']'" => {
            fixed("a `,` or `]` is missing before this place", "close the `[`")
        }
        "misplaced bracket" => fixed("a closing bracket that was never opened", QUOTE),
        "while parsing a node, did not find expected node content" => {
            fixed("a value is missing here", "write the value, and close what is open")
        }
        "recursion limit exceeded" => fixed("nested too deep", "flatten the lists and mappings around this place"),
        "unexpected eof" => fixed("the file ends in the middle of a value", "write the rest of it"),
        other => (other.to_owned(), "see the YAML 1.2 specification; text with special characters needs quotes"),
    }
}

/// `${env:NAME|default}` just before an error, outside quotes.
fn unquoted_variable(place: &Span) -> Option<String> {
    let line = place.file.line(place.line)?;
    let column = usize::try_from(place.column).ok()?;
    let before: String = line.chars().take(column).collect();
    let start = before.rfind("${")?;
    let head = before.get(..start)?;
    // A `}` between the two means that the error is about something else.
    if before.get(start..)?.contains('}') || head.ends_with(['"', '\'']) {
        return None;
    }
    let variable = line.get(start..)?;
    let end = variable.find('}')?;
    variable.get(..=end).map(str::to_owned)
}
