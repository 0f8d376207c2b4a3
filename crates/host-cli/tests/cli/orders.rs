//! The example in Wippy's form, function by function.

use crate::support::{Ran, repository, run};
use serde_json::json;

fn call(arguments: &[&str]) -> Ran {
    let app = repository().join("examples/orders");
    run(&[&["call", app.to_str().unwrap()], arguments].concat())
}

#[test]
fn wasm_asks_lua_for_the_discount() {
    let order = r#"{"customer": "Ada", "lines": [{"sku": "apple", "quantity": 3}]}"#;
    let priced = call(&["shop.wasm:price", order]).json();
    assert_eq!(priced["ok"], json!({"total-cents": 122, "discount-percent": 10, "message": "Thank you, Ada!"}));
    let unknown = call(&["shop.wasm:price", r#"{"customer": "Bob", "lines": [{"sku": "kiwi", "quantity": 1}]}"#]);
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert!(unknown.stdout.contains("no article kiwi"), "{unknown:?}");
}

#[test]
fn lua_calls_wasm_that_calls_lua() {
    let order = json!({"customer": "Bob", "lines": [{"sku": "pear", "quantity": 2}]}).to_string();
    let checked = call(&["shop.web:checkout", &json!(order).to_string()]).json();
    assert_eq!(checked, json!({"customer": "Bob", "total": 1.2}));
}

#[test]
fn lua_starts_a_process_and_gets_its_end() {
    call(&["shop.web:welcome", "Ada"]).gives("\"Hello, Ada!\"\n");
}
