//! A harness for the guests of `app/wasm`, and what they return.

use acme_kv::Kv;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use wippy_host_test::Harness;

/// The application that stands beside the crate.
pub(crate) fn app() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("app")
}

pub(crate) fn guest(name: &str) -> Vec<u8> {
    std::fs::read(app().join("wasm").join(name).with_extension("wasm")).unwrap()
}

/// An entry with this configuration beside `fs`.
pub(crate) fn kv(more: Json) -> Harness {
    let mut config = json!({"fs": "app:data"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Harness::new::<Kv>().directory("app:data").config(config).guest(guest("kv"))
}

/// The `ok` of a result.
pub(crate) async fn ok(harness: &Harness, method: &str, arguments: Json) -> Json {
    let value = harness.call(method, arguments).await.unwrap();
    value.get("ok").unwrap_or_else(|| panic!("{method} returned {value}")).clone()
}

/// Case and text of the `err` of a result.
pub(crate) async fn err(harness: &Harness, method: &str, arguments: Json) -> (String, String) {
    let value = harness.call(method, arguments).await.unwrap();
    fail(value.get("err").unwrap_or_else(|| panic!("{method} returned {value}")))
}

pub(crate) fn fail(error: &Json) -> (String, String) {
    match error {
        Json::String(case) => (case.clone(), String::new()),
        Json::Object(error) => {
            let (case, text) = error.iter().next().unwrap();
            (case.clone(), text.as_str().unwrap().to_owned())
        }
        other => panic!("no error: {other}"),
    }
}

/// Where the databases of [`kv`] are.
pub(crate) fn data(harness: &Harness) -> PathBuf {
    harness.path("app:data").unwrap()
}
