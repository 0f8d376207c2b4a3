//! Whole argument lists.

use wasmtime::component::Val;

use super::wit;
use crate::value::{Signature, Value};

fn refusal(wit: &str, args: impl IntoIterator<Item = Value>) -> String {
    Signature::of(&wit::func(wit)).to_vals(args.into_iter().collect()).unwrap_err().to_string()
}

#[test]
fn the_wrong_number_of_arguments_is_told_the_parameters() {
    assert_eq!(refusal("(a: s32, b: s32)", [1.into()]), "expected 2 arguments (a: s32, b: s32), got 1");
    assert_eq!(refusal("(text: string)", [1.into(), 2.into()]), "expected 1 argument (text: string), got 2");
    assert_eq!(refusal("()", [Value::Null]), "expected no arguments, got 1");
    assert_eq!(refusal("(a: s32)", []), "expected 1 argument (a: s32), got 0");
    let names: Vec<String> = (0..100).map(|number| format!("p{number}: s32")).collect();
    let message = refusal(&format!("({})", names.join(", ")), []);
    assert!(message.starts_with("expected 100 arguments (p0: s32, p1: s32, "), "{message}");
    assert!(message.ends_with("…), got 0"), "{message}");
    assert!(message.len() < 450, "{message}");
}

#[test]
fn options_at_the_end_may_be_left_away() {
    let signature = Signature::of(&wit::func("(a: s32, b: option<s32>, c: option<string>)"));
    let none = Val::Option(None);
    assert_eq!(signature.to_vals(vec![1.into()]).unwrap(), [Val::S32(1), none.clone(), none.clone()]);
    let some = Val::Option(Some(Box::new(Val::S32(2))));
    assert_eq!(signature.to_vals(vec![1.into(), 2.into()]).unwrap(), [Val::S32(1), some, none]);
    assert_eq!(refusal("(a: option<s32>, b: s32)", [1.into()]), "expected 2 arguments (a: option<s32>, b: s32), got 1");
}

#[test]
fn an_argument_of_the_wrong_type_is_named_and_counted_from_one() {
    assert_eq!(
        refusal("(a: s32, b: string)", [1.into(), Value::Bool(false)]),
        "argument 2 (b): expected string, got false"
    );
}
