//! The JSON Schema against the loader: it takes what the loader takes, and refuses what the loader refuses of a single field.

mod third_party;
mod validator;
mod yaml;

use crate::support::{App, hash, repository, run};
use serde_json::{Value as Json, json};
use std::fs;
use validator::Validator;
use wippy_host_app::manifest::{Kind, LoadOptions, Problem, load};
use yaml::read;

fn schema() -> Json {
    let ran = run(&["schema"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    ran.json()
}

fn validator() -> Validator {
    Validator::new(schema())
}

/// Every kind with every field.
fn all() -> Json {
    let digest = hash(b"");
    read(&format!(
        r#"version: "1.0"
namespace: demo
meta: {{ comment: "x" }}
entries:
  - {{ name: code, kind: fs.directory, directory: ./wasm, auto_init: true, mode: "0755" }}
  - {{ name: os, kind: env.storage.os, meta: {{ anything: [1, {{}}] }} }}
  - {{ name: file, kind: env.storage.file, file_path: ./.env, auto_create: true, file_mode: "0600" }}
  - {{ name: all, kind: env.storage.router, storages: [file, memory, "demo:os"] }}
  - {{ name: memory, kind: env.storage.memory, values: {{ A: "1" }} }}
  - {{ name: fixed, kind: env.storage.static, values: {{ A: "1" }} }}
  - {{ name: key, kind: env.variable, storage: all, variable: KEY, default: "", readonly: true }}
  - name: web
    kind: http.service
    addr: ":8080"
    timeouts: {{ read: 30s, write: 1m30s, idle: 500, header: 1.5s }}
    lifecycle: {{ auto_start: true, restart: {{}} }}
    tls: {{ certificate: a.pem, key: b.pem }}
    limits: {{ max_body_bytes: 1048576, max_connections: 3, max_header_bytes: 3 }}
  - {{ name: api, kind: http.router, meta: {{ server: web }}, prefix: /api, middleware: [cors] }}
  - {{ name: get, kind: http.endpoint, meta: {{ router: api }}, method: GET, path: "/users/{{id}}/{{rest...}}", func: f }}
  - name: f
    kind: function.lua
    source: "return {{}}"
    method: run
    modules: [funcs, json, string]
    imports: {{ a: lib }}
    pool: {{ type: lazy, max_size: 4 }}
    limits: {{ max_execution_ms: 5 }}
    wasi: {{ network: {{ allow: ["localhost:*"] }} }}
  - {{ name: lib, kind: library.lua, source: "return 1", imports: {{ b: lib2 }}, modules: [time] }}
  - {{ name: lib2, kind: library.lua, source: return 1 }}
  - name: job
    kind: process.wasm
    fs: code
    path: /x.wasm
    method: "wasi:cli/run#run"
    hash: "{digest}"
    meta: {{ command: {{ name: job, short: "x" }} }}
  - name: wasm
    kind: function.wasm
    fs: demo:code
    path: /x.wasm
    method: run
    hash: "{digest}"
    imports: [funcs, wasi:cli, WASI:HTTP, "wasi:io@0.2", wasi:cli/stdout, preview1, "${{env:X|wasi:io}}"]
    bindings: {{ "demo:math/ops": {{ add: f, mul: "demo:f" }}, audit: f }}
    wasi:
      args: ["--verbose"]
      cwd: /data
      env: [{{ id: key, name: KEY, required: true }}]
      mounts: [{{ fs: code, guest: /data, read_only: true }}, {{ fs: code, guest: /out, max_bytes: 5, max_files: 6 }}]
      network: {{ allow: ["api.example.com:443", "*.example.org", "10.1.0.0/16:5432"] }}
    config: {{ "wasi:http": {{ roots: x, identity: {{ certificate: a, key: b, hosts: [c] }} }} }}
    pool: {{ type: static, size: 1, workers: 2, buffer: 0, warm_start: true, reuse: {{ max_calls: 3 }}, worker_class: x }}
    limits:
      max_execution_ms: 0
      max_memory_bytes: 1
      max_table_elements: 1
      max_instances: 1
      max_host_bytes: 1
      max_resources: 1
      max_call_depth: 1
      max_log_bytes: 1
  - {{ name: wat, kind: function.wat, source: "(component)", method: run, transport: {{ type: wasi-http }}, wit: "x", strict_imports: true }}
  - {{ name: p, kind: process.host, host: {{ max_processes: 5, workers: 3 }} }}
  - {{ name: t, kind: terminal.host, lifecycle: {{ auto_start: false }} }}
"#
    ))
}

#[track_caller]
fn accepts(value: &Json) {
    assert_eq!(validator().errors(value), Vec::<String>::new(), "{value:#}");
}

#[test]
fn every_key_that_the_loader_knows_is_described() {
    let schema = schema();
    for kind in Kind::ALL {
        let file = json!({"namespace": "demo", "entries": [{"name": "it", "kind": kind.as_str(), "zz": 1}]});
        let problems = problems_of_loading(&file);
        let unknown = problems.iter().find(|problem| problem.message == "unknown key `zz`").unwrap();
        let (_, known) = unknown.remedy.as_ref().unwrap().split_once("known keys: ").unwrap();
        let described = &schema["$defs"][kind.as_str()]["properties"];
        for key in known.split(", ") {
            assert!(described[key]["description"].is_string(), "{kind}: {key}: {}", described[key]);
        }
    }
}

#[test]
fn every_kind_with_every_field_is_taken_by_both() {
    let all = all();
    accepts(&all);
    assert_eq!(errors_of_loading(&all), Vec::<String>::new());
}

#[test]
fn the_applications_of_this_repository_fit() {
    let (validator, root) = (validator(), repository());
    let mut open = vec![root.join("examples"), root.join("crates/host-cli/src/init/template")];
    let mut files = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let within = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            // That application has an import of its own, which its own program knows.
            open.extend(within.filter(|path| !path.ends_with("target") && !path.ends_with("acme-kv")));
        } else if path.file_name().is_some_and(|name| name == "_index.yaml") {
            files += 1;
            let errors = validator.errors(&read(&fs::read_to_string(&path).unwrap()));
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        }
    }
    assert!(files >= 6, "{files}");
}

#[test]
fn an_entry_that_is_a_file_of_its_own_fits() {
    accepts(
        &json!({"namespace": "demo", "version": "1.0", "name": "it", "kind": "function.wat", "source": "x", "method": "m"}),
    );
    let alone = validator();
    for (key, value) in [("entires", json!([])), ("method", json!("")), ("kind", json!("function.wot"))] {
        let mut entry =
            json!({"namespace": "demo", "name": "it", "kind": "function.wat", "source": "x", "method": "m"});
        entry[key] = value;
        assert!(!alone.errors(&entry).is_empty(), "{entry}");
    }
}

#[test]
fn what_a_variable_or_a_file_gives_is_not_judged() {
    let entry = |entry: Json| json!({"namespace": "demo", "entries": [entry]});
    accepts(&entry(json!({
        "name": "${env:NAME}", "kind": "function.wasm", "fs": "${env:FS}", "path": "file://path", "method": "m",
        "hash": "file://x.sha256", "pool": {"type": "${env:TYPE}", "max_size": "${env:SIZE|4}", "warm_start": "${env:WARM}"},
        "limits": {"max_execution_ms": "${env:MS}"}, "strict_imports": "${env:STRICT|true}", "transport": "${env:T}",
    })));
    accepts(&entry(json!({
        "name": "e", "kind": "http.endpoint", "method": "${env:M}", "path": "${env:P}", "func": "${env:F}",
    })));
}

/// Configuration that is wrong in one place, each with what is put there.
#[test]
fn what_imports_refuse_of_their_configuration_is_refused() {
    let validator = validator();
    let entry = |key: &str, value: &Json| {
        let mut entry = json!({"name": "it", "kind": "function.wat", "source": "x", "method": "m"});
        entry[key] = value.clone();
        json!({"namespace": "demo", "entries": [entry]})
    };
    for (key, value) in [
        ("wasi", json!({"arg": []})),
        ("wasi", json!({"args": [1]})),
        ("wasi", json!({"cwd": "data"})),
        ("wasi", json!({"env": [{"id": "key"}]})),
        ("wasi", json!({"env": [{"name": "KEY"}]})),
        ("wasi", json!({"env": [{"id": "key", "name": "KEY", "require": true}]})),
        ("wasi", json!({"env": {"KEY": "key"}})),
        ("wasi", json!({"mounts": [{"guest": "/x"}]})),
        ("wasi", json!({"mounts": [{"fs": "x"}]})),
        ("wasi", json!({"mounts": [{"fs": "x", "guest": "x"}]})),
        ("wasi", json!({"mounts": [{"fs": "x", "guest": "/x", "readonly": true}]})),
        ("wasi", json!({"mounts": [{"fs": "x", "guest": "/x", "read_only": "yes"}]})),
        ("wasi", json!({"mounts": [{"fs": "x", "guest": "/x", "max_bytes": 0}]})),
        ("wasi", json!({"network": {"allowed": []}})),
        ("wasi", json!({"network": {"allow": "localhost"}})),
        ("wasi", json!({"network": {"allow": [8080]}})),
        ("config", json!({"wasi:htp": {}})),
        ("config", json!({"wasi:http": {"root": "x"}})),
        ("config", json!({"wasi:http": {"identity": {"host": []}}})),
        ("imports", json!("wasi:cli")),
        ("imports", json!(["wasi:clii"])),
        ("imports", json!([{"wasi": "cli"}])),
    ] {
        assert!(!validator.errors(&entry(key, &value)).is_empty(), "{key}: {value}");
    }
}

fn problems_of_loading(file: &Json) -> Vec<Problem> {
    let app = App::empty().with("_index.json", file.to_string());
    load(&app.path(), &LoadOptions::new(|_| None)).problems
}

/// All errors of an application that is this file.
fn errors_of_loading(file: &Json) -> Vec<String> {
    let errors = problems_of_loading(file).into_iter().filter(Problem::is_error);
    errors.map(|problem| problem.message).collect()
}

/// What can be judged of a field alone.
fn is_visible(message: &str) -> bool {
    let of_a_field = [
        " must be ",
        "unknown key",
        "unknown kind",
        " is required",
        "cannot be negative",
        "must be at least",
        "invalid pool type",
        "invalid transport type",
        "unknown Lua module",
        "invalid hash",
        "unsupported hash",
        "unknown HTTP method",
        "invalid name",
        "invalid namespace",
    ];
    // The `meta` of the file may have what an entry lacks.
    let of_file = ["meta.server is required", "meta.router is required"];
    of_a_field.iter().any(|part| message.contains(part)) && !of_file.contains(&message)
}

/// Every place in a value, as a JSON pointer.
fn places(value: &Json, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Json::Object(members) => members.iter().for_each(|(key, value)| {
            places(value, &format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| places(item, &format!("{place}/{at}"), found))
        }
        _ => {}
    }
}

/// What the host reads, and not the loader of files.
fn is_of_the_host(file: &Json, place: &str) -> bool {
    let parts: Vec<&str> = place.split('/').skip(1).collect();
    let kind = parts.get(1).and_then(|at| file["entries"][at.parse::<usize>().ok()?]["kind"].as_str());
    let code = kind.is_some_and(|kind| kind.ends_with(".wasm") || kind.ends_with(".wat"));
    match parts.get(2) {
        Some(&"wasi") => code || parts.len() > 3,
        Some(&("imports" | "config")) => code,
        _ => false,
    }
}

#[test]
fn each_field_put_wrong_is_refused_by_both_or_by_none() {
    let (validator, all) = (validator(), all());
    let values = [
        json!(""),
        json!("x y"),
        json!("zz"),
        json!("a:b:c"),
        json!(-1),
        json!(0),
        json!(1),
        json!(1.5),
        json!(true),
        json!([]),
        json!(["x y"]),
        json!([1]),
        json!({}),
        json!({"zz": 1}),
    ];
    let mut found = Vec::new();
    places(&all, "", &mut found);
    let mut changed = Vec::new();
    for place in found.iter().filter(|place| !place.is_empty() && !is_of_the_host(&all, place)) {
        for value in &values {
            let mut file = all.clone();
            *file.pointer_mut(place).unwrap() = value.clone();
            changed.push((format!("{place} = {value}"), file));
        }
        let (parent, key) = place.rsplit_once('/').unwrap();
        let mut file = all.clone();
        if let Json::Object(members) = file.pointer_mut(parent).unwrap() {
            members.remove(&key.replace("~1", "/")).unwrap();
            changed.push((format!("without {place}"), file));
        }
        let mut file = all.clone();
        if let Json::Object(members) = file.pointer_mut(place).unwrap() {
            members.insert("zz".to_owned(), json!("zz"));
            changed.push((format!("{place} with zz"), file));
        }
    }
    assert!(changed.len() > 1_500, "{}", changed.len());
    let mut wrong = Vec::new();
    for (what, file) in changed {
        let (refused, errors) = (validator.errors(&file), errors_of_loading(&file));
        if errors.is_empty() && !refused.is_empty() {
            wrong.push(format!("{what}: the loader takes it, and the schema says {refused:?}"));
        }
        if refused.is_empty() && errors.iter().any(|error| is_visible(error)) {
            wrong.push(format!("{what}: the schema takes it, and the loader says {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
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
