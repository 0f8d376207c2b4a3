//! The example of orders behind HTTP: WASM that calls Lua, Lua that calls WASM.

#![cfg(unix)]

use crate::http::Serving;
use crate::support::repository;

#[test]
fn orders_are_priced_and_what_makes_no_sense_has_its_status() {
    let app = repository().join("examples/orders");
    let serving = Serving::start(&["run", app.to_str().unwrap()]);
    let mut client = serving.client();
    client.ask("POST", "/api/greet", "Ada").is(200, "Hello, Ada!");
    let order = r#"{"customer":"Ada","lines":[{"sku":"apple","quantity":4},{"sku":"pear","quantity":2}]}"#;
    let priced = client.ask("POST", "/api/orders", order);
    let expected = serde_json::json!({"customer": "Ada", "total": 2.7, "message": "Thank you, Ada!"});
    assert_eq!((priced.status, serde_json::from_str(&priced.body).ok()), (200, Some(expected)), "{priced:?}");
    let unknown = r#"{"customer":"Eve","lines":[{"sku":"plum","quantity":1}]}"#;
    assert_eq!(client.ask("POST", "/api/orders", unknown).status, 400);
    assert_eq!(client.ask("POST", "/api/orders", "no JSON").status, 400);
    assert_eq!(client.ask("POST", "/api/nothing", "").status, 404);
    assert_eq!(client.ask("GET", "/api/orders", "").status, 405);
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(0));
}
