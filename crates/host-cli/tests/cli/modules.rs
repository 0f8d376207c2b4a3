//! `wit`: the signatures of a core module, and errors at their lines.

use crate::support::App;

const ADD: &str = "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))";

#[test]
fn a_core_module_is_called_by_the_signatures_of_its_entry() {
    let wit = "    wit: \"add: func(a: s32, b: s32) -> s32;\"\n";
    App::wat(ADD, "add", wit).call(&["3", "5"]).gives("8\n");
    App::wasm(ADD.as_bytes(), "add", wit).call(&["3", "5"]).gives("8\n");
    let app = App::wat(ADD, "add", "    wit: file://it.wit\n");
    app.with("it.wit", "package a:b;\nworld w {\n  export add: func(a: s32, b: s32) -> s32;\n}\n")
        .call(&["3", "5"])
        .gives("8\n");
}

#[test]
fn what_is_wrong_with_signatures_is_shown_at_its_own_line() {
    let block = "    wit: |\n      // two numbers\n      sub: func(a: s32, b: s32) -> s32;\n";
    assert_eq!(
        App::wat(ADD, "add", block).problems(),
        "error: demo:it: the wit text exports sub, and the module does not
  --> _index.yaml:10:7
    10 |       sub: func(a: s32, b: s32) -> s32;
  help: the module exports: add
"
    );
    let inline = "    wit: \"add: func(a: s32, b: s33) -> s32;\"\n";
    assert_eq!(
        App::wat(ADD, "add", inline).problems(),
        "error: demo:it: the wit text is not valid: name `s33` does not exist
  --> _index.yaml:8:32
     8 |     wit: \"add: func(a: s32, b: s33) -> s32;\"
  help: mend it there; a signature is written `export add: func(a: s32, b: s32) -> s32;`
"
    );
    let file = App::wat(ADD, "add", "    wit: file://it.wit\n").with("it.wit", "world w {\n  export sub: func();\n}\n");
    assert_eq!(
        file.problems(),
        "error: demo:it: the wit text exports sub, and the module does not, at line 2, column 10 of it.wit
  --> _index.yaml:8:10
     8 |     wit: file://it.wit
  help: the module exports: add
"
    );
}

#[test]
fn signatures_of_a_component_are_remarked_on() {
    let app = App::wat(crate::support::ADD, "add", "    wit: \"add: func();\"\n");
    assert_eq!(
        app.remarks(),
        "remark: demo:it: wit has no effect: the code is a component, which has its own types
  --> _index.yaml:8:10
     8 |     wit: \"add: func();\"
  help: remove wit
"
    );
}
