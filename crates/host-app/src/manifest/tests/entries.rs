//! Heads of files, entries, and the kinds that are no functions.

use super::*;
use crate::manifest::{Kind, PathSegment};

const KINDS: &str = "env.storage.file, env.storage.memory, env.storage.os, env.storage.router, env.storage.static, \
                     env.variable, fs.directory, function.lua, function.wasm, function.wat, http.endpoint, http.router, \
                     http.service, library.lua, process.host, process.wasm, terminal.host";

#[test]
fn the_application_of_the_specification_loads() {
    let text = format!(
        r#"version: "1.0"
namespace: demo
entries:
  - name: assets
    kind: fs.directory
    directory: ./wasm
  - name: data
    kind: fs.directory
    directory: ./data
  - name: os
    kind: env.storage.os
  - name: api_key
    kind: env.variable
    storage: os
    variable: API_KEY
  - name: report
    kind: function.wasm
    fs: demo:assets
    path: /report.wasm
    hash: {HASH}
    method: run
    imports: [funcs, wasi:cli, wasi:io, wasi:clocks, wasi:filesystem]
    wasi:
      args: ["--verbose"]
      cwd: /data
      env:
        - {{ id: demo:api_key, name: API_KEY, required: true }}
      mounts:
        - {{ fs: demo:data, guest: /data, read_only: true }}
      network:
        allow: ["api.example.com:443", "*.example.org", "10.1.0.0/16:5432", "localhost:*"]
    limits: {{ max_execution_ms: 5000, max_memory_bytes: 67108864 }}
    pool: {{ type: lazy, max_size: 4 }}
"#
    );
    let app = App::new(&[("_index.yaml", &text)]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    assert_eq!(loaded.declarations.len(), 5);
    let report = loaded.declarations.get(&id("demo:report")).unwrap();
    assert_eq!(report.kind.value, Kind::FunctionWasm);
    assert_eq!(report.span.to_string(), "_index.yaml:16:5");
    let function = report.function().unwrap();
    assert_eq!(
        function.imports.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        ["funcs", "wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem"]
    );
    assert_eq!(function.imports[1].span.to_string(), "_index.yaml:22:22");
    assert_eq!(function.imports_key.as_ref().unwrap().to_string(), "_index.yaml:22:5");
    let wasi = function.wasi.as_ref().unwrap();
    let path: [PathSegment; 3] = ["mounts".into(), 0.into(), "fs".into()];
    assert_eq!(wasi.at_path(&path).unwrap().span().to_string(), "_index.yaml:29:17");
}

#[test]
fn a_file_may_be_a_single_entry() {
    let app = App::new(&[(
        "data.yaml",
        "version: \"1.0\"\nnamespace: demo\nname: data\nkind: fs.directory\nmeta: { comment: mine }\ndirectory: ./data\n",
    )]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let entry = loaded.declarations.get(&id("demo:data")).unwrap();
    assert_eq!(entry.meta.to_json().to_string(), r#"{"comment":"mine"}"#);
}

#[test]
fn a_single_entry_is_checked_like_any_other() {
    assert_eq!(
        problems("namespace: demo\nkind: fs.directory\ndirectry: ./data\n"),
        [
            "_index.yaml:1:1: name is required\n  help: add `name: my_entry`",
            "_index.yaml:1:1: directory is required\n  help: add `directory: ./data`, a path relative to the application",
            "_index.yaml:3:1: unknown key `directry`\n  help: did you mean `directory`? known keys: auto_init, directory, \
             kind, meta, mode, name, namespace, version",
        ]
    );
}

#[test]
fn meta_of_a_file_is_inherited_key_by_key() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nmeta: { team: a, type: file }\nentries:\n  - { name: x, kind: env.storage.os, meta: { type: own } }\n  - { name: y, kind: env.storage.os }\n",
    )]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let meta = |name: &str| loaded.declarations.get(&id(name)).unwrap().meta.to_json().to_string();
    assert_eq!(meta("demo:x"), r#"{"team":"a","type":"own"}"#);
    let type_of_x = loaded.declarations.get(&id("demo:x")).unwrap().meta.get("type").unwrap();
    assert_eq!((&**type_of_x.as_text().unwrap(), type_of_x.span().line), ("own", 4));
    assert_eq!(meta("demo:y"), r#"{"team":"a","type":"file"}"#);
}

#[test]
fn an_unknown_key_at_the_top_names_the_nearest() {
    assert_eq!(
        problems("namespace: demo\nentires: []\nversoin: \"1\"\nkinds: a\n"),
        [
            "_index.yaml:2:1: unknown key `entires`\n  help: did you mean `entries`? known keys: entries, meta, namespace, \
             version",
            "_index.yaml:3:1: unknown key `versoin`\n  help: did you mean `version`? known keys: entries, meta, namespace, \
             version",
            "_index.yaml:4:1: unknown key `kinds`\n  help: known keys: entries, meta, namespace, version",
        ]
    );
}

#[test]
fn the_head_of_a_file_has_types() {
    assert_eq!(
        problems("namespace: [a]\nversion: {}\nmeta: x\nentries: y\n"),
        [
            "_index.yaml:1:12: `namespace` must be text, found a list\n  help: write `namespace: demo`",
            "_index.yaml:2:10: `version` must be text, found a mapping\n  help: write `version: \"1.0\"`",
            "_index.yaml:3:7: `meta` must be a mapping, found the text `x`\n  help: write `meta: { comment: \"…\" }`",
            "_index.yaml:4:10: `entries` must be a list, found the text `y`\n  help: write `entries:` and below it \
             `  - name: …`",
        ]
    );
    assert_eq!(problems("namespace: demo\nversion: 1.0\nentries: []\n"), Vec::<String>::new());
}

#[test]
fn a_namespace_has_an_alphabet() {
    assert_eq!(
        problems("namespace: my app\nentries: []\n"),
        [
            "_index.yaml:1:12: invalid namespace `my app`: a space is not allowed in a namespace, only ASCII letters, digits, \
          `_`, `-` and `.`\n  help: write `namespace: my_app`"
        ]
    );
    assert_eq!(problems("namespace: A-z_0.9\nentries: []\n"), Vec::<String>::new());
}

#[test]
fn entries_below_an_invalid_namespace_are_still_checked() {
    let app = App::new(&[("_index.yaml", "namespace: a b\nentries:\n  - { name: x, kind: fs.directory }\n")]);
    assert_eq!(
        app.problems()[1],
        "_index.yaml:3:5: x: directory is required\n  help: add `directory: ./data`, a path relative to the application"
    );
    assert!(app.load().declarations.is_empty());
}

#[test]
fn an_entry_has_a_name_and_a_kind() {
    assert_eq!(
        problems(
            "namespace: demo\nentries:\n  - just text\n  - {}\n  - { name: 'a b', kind: env.storage.os }\n  - { name: a:b, kind: }\n  - name: 12\n    kind: env.storage.os\n"
        ),
        [
            "_index.yaml:3:5: an entry must be a mapping, found the text `just text`\n  help: write `- name: my_entry` and \
             below it `  kind: function.wasm`",
            "_index.yaml:4:5: name is required\n  help: add `name: my_entry`",
            "_index.yaml:4:5: kind is required\n  help: add `kind: function.wasm`",
            "_index.yaml:5:13: demo:a b: invalid name `a b`: a space is not allowed in a name\n  help: write `name: a_b`",
            "_index.yaml:6:13: demo:a:b: invalid name `a:b`: `:` is not allowed in a name\n  help: write `name: a_b`",
            "_index.yaml:6:18: demo:a:b: kind is required\n  help: add `kind: function.wasm`",
            "_index.yaml:7:11: `name` must be text, found the number `12`\n  help: write `name: \"12\"`",
        ]
    );
}

#[test]
fn an_unknown_kind_lists_the_known_ones_and_the_nearest() {
    assert_eq!(
        problems_of("kind: function.wsm\nanything: 1"),
        [format!(
            "5:11: demo:it: unknown kind: function.wsm\n  help: did you mean `function.wasm`? this host has: {KINDS}"
        )]
    );
    assert_eq!(
        problems_of("kind: queue"),
        [format!("5:11: demo:it: unknown kind: queue\n  help: this host has: {KINDS}")]
    );
}

#[test]
fn unknown_kinds_are_skipped_with_a_warning_on_request() {
    let mut app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: a, kind: http.static, directory: \"${env:UNSET}\" }\n  - { name: b, kind: env.storage.os }\n",
    )]);
    app.options.skip_unknown_kinds = true;
    assert_eq!(
        app.problems(),
        [format!("_index.yaml:3:22: warning: demo:a: unknown kind: http.static\n  help: this host has: {KINDS}")]
    );
    assert!(!app.load().has_errors());
    assert_eq!(app.load().declarations.len(), 1);
}

#[test]
fn a_directory_has_typed_fields() {
    match declared("kind: fs.directory\ndirectory: ./data\nauto_init: true\nmode: 0750") {
        Declaration::FsDirectory(it) => {
            assert_eq!(it.directory.as_str(), "./data");
            assert_eq!(it.directory.span.to_string(), "_index.yaml:6:16");
            assert!(it.auto_init.unwrap().value);
            assert_eq!(it.mode.unwrap().value, 0o750);
        }
        other => panic!("{other:?}"),
    }
    for (mode, expected) in [("\"0755\"", 0o755), ("755", 0o755), ("0o700", 0o700), ("\"1777\"", 0o1777)] {
        match declared(&format!("kind: fs.directory\ndirectory: d\nmode: {mode}")) {
            Declaration::FsDirectory(it) => assert_eq!(it.mode.unwrap().value, expected, "{mode}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_directory_with_wrong_fields_says_which() {
    assert_eq!(
        problems_of("kind: fs.directory\ndirectory: [a]\nauto_init: yes\nmode: rwx\ndir: x"),
        [
            "6:16: demo:it: `directory` must be text, found a list\n  help: write `directory: ./data`, a path relative to \
             the application",
            "7:16: demo:it: `auto_init` must be true or false, found the text `yes`\n  help: write `auto_init: true`",
            "8:11: demo:it: `mode` must be octal permissions from 0 to 7777, found the text `rwx`\n  help: write \
             `mode: \"0755\"`",
            "9:5: demo:it: unknown key `dir`\n  help: did you mean `directory`? known keys: auto_init, directory, kind, \
             meta, mode, name",
        ]
    );
    for mode in ["888", "77777", "-755", "{}"] {
        assert_eq!(problems_of(&format!("kind: fs.directory\ndirectory: d\nmode: {mode}")).len(), 1, "{mode}");
    }
}

#[test]
fn storages_hold_text() {
    match declared("kind: env.storage.memory\nvalues: { A: x, B: \"8080\", C: \"\" }") {
        Declaration::EnvStorageMemory(it) => {
            let values: Vec<_> = it.values.iter().map(|(name, value)| (name.as_str(), &*value.value)).collect();
            assert_eq!(values, [("A", "x"), ("B", "8080"), ("C", "")]);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(declared("kind: env.storage.static"), Declaration::EnvStorageStatic(it) if it.values.is_empty()));
    assert!(matches!(declared("kind: env.storage.os"), Declaration::EnvStorageOs));
    assert_eq!(
        problems_of(
            "kind: env.storage.static\nvalues:\n  PORT: 8080\n  ON: true\n  VERSION: 1.10\n  NONE:\n  LIST: []"
        ),
        [
            "7:13: demo:it: `values.PORT` must be text, found the number `8080`\n  help: write `PORT: \"8080\"`",
            "8:11: demo:it: `values.ON` must be text, found `true`\n  help: write `ON: \"true\"`",
            "9:16: demo:it: `values.VERSION` must be text, found the number `1.10`\n  help: write `VERSION: \"1.10\"`",
            "10:11: demo:it: `values.NONE` must be text, found nothing\n  help: write `NONE: \"\"`",
            "11:13: demo:it: `values.LIST` must be text, found a list",
        ]
    );
    assert_eq!(
        problems_of("kind: env.storage.os\nvalues: {}"),
        ["6:5: demo:it: unknown key `values`\n  help: known keys: kind, meta, name"]
    );
}

#[test]
fn a_variable_has_typed_fields() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: os, kind: env.storage.os }\n  - { name: key, kind: env.variable, storage: os, variable: API_KEY, default: \"\", readonly: true }\n  - { name: short, kind: env.variable, storage: \"demo:os\" }\n",
    )]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    match &loaded.declarations.get(&id("demo:key")).unwrap().declaration {
        Declaration::EnvVariable(it) => {
            assert_eq!(it.storage.value, id("demo:os"));
            assert_eq!(it.variable.as_ref().unwrap().as_str(), "API_KEY");
            assert_eq!(&*it.default.as_ref().unwrap().value, "");
            assert!(it.readonly.as_ref().unwrap().value);
        }
        other => panic!("{other:?}"),
    }
    match &loaded.declarations.get(&id("demo:short")).unwrap().declaration {
        Declaration::EnvVariable(it) => assert!(it.variable.is_none() && it.default.is_none()),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        problems_of("kind: env.variable\nreadonly: 1"),
        [
            "4:5: demo:it: storage is required\n  help: add `storage: <id of an env.storage.* entry>`",
            "6:15: demo:it: `readonly` must be true or false, found the number `1`\n  help: write `readonly: true` or \
             `readonly: false`",
        ]
    );
}
