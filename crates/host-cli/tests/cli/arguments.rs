//! What `call` makes of its arguments.

use crate::support::{ADD, App};

fn add() -> App {
    App::wat(ADD, "add", "")
}

#[test]
fn numbers_may_be_negative() {
    add().call(&["-3", "5"]).gives("2\n");
    add().call(&["5", "-3"]).gives("2\n");
    add().call(&["--", "-3", "-5"]).gives("-8\n");
    App::guest("values", "echo-f64", "").call(&["-2.5e3"]).gives("-2500.0\n");
}

#[test]
fn options_may_stand_behind_the_arguments() {
    add().call(&["3", "5", "--json"]).gives("8\n");
}

#[test]
fn a_text_that_begins_with_a_dash_goes_behind_two() {
    let app = App::guest("values", "echo-string", "");
    app.call(&["--", "--json"]).gives("\"--json\"\n");
    let ran = app.call(&["-x"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("", 2));
    assert_eq!(
        ran.stderr,
        "error: unexpected argument '-x' found\n\n  tip: to pass '-x' as a value, use '-- -x'\n\n\
         Usage: wippy-host call [OPTIONS] <APP> <NS:NAME> [ARGS]...\n\nFor more information, try '--help'.\n"
    );
}

#[test]
fn a_text_parameter_takes_plain_text_and_json_text() {
    let app = App::guest("values", "echo-string", "");
    for (argument, result) in [("5", "\"5\"\n"), ("a b", "\"a b\"\n"), (r#""a\tb""#, "\"a\\tb\"\n"), ("", "\"\"\n")] {
        app.call(&[argument]).gives(result);
    }
}

#[test]
fn the_wrong_number_is_refused() {
    add().call(&["3"]).fails("error: demo:it: expected 2 arguments (a: s32, b: s32), got 1 (Invalid)\n");
    add().call(&["3", "5", "7"]).fails("error: demo:it: expected 2 arguments (a: s32, b: s32), got 3 (Invalid)\n");
    App::guest("values", "nothing", "").call(&["3"]).fails("error: demo:it: expected no arguments, got 1 (Invalid)\n");
}

#[test]
fn the_wrong_type_is_refused_at_its_place() {
    add().call(&["x", "5"]).fails("error: demo:it: argument 1 (a): expected s32, got text \"x\" (Invalid)\n");
    add().call(&["3", "1.5"]).fails("error: demo:it: argument 2 (b): expected s32, got 1.5 (Invalid)\n");
    App::guest("values", "echo-users", "")
        .call(&[r#"[{"name":"Ann","age":"old","tag-count":1}]"#])
        .fails("error: demo:it: argument 1 (users[0].age): expected u32, got text \"old\" (Invalid)\n");
    App::guest("values", "echo-record", "")
        .call(&[r#"{"name":"Ann","tag-count":1}"#])
        .fails("error: demo:it: argument 1 (user): missing field \"age\" (u32) (Invalid)\n");
}

#[test]
fn a_number_out_of_range_is_refused_with_the_range() {
    add().call(&["3", "99999999999"]).fails(
        "error: demo:it: argument 2 (b): expected s32, got 99999999999 (s32 holds -2147483648 to 2147483647) (Invalid)\n",
    );
    App::guest("values", "echo-users", "").call(&[r#"[{"name":"Ann","age":-4,"tag-count":1}]"#]).fails(
        "error: demo:it: argument 1 (users[0].age): expected u32, got -4 (u32 holds 0 to 4294967295) (Invalid)\n",
    );
}

#[test]
fn broken_json_is_refused_with_its_place() {
    App::guest("values", "echo-list-u32", "").call(&["[1, 2"]).fails(
        "error: demo:it: argument 1 (value): expected list<u32>, got text \"[1, 2\": EOF while parsing a list at line 1 \
         column 5 (Invalid)\n",
    );
}

#[test]
fn a_function_that_is_not_there_is_answered_with_the_nearest() {
    let app = App::new(
        "  - {name: total, kind: function.wat, source: file://add.wat, method: add}
  - {name: average, kind: function.wat, source: file://add.wat, method: add}
",
    );
    let functions = "the functions are: demo:average, demo:total";
    for (id, near) in
        [("demo:totl", "did you mean demo:total? "), ("total", "did you mean demo:total? "), ("other:x", "")]
    {
        app.run("call", &[id])
            .fails(&format!("error: no function {id} in the application (NotFound)\n  help: {near}{functions}\n"));
    }
    App::new("  []\n")
        .run("call", &["demo:x"])
        .fails("error: no function demo:x in the application (NotFound)\n  help: the application has no functions\n");
}

#[test]
fn an_entry_that_is_no_function_is_named_as_what_it_is() {
    let app = App::new(
        "  - {name: it, kind: function.wat, source: file://add.wat, method: add}
  - {name: store, kind: env.storage.os}
",
    );
    app.run("call", &["demo:store"]).fails(
        "error: demo:store is of kind env.storage.os, not a function (NotFound)\n  help: the functions are: demo:it\n",
    );
}
