//! `schema`: what editors are given.

use crate::support::{App, run};
use serde_json::{Value as Json, json};
use std::fs;

fn schema() -> Json {
    let ran = run(&["schema"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    ran.json()
}

#[test]
fn it_has_every_kind_and_the_configuration_of_every_import() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let kinds = schema["$defs"]["entry"]["allOf"].as_array().unwrap();
    assert_eq!(kinds.len(), 17);
    let keys = |section: &str| {
        let keys = schema["$defs"][section]["properties"].as_object().unwrap().keys();
        let mut keys: Vec<&str> = keys.map(String::as_str).collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys("wasi"), ["args", "cwd", "env", "mounts", "network"]);
    assert_eq!(keys("config"), ["wasi:http"]);
    assert_eq!(keys("wasi-of-lua"), ["network"]);
    let mount = &schema["$defs"]["import:wasi:filesystem.Mount"];
    assert_eq!(mount["properties"]["read_only"]["description"], "Whether every change is refused. Default false.");
    assert_eq!(mount["required"], json!(["fs", "guest"]));
}

#[test]
fn its_names_of_imports_are_those_of_this_build() {
    let (schema, imports) = (schema(), run(&["imports", "--json"]).json());
    let names = schema["$defs"]["imports"]["items"]["anyOf"].as_array().unwrap();
    let has = |name: &Json| names.iter().any(|choice| choice["const"] == *name);
    for import in imports.as_array().unwrap() {
        assert!(has(&import["name"]), "{import}");
        assert!(import["aliases"].as_array().unwrap().iter().all(has), "{import}");
    }
    assert!(has(&json!("wasi:cli/stdout")) && !has(&json!("wasi:htp")));
}

#[test]
fn init_writes_it_and_its_index_names_it() {
    let app = App::empty();
    let ran = run(&["init", app.path().to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let index = fs::read_to_string(app.path().join("_index.yaml")).unwrap();
    let line = index.lines().next().unwrap();
    let file = line.strip_prefix("# yaml-language-server: $schema=").unwrap();
    assert_eq!(fs::read_to_string(app.path().join(file)).unwrap(), run(&["schema"]).stdout);
    // It is no part of the application.
    assert_eq!(app.run("check", &[]).code, 0);
}
