//! YAML as JSON, for files without anchors and tags.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Value as Json, json};

/// Open lists and mappings, each with the key that waits for its value.
type Stack = Vec<(Json, Option<String>)>;

pub(super) fn read(text: &str) -> Json {
    let mut stack: Stack = vec![(json!([]), None)];
    for event in Parser::new_from_str(text) {
        let (event, _) = event.unwrap();
        match event {
            Event::SequenceStart(..) => stack.push((json!([]), None)),
            Event::MappingStart(..) => stack.push((json!({}), None)),
            Event::Scalar(text, style, ..) => put(&mut stack, scalar(&text, style)),
            Event::SequenceEnd | Event::MappingEnd => {
                let (value, _) = stack.pop().unwrap();
                put(&mut stack, value);
            }
            Event::Alias(_) => panic!("an alias"),
            _ => {}
        }
    }
    stack[0].0[0].take()
}

fn put(stack: &mut Stack, value: Json) {
    let (top, key) = stack.last_mut().unwrap();
    match top {
        Json::Array(items) => items.push(value),
        Json::Object(members) => match key.take() {
            None => *key = Some(value.as_str().unwrap().to_owned()),
            Some(key) => drop(members.insert(key, value)),
        },
        other => panic!("{other} is open"),
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Json {
    let number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match text {
        _ if style != ScalarStyle::Plain => json!(text),
        "" | "~" | "null" => Json::Null,
        "true" => json!(true),
        "false" => json!(false),
        _ if number => {
            text.parse::<i64>().map(Json::from).or(text.parse::<f64>().map(Json::from)).unwrap_or(json!(text))
        }
        _ => json!(text),
    }
}
