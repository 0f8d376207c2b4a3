//! The messages of errors in a source, each with its remedy where one stands beside it.

use super::source::{Literal, Source};
use std::collections::BTreeSet;

/// What makes an error, a problem or a refusal with a message.
const CONSTRUCTORS: &[&str] = &[
    "Error::new",
    "Error::invalid",
    "Error::internal",
    "Problem::at",
    "Problem::in_file",
    "EntryProblem::new",
    "ConfigProblem::new",
    "Failure::new",
    LOADER,
];

/// What the loader of applications tells a problem with.
const LOADER: &str = ".error";

/// How far behind its message a remedy may stand, in lines.
const NEAR: usize = 12;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) text: String,
    /// None where the source says none beside the message.
    pub(super) remedy: Option<String>,
}

/// The messages of one source, and how many remedies stand beside no message that could be found.
pub(super) fn messages(source: &Source) -> (Vec<Message>, usize) {
    let remedies: Vec<(usize, Option<&Literal>)> = remedies(source).collect();
    let is_remedy = |literal: &Literal| remedies.iter().any(|(_, remedy)| *remedy == Some(literal));
    let mut taken = BTreeSet::new();
    let mut found = Vec::new();
    let mut unfound = 0;
    for (end, remedy) in &remedies {
        let before = source.literals.iter().rev().find(|literal| literal.end <= *end && is_sentence(&literal.text));
        let message = before.filter(|literal| !is_remedy(literal) && source.is_near(literal.end, *end));
        match (message, remedy) {
            (Some(message), Some(remedy)) => {
                taken.insert(message.start);
                found.push(Message { text: shown(&message.text), remedy: Some(shown(&remedy.text)) });
            }
            _ => unfound += 1,
        }
    }
    for start in CONSTRUCTORS.iter().flat_map(|name| source.calls(name)) {
        let message = source.sentences(start).find(|literal| !is_remedy(literal));
        if let Some(message) = message.filter(|message| taken.insert(message.start)) {
            found.push(Message { text: shown(&message.text), remedy: None });
        }
    }
    (found, unfound)
}

/// Each remedy, and the place that its message stands before.
fn remedies(source: &Source) -> impl Iterator<Item = (usize, Option<&Literal>)> {
    let added = source.calls("with_remedy").map(|start| (start, source.sentences(start).next()));
    // The loader's own has three arguments: place, message and remedy.
    let told = source.calls(LOADER).filter_map(|start| {
        let third = source.argument(start, 2)?;
        let remedy = source.sentences(start).find(|literal| literal.start >= third)?;
        Some((third, Some(remedy)))
    });
    added.chain(told)
}

impl Source {
    /// The literals that say something between the parentheses of a call.
    fn sentences(&self, start: usize) -> impl Iterator<Item = &Literal> {
        let end = self.end_of_call(start);
        let inside = self.literals.iter().filter(move |literal| literal.start >= start && literal.end <= end);
        inside.filter(|literal| is_sentence(&literal.text))
    }

    fn is_near(&self, from: usize, to: usize) -> bool {
        self.code.get(from..to).is_some_and(|between| between.matches('\n').count() <= NEAR)
    }
}

/// Whether a literal says something by itself: two words, however many places for values beside them.
fn is_sentence(text: &str) -> bool {
    shown(text).split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count() >= 2
}

/// A literal as a reader finds it in a message: `…` where a value stands.
pub(super) fn shown(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => text.extend(rest.next()),
            '{' => {
                rest.by_ref().take_while(|c| *c != '}').for_each(drop);
                text.push('…');
            }
            '\\' => match rest.next() {
                Some('n') => text.push(' '),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Message, Source, messages, shown};

    fn message(text: &str, remedy: Option<&str>) -> Message {
        Message { text: text.to_owned(), remedy: remedy.map(str::to_owned) }
    }

    #[test]
    fn a_message_is_found_with_the_remedy_beside_it() {
        let source = Source::read(
            r#"
            let message = format!("{id}: a file cannot hold {name:?}");
            return Err(Error::invalid(message).with_remedy("give it `letters`, or {{none}}"));
            Error::new(ErrorKind::Timeout, format!("no result within {} ms", limit)).with_reason(Reason::ExecutionTime)
            Error::invalid(other).with_remedy(remedy)
            fields.error(&span, format!("{key} cannot be negative"), format!("write `{key}: 0` for no limit"));
            fields.error(&span, "not a hash", FORM);
            "#,
        );
        let expected = [
            message("…: a file cannot hold …", Some("give it `letters`, or {none}")),
            message("… cannot be negative", Some("write `…: 0` for no limit")),
            message("no result within … ms", None),
            message("not a hash", None),
        ];
        assert_eq!(messages(&source), (expected.into(), 1));
    }

    #[test]
    fn values_are_shown_as_an_ellipsis_and_escapes_as_what_they_stand_for() {
        assert_eq!(shown(r#"write `addr: \"{x:?}\"`\n{{y}}"#), "write `addr: \"…\"` {y}");
    }
}
