//! Imports that are functions of the registry: typed on the guest's side, whatever the function is written in.

use crate::support::{Guest, host};
use serde_json::{Value as Json, json};
use wippy_host::{CallContext, Error, ErrorKind, Finding, Place, Reason, Result, Value, function};

const OPS: &str = "demo:bound/ops";

fn guest(bindings: &[(&str, &str)]) -> Guest {
    bindings
        .iter()
        .fold(Guest::new("bound"), |guest, (function, target)| guest.bind(&format!("{OPS}#{function}"), target))
}

fn closure(id: &str, body: impl Fn(Vec<Value>) -> Result<Value> + Send + Sync + 'static) {
    let callee = function(move |_: CallContext, arguments| {
        let result = body(arguments);
        async move { result }
    });
    host().functions().register(id, callee).unwrap();
}

fn json_closure(id: &str, body: impl Fn(Json) -> Json + Send + Sync + 'static) {
    closure(id, move |arguments| {
        let arguments = arguments.into_iter().map(|argument| argument.into_json().unwrap()).collect();
        Ok(Value::from_json(body(arguments)).unwrap())
    });
}

#[tokio::test]
async fn an_import_is_a_function_of_another_component() {
    Guest::new("values").id("bound:add").register("add").await;
    assert_eq!(guest(&[("add", "bound:add")]).call("add", json!([40, 2])).await, json!(42));
    Guest::new("add").id("bound:add-text").register("add").await;
    assert_eq!(guest(&[("add", "bound:add-text")]).call("add", json!([40, 2])).await, json!(42));
}

#[tokio::test]
async fn records_variants_lists_and_bytes_pass_as_they_are() {
    json_closure("bound:older", |mut arguments| {
        let by = arguments[1].as_u64().unwrap();
        let mut user = arguments[0].take();
        user["age"] = json!(user["age"].as_u64().unwrap() + by);
        user
    });
    json_closure("bound:turn", |mut arguments| {
        let mut shapes = arguments[0].take();
        shapes.as_array_mut().unwrap().reverse();
        shapes
    });
    closure("bound:bytes", |mut arguments| {
        let bytes = arguments.remove(0);
        assert!(bytes.as_bytes().is_some(), "{bytes:?}");
        Ok(bytes)
    });
    let guest = guest(&[("older", "bound:older"), ("turn", "bound:turn"), ("bytes", "bound:bytes")]);
    let user = |age: u32| json!({"name": "Ana", "age": age, "tag-count": null});
    assert_eq!(guest.call("older", json!([user(3), 4])).await, user(7));
    assert_eq!(
        guest.call("turn", json!([["dot", {"circle": 0.5}, {"named": "a"}]])).await,
        json!([{"named": "a"}, {"circle": 0.5}, "dot"])
    );
    assert_eq!(guest.call("bytes", json!([[0, 255]])).await, json!({"base64": "AP8="}));
}

#[tokio::test]
async fn a_function_outside_any_interface_is_bound_by_its_name() {
    json_closure("bound:shout", |arguments| json!(arguments[0].as_str().unwrap().to_uppercase()));
    let guest = Guest::new("bound").bind("shout", "bound:shout");
    assert_eq!(guest.call("shouted", json!(["día"])).await, json!("DÍA"));
}

#[tokio::test]
async fn a_result_that_is_none_is_its_ok() {
    Guest::new("values").id("bound:plain").register("add").await;
    assert_eq!(guest(&[("divide", "bound:plain")]).ok("divide", json!([6, 3])).await, json!(9));
    json_closure("bound:fine", |_| json!(null));
    assert_eq!(guest(&[("check", "bound:fine")]).call("check", json!([1])).await, json!({"ok": null}));
}

#[tokio::test]
async fn a_result_passes_as_it_is() {
    // `divide` of one guest is bound to `divide` of another, which is bound to a closure.
    closure("bound:quotient", |arguments| match (arguments[0].as_i64(), arguments[1].as_i64()) {
        (Some(_), Some(0)) => Err(Error::invalid("division by zero").with_remedy("divide by something")),
        (Some(a), Some(b)) => Ok((a / b).into()),
        other => panic!("{other:?}"),
    });
    guest(&[("divide", "bound:quotient")]).id("bound:divide").register("divide").await;
    let outer = guest(&[("divide", "bound:divide")]);
    assert_eq!(outer.ok("divide", json!([6, 3])).await, json!(2));
    assert_eq!(outer.err("divide", json!([6, 0])).await, json!("division by zero; divide by something"));
}

#[tokio::test]
async fn a_failure_is_the_err_where_that_is_text_and_ends_the_call_otherwise() {
    Guest::new("misbehave").id("bound:trap").register("unreachable-trap").await;
    for target in ["bound:nobody", "bound:trap"] {
        let guest = guest(&[("add", target), ("divide", target), ("check", target), ("nothing", target)]);
        let text = guest.err("divide", json!([1, 2])).await;
        for (export, arguments) in [("add", json!([1, 2])), ("check", json!([1])), ("nothing", json!([]))] {
            let error = guest.fails(export, arguments).await;
            let said = error.message();
            assert!(said.starts_with(&format!("test:bound: {OPS}#{export}, bound to {target}, failed: ")), "{said}");
            assert_eq!(error.reason(), Reason::Other, "what ended the callee did not end the caller");
        }
        match target {
            "bound:nobody" => assert_eq!(text, json!("no handler registered for target: bound:nobody")),
            _ => assert!(text.as_str().unwrap().contains("argument"), "{text}"),
        }
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_says_where() {
    json_closure("bound:wrong", |_| json!({"name": "Ana", "age": -1}));
    let error = guest(&[("older", "bound:wrong")]).fails("older", json!([{"name": "Ana", "age": 1}, 1])).await;
    assert_eq!(
        error.message(),
        "test:bound: demo:bound/ops#older, bound to bound:wrong, failed: result (age): expected u32, got -1 (u32 holds 0 to 4294967295)"
    );
}

#[tokio::test]
async fn what_is_not_bound_is_a_stub_that_says_what_to_write() {
    let error = guest(&[("add", "bound:add")]).fails("nothing", json!([])).await;
    assert_eq!(
        error.message(),
        "guest called demo:bound/ops#nothing, but no import of this host provides it to entry test:bound; bind it, \
         bindings: { \"demo:bound/ops\": { \"nothing\": <id of a function> } }"
    );
    assert_eq!(error.reason(), Reason::NotGranted);
}

#[tokio::test]
async fn a_bare_name_is_one_of_the_entrys_own_namespace() {
    json_closure("test:bare", |_| json!(1));
    assert_eq!(guest(&[("add", "bare")]).call("add", json!([1, 2])).await, json!(1));
}

#[tokio::test]
async fn what_is_wrong_with_bindings_is_found_at_once() {
    let guest = guest(&[("add", "a:b"), ("substract", "a:b"), ("add", "a:c")])
        .bind("shout", "a:b")
        .bind("whisper", "a:b")
        .bind("demo:bound/ops@2.0.0#add", "a:b");
    let problems = host().prepare(guest.spec("add"), crate::support::component("bound")).await.err().unwrap().problems;
    let told: Vec<_> = problems.iter().map(|problem| (problem.place.clone(), problem.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (Place::Binding(1), "the component does not import demo:bound/ops#substract"),
            (Place::Binding(2), "demo:bound/ops#add is bound twice"),
            (Place::Binding(4), "the component does not import whisper"),
            (Place::Binding(5), "the component does not import demo:bound/ops@2.0.0#add"),
        ]
    );
    let free = problems[0].remedy.as_deref().unwrap();
    assert!(free.starts_with("what can be bound: demo:bound/ops#") && free.contains("shout"), "{free}");
}

#[cfg(feature = "random")]
#[tokio::test]
async fn what_an_import_provides_cannot_be_bound() {
    let guest = Guest::new("probe-random").bind("wasi:random/random#get-random-u64", "a:b");
    let error: Error =
        host().prepare(guest.spec("bytes"), crate::support::component("probe-random")).await.err().unwrap().into();
    assert!(error.message().contains("the import \"wasi:random\" provides it"), "{error}");
}

#[tokio::test]
async fn resources_cannot_be_bound() {
    let text = r#"(component
        (import "demo:things/box" (instance
            (export "thing" (type $thing (sub resource)))
            (export "open" (func (result (own $thing))))))
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func (export "f") (canon lift (core func $i "f"))))"#;
    let guest = Guest::of_text(text).bind("demo:things/box#open", "a:b");
    let problems = host().prepare(guest.spec("f"), host().compile(text).unwrap()).await.err().unwrap().problems;
    assert_eq!(problems[0].kind, ErrorKind::Invalid);
    assert!(problems[0].message.starts_with("demo:things/box#open cannot be bound: it passes own<"), "{problems:?}");
}

#[tokio::test]
async fn the_preflight_says_what_is_bound_and_what_is_not() {
    let function = guest(&[("add", "bound:add")]).bind("shout", "bound:shout").function("add").await;
    let findings = &function.preflight().findings;
    assert_eq!(
        findings[0],
        Finding::Bound { interface: OPS.to_owned(), functions: [("add".to_owned(), "bound:add".to_owned())].into() }
    );
    let Finding::Unbound { interface, functions } = &findings[1] else { panic!("{findings:?}") };
    assert!(interface == OPS && functions.contains(&"divide".to_owned()) && !functions.contains(&"add".to_owned()));
    assert_eq!(findings[2].to_string(), "shout: bound (shout: bound:shout)");
    assert!(function.preflight().missing().eq([&findings[1]]));
}
