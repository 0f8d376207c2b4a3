//! `bindings`: functions of the application in the place of what a module imports.

use crate::support::App;

const CALLEES: &str = "
  - { name: add, kind: function.wat, source: file://add.wat, method: add }
  - name: divide
    kind: function.lua
    method: main
    source: |
      return { main = function(a, b)
        if b == 0 then return nil, 'division by zero' end
        return a // b
      end }
  - name: shout
    kind: function.lua
    method: main
    source: |
      return { main = function(text) return text:upper() end }
  - { name: data, kind: fs.directory, directory: . }
";

const BINDINGS: &str = "    bindings:
      \"demo:bound/ops\": { add: add, divide: demo:divide }
      shout: shout
";

fn app(method: &str, rest: &str) -> App {
    let add = include_str!("../../../../guests/wat/add.wat");
    App::guest("bound", method, &format!("{rest}{}", CALLEES.trim_end())).with("add.wat", add)
}

#[test]
fn a_module_calls_functions_in_lua_and_wat_as_its_own_imports() {
    app("add", BINDINGS).call(&["40", "2"]).gives("42\n");
    app("divide", BINDINGS).call(&["7", "2"]).gives("{\n  \"ok\": 3\n}\n");
    app("shouted", BINDINGS).call(&["día"]).gives("\"DíA\"\n");
}

#[test]
fn a_failure_of_lua_is_the_err_of_a_typed_import() {
    let ran = app("divide", BINDINGS).call(&["1", "0"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("{\n  \"err\": \"division by zero\"\n}\n", 1), "{ran:?}");
}

#[test]
fn what_is_not_bound_is_a_remark_with_the_line_to_add() {
    let remarks = app("add", BINDINGS).remarks();
    assert!(
        remarks
            .contains("the component imports demo:bound/ops (check, older, turn, bytes, nothing), which is not bound"),
        "{remarks}"
    );
    assert!(remarks.contains("help: add them to `bindings.\"demo:bound/ops\"`"), "{remarks}");
}

#[test]
fn check_shows_what_is_bound() {
    let ran = app("add", BINDINGS).run("check", &[]);
    assert!(ran.stdout.contains("  + demo:bound/ops: bound (add: demo:add, divide: demo:divide)\n"), "{ran:?}");
    assert!(ran.stdout.contains("  + shout: bound (shout: demo:shout)\n"), "{ran:?}");
}

#[test]
fn every_wrong_binding_is_told_at_its_place() {
    let problems = app(
        "add",
        "    bindings:
      \"demo:bound/ops\": { add: ad, divde: divide, check: data, older: ~ }
      ops: { add: add }
      shout: \"no id\"
",
    )
    .problems();
    for told in [
        "`bindings.demo:bound/ops.add` names demo:ad, and there is no such entry",
        "help: there are: demo:add, demo:divide",
        "the component does not import demo:bound/ops#divde",
        "`bindings.demo:bound/ops.check` must name an entry of kind function.wasm or function.wat or function.lua, and \
         demo:data is of kind fs.directory",
        "`bindings.demo:bound/ops.older` is required",
        "`ops` is no interface: its functions cannot be bound",
        "`bindings.shout` must be the id of an entry, and `no id` is none",
    ] {
        assert!(problems.contains(told), "{told}\n{problems}");
    }
}

#[test]
fn bindings_that_are_no_mapping_are_refused() {
    let problems = app("add", "    bindings: [add]\n").problems();
    assert!(problems.contains("`bindings` must be a mapping, found a list"), "{problems}");
}
