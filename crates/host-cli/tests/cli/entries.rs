//! Entries that are wrong, each with its place and remedy.

use crate::support::{ADD, App, hash, run};

#[test]
fn a_directory_that_is_missing_is_no_application() {
    let app = App::empty();
    let missing = app.path().join("nowhere");
    let ran = run(&["call", missing.to_str().unwrap(), "demo:it"]);
    ran.fails(&format!(
        "error: the application's directory {} does not exist
  help: give the directory that holds the application's `_index.yaml`
error: the application has 1 problem and does not run
",
        missing.display()
    ));
}

#[test]
fn a_file_is_no_application() {
    let app = App::empty().with("_index.yaml", "");
    let file = app.path().join("_index.yaml");
    let ran = run(&["check", file.to_str().unwrap()]);
    assert_eq!(
        ran.stderr,
        format!(
            "error: {} is a file, and an application is a directory\n  help: give the directory that it is in: {}\n",
            file.display(),
            app.path().display()
        )
    );
    assert_eq!((ran.stdout.as_str(), ran.code), ("0 functions ready, 1 problem, 0 remarks\n", 1));
}

#[test]
fn a_directory_without_a_namespace_is_no_application() {
    assert_eq!(
        App::empty().with("notes.yaml", "a: 1\n").problems(),
        "error: no application in ROOT: no .yaml, .yml or .json file has a `namespace`
  help: create `_index.yaml` there, with the lines `version: \"1.0\"`, `namespace: demo` and `entries: []`
"
    );
    assert_eq!(
        App::with_index("entries: []\n").problems(),
        "error: namespace is required
  --> _index.yaml:1:1
     1 | entries: []
  help: add `namespace: demo`
"
    );
}

#[test]
fn malformed_yaml_is_shown_where_it_breaks() {
    assert_eq!(
        App::new("  - name: it\n    kind: function.wat\n   method: run\n").problems(),
        "error: malformed YAML: a list item (`- `) is expected here
  --> _index.yaml:6:4
     6 |    method: run
  help: keys of one mapping start in the same column, items of one list too
"
    );
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    let app = App::wat(crate::support::ADD, "add", "    import: [wasi:cli]\n");
    assert_eq!(
        app.problems(),
        "error: demo:it: unknown key `import`
  --> _index.yaml:8:5
     8 |     import: [wasi:cli]
  help: did you mean `imports`? known keys: bindings, config, imports, kind, limits, meta, method, name, pool, source, \
         strict_imports, transport, wasi, wit
"
    );
}

#[test]
fn a_key_that_only_wippy_acts_on_is_a_remark() {
    let app = App::wat(crate::support::ADD, "add", "    middleware: []\n    host: { worker_count: 4 }\n");
    assert_eq!(
        app.remarks(),
        "remark: demo:it: `middleware` has no effect: Wippy knows it, and this host does not act on it
  --> _index.yaml:8:5
     8 |     middleware: []
  help: leave it for Wippy, or remove it
remark: demo:it: `host.worker_count` has no effect: Wippy knows it, and this host does not act on it
  --> _index.yaml:9:5
     9 |     host: { worker_count: 4 }
  help: leave it for Wippy, or remove it
"
    );
    app.call(&["3", "5"]).gives("8\n");
}

#[test]
fn two_entries_of_one_name_are_both_named() {
    let app = App::new(
        "  - {name: it, kind: function.wat, source: file://add.wat, method: add}
  - {name: it, kind: env.storage.os}
",
    );
    assert_eq!(
        app.problems(),
        "error: demo:it: demo:it already exists: it is declared at _index.yaml:4:12
  --> _index.yaml:5:12
     5 |   - {name: it, kind: env.storage.os}
  help: give one of the two another name, or remove it
"
    );
}

#[test]
fn an_unknown_kind_is_an_error_that_can_be_made_a_warning() {
    let app = App::new(
        "  - {name: it, kind: function.wat, source: file://add.wat, method: add}
  - {name: other, kind: http.static, directory: \"x\"}
  - {name: slip, kind: functon.wat}
",
    );
    let kinds = "env.storage.file, env.storage.memory, env.storage.os, env.storage.router, env.storage.static, \
                 env.variable, fs.directory, function.lua, function.wasm, function.wat, http.endpoint, http.router, \
                 http.service, library.lua, process.host, process.wasm, terminal.host";
    let found = |severity: &str| {
        format!(
            "{severity}: demo:other: unknown kind: http.static
  --> _index.yaml:5:25
     5 |   - {{name: other, kind: http.static, directory: \"x\"}}
  help: this host has: {kinds}
{severity}: demo:slip: unknown kind: functon.wat
  --> _index.yaml:6:24
     6 |   - {{name: slip, kind: functon.wat}}
  help: did you mean `function.wat`? this host has: {kinds}
"
        )
    };
    assert_eq!(app.problems(), found("error"));
    app.call(&["3", "5"]).fails(&format!("{}error: the application has 2 problems and does not run\n", found("error")));

    let skipping = app.run("check", &["--skip-unknown-kinds"]);
    assert_eq!(skipping.stderr, found("warning"));
    let report = format!(
        "demo:it\n  imports nothing\n{}1 function ready, 0 problems, 2 warnings, 0 remarks\n",
        crate::least::nothing("demo:it")
    );
    assert_eq!((skipping.stdout, skipping.code), (report, 0));
    let called = app.call(&["--skip-unknown-kinds", "3", "5"]);
    assert_eq!((called.stdout.as_str(), called.stderr, called.code), ("8\n", found("warning"), 0));
    app.run("call", &["--skip-unknown-kinds", "--json", "demo:other"]).fails(
        "{\"error\":{\"kind\":\"NotFound\",\"message\":\"demo:other is of kind http.static, which this host does not \
         have\",\"remedy\":\"the functions are: demo:it\"}}\n",
    );
}

#[test]
fn limits_pool_and_transport_are_held_to_what_they_may_be() {
    let app = App::wat(
        crate::support::ADD,
        "add",
        "    limits: { max_execution_ms: -1 }
    pool: { type: lzy, size: -2 }
    transport: http
    strict_imports: yes
",
    );
    assert_eq!(
        app.problems(),
        "error: demo:it: limits.max_execution_ms cannot be negative
  --> _index.yaml:8:33
     8 |     limits: { max_execution_ms: -1 }
  help: write `max_execution_ms: 0` for no limit
error: demo:it: invalid pool type: lzy
  --> _index.yaml:9:19
     9 |     pool: { type: lzy, size: -2 }
  help: did you mean `lazy`? known types: inline, lazy, static, adaptive
error: demo:it: pool values cannot be negative
  --> _index.yaml:9:30
     9 |     pool: { type: lzy, size: -2 }
  help: leave `size` out for the default
error: demo:it: invalid transport type: http
  --> _index.yaml:10:16
    10 |     transport: http
  help: known types: payload, wasi-http
error: demo:it: `strict_imports` must be true or false, found the text `yes`
  --> _index.yaml:11:21
    11 |     strict_imports: yes
  help: write `strict_imports: true`
"
    );
}

#[test]
fn a_component_needs_no_wit_and_any_function_may_stand_behind_http() {
    let app = App::wat(
        crate::support::ADD,
        "add",
        "    transport: wasi-http\n    wit: \"package a:b;\"\n    pool: { type: static, workers: 2 }\n",
    );
    assert_eq!(
        app.remarks(),
        "remark: demo:it: wit has no effect: the code is a component, which has its own types
  --> _index.yaml:9:10
     9 |     wit: \"package a:b;\"
  help: remove wit
"
    );
}

#[test]
fn a_directory_that_cannot_be_used_is_reported_once_at_its_entry() {
    let app = App::wat(
        crate::support::ADD,
        "add",
        "    wasi: { mounts: [{ fs: gone, guest: /a }, { fs: file, guest: /b }, { fs: through, guest: /c }] }
  - { name: gone, kind: fs.directory, directory: ./gone }
  - { name: file, kind: fs.directory, directory: add.wat }
  - { name: through, kind: fs.directory, directory: add.wat/x, auto_init: true }
  - { name: other, kind: function.wasm, fs: gone, path: /x.wasm, hash: \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\", method: run }
",
    );
    assert_eq!(
        app.problems(),
        "error: demo:gone: the directory ./gone does not exist
  --> _index.yaml:9:50
     9 |   - { name: gone, kind: fs.directory, directory: ./gone }
  help: create ROOT/gone, or add auto_init: true
error: demo:file: add.wat is not a directory
  --> _index.yaml:10:50
    10 |   - { name: file, kind: fs.directory, directory: add.wat }
  help: name a directory, relative to the application's root
error: demo:through: the directory add.wat/x cannot be: its path leads through a file
  --> _index.yaml:11:53
    11 |   - { name: through, kind: fs.directory, directory: add.wat/x, auto_init: true }
  help: name a directory, relative to the application's root
"
    );
}

#[test]
fn a_directory_with_auto_init_is_created() {
    let app = App::wat(
        crate::support::ADD,
        "add",
        "  - { name: made, kind: fs.directory, directory: ./a/b, auto_init: true, mode: \"0700\" }\n",
    );
    app.call(&["3", "5"]).gives("8\n");
    assert!(app.path().join("a/b").is_dir());
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_name_that_is_no_text_is_shown_as_well_as_can_be() {
    use std::os::unix::ffi::OsStrExt;
    let app = App::empty();
    let name = std::ffi::OsStr::from_bytes(b"a\xff\n.yaml");
    std::fs::write(app.path().join(name), "namespace: demo\nentry: []\n").unwrap();
    let message = "unknown key `entry`";
    let ran = app.run("check", &["--json"]);
    let problems = ran.json();
    assert_eq!([&problems["problems"][0]["file"], &problems["problems"][0]["message"]], ["a\u{fffd}\n.yaml", message]);
    let shown = app.problems();
    assert!(shown.contains(&format!("error: {message}\n  --> a\u{fffd}\\n.yaml:2:1\n")), "{shown}");
}

#[test]
fn all_that_is_wrong_with_an_entry_is_told_at_once() {
    let problems = App::new(
        "  - {name: os, kind: env.storage.os}
  - {name: key, kind: env.variable, storage: os}
  - name: it
    kind: function.wat
    source: file://add.wat
    method: nope
    pool: {type: foo}
    imports: [foo, wasi:cli]
    wasi:
      cwd: data
      args: [1, true, text]
      env:
        - {id: key, name: A, requird: true}
        - {name: B}
        - {id: key, name: C, required: 1}
        - {id: key, name: \"D=E\"}
",
    )
    .problems();
    for (place, what) in [
        ("9:13", "nope"),
        ("10:18", "foo"),
        ("11:15", "foo"),
        ("13:7", "cwd"),
        ("14:14", "args"),
        ("14:17", "args"),
        ("16:30", "requird"),
        ("17:11", "id"),
        ("18:40", "required"),
        ("19:21", "name"),
    ] {
        let told = problems.split("\nerror: ").find(|problem| problem.contains(&format!("--> _index.yaml:{place}\n")));
        assert!(told.is_some_and(|problem| problem.contains(what)), "{place} {what}:\n{problems}");
    }
}

#[test]
fn a_pem_file_that_cannot_be_used_is_a_problem_of_its_entry() {
    let entry = "  - name: web
    kind: http.service
    addr: \":0\"
    tls: { certificate: ./cert.pem, key: ./key.pem }
";
    let problems = App::new(entry).with("cert.pem", "nothing").with("key.pem", "nothing").problems();
    assert!(problems.contains("cert.pem: there is no certificate in it\n  --> _index.yaml:7:"), "{problems}");
    assert!(problems.contains("  help: name a PEM file with the certificate"), "{problems}");
}

#[test]
fn a_handler_that_gets_no_requests_is_warned_of() {
    let app =
        App::guest("handler", "wasi:http/incoming-handler#handle", "    imports: [wasi:io, wasi:clocks, funcs]\n");
    let ran = app.run("check", &[]);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("takes whole HTTP requests, and gets none"), "{told}");
    assert!(told.contains("help: add `transport: wasi-http`"), "{told}");
}

#[test]
fn a_process_host_that_does_not_start_is_none() {
    let app = App::new(&format!(
        "  - {{name: code, kind: fs.directory, directory: .}}
  - {{name: work, kind: process.wasm, fs: code, path: /add.wat, hash: \"{}\", method: add}}
  - {{name: \"off\", kind: process.host, lifecycle: {{auto_start: false}}}}
  - name: it
    kind: function.lua
    source: |
      return function()
        local pid, err = process.spawn(\"demo:work\", \"demo:off\", 1, 2)
        return err:message()
      end
    method: it
",
        hash(ADD.as_bytes())
    ));
    let ran = app.run("call", &["demo:it"]);
    assert!(ran.stdout.contains("no process host: demo:off"), "{ran:?}");
}
