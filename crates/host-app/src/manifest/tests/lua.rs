//! `function.lua` and `library.lua`.

use super::*;

/// An application of these entries, which begin in line 3.
fn app(entries: &str) -> App {
    App::new(&[("_index.yaml", &format!("namespace: demo\nentries:\n{entries}"))])
}

#[test]
fn a_lua_function_has_typed_fields() {
    let app = app("  - { name: helper, kind: library.lua, source: \"return {}\", modules: [json] }
  - name: it
    kind: function.lua
    source: file://it.lua
    method: run
    modules: [funcs, time, string]
    imports: { help: helper, other: demo:helper }
    pool: { type: inline }
    limits: { max_execution_ms: 5 }
    wasi: { network: { allow: [\"localhost:*\"] } }
");
    app.write("it.lua", b"return { run = function() end }");
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let Declaration::LuaFunction(it) = &loaded.declarations.get(&id("demo:it")).unwrap().declaration else { panic!() };
    assert_eq!(&*it.source.value, "return { run = function() end }");
    assert_eq!(it.method.as_str(), "run");
    assert_eq!(it.modules.iter().map(|module| module.as_str()).collect::<Vec<_>>(), ["funcs", "time", "string"]);
    let imports: Vec<_> = it.imports.iter().map(|import| (&*import.alias.value, import.library.to_string())).collect();
    assert_eq!(imports, [("help", "demo:helper".to_owned()), ("other", "demo:helper".to_owned())]);
    assert_eq!(it.imports[1].alias.span.to_string(), "_index.yaml:9:30");
    assert_eq!(it.imports[1].library.span.to_string(), "_index.yaml:9:37");
    assert_eq!(it.limits.max_execution_ms.as_ref().unwrap().value, 5);
    assert_eq!(it.network.as_ref().unwrap().to_json().to_string(), r#"{"allow":["localhost:*"]}"#);
    let Declaration::LuaLibrary(helper) = &loaded.declarations.get(&id("demo:helper")).unwrap().declaration else {
        panic!()
    };
    assert_eq!((&*helper.source.value, helper.modules[0].as_str()), ("return {}", "json"));
}

#[test]
fn source_and_method_are_required() {
    assert_eq!(
        problems_of("kind: function.lua"),
        [
            "4:5: demo:it: source is required\n  help: add `source: file://main.lua`, or the text itself",
            "4:5: demo:it: method is required\n  help: add `method: run`, or another function of the table that the source \
             returns",
        ]
    );
    assert_eq!(
        problems_of("kind: library.lua\nmethod: run"),
        [
            "4:5: demo:it: source is required\n  help: add `source: file://library.lua`, or the text itself",
            "6:5: demo:it: unknown key `method`\n  help: known keys: imports, kind, meta, modules, name, source",
        ]
    );
}

#[test]
fn modules_are_those_of_this_host() {
    assert_eq!(
        problems_of("kind: library.lua\nsource: return 1\nmodules: [http_clint, sql, json]"),
        [
            "7:15: demo:it: unknown Lua module: `http_clint`\n  help: did you mean `http_client`? known modules: base64, \
             channel, env, errors, funcs, hash, http_client, json, logger, process, time, uuid",
            "7:27: demo:it: unknown Lua module: `sql`\n  help: known modules: base64, channel, env, errors, funcs, hash, \
             http_client, json, logger, process, time, uuid",
        ]
    );
}

#[test]
fn imports_name_libraries() {
    let app = app("  - { name: helper, kind: library.lua, source: return 1 }
  - { name: other, kind: function.lua, source: return 1, method: run }
  - { name: it, kind: function.lua, source: return 1, method: run, imports: { a: helpr, b: other, c: \"x y\", d: 5 } }
  - { name: list, kind: library.lua, source: return 1, imports: [helper] }
");
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:5:82: demo:it: `imports.a` names demo:helpr, and there is no such entry\n  help: did you mean \
             `demo:helper`?",
            "_index.yaml:5:92: demo:it: `imports.b` must name an entry of kind library.lua, and demo:other is of kind \
             function.lua\n  help: there are: demo:helper, demo:list",
            "_index.yaml:5:102: demo:it: `imports.c` must be the id of an entry, and `x y` is none: a space is not allowed \
             in a name\n  help: write `c: namespace:name`, or a name of this namespace",
            "_index.yaml:5:112: demo:it: `imports.d` must be text, found the number `5`\n  help: write `\"5\"`",
            "_index.yaml:6:65: demo:list: `imports` must be a mapping, found a list\n  help: write `imports: { helper: <id \
             of a library.lua entry> }`",
        ]
    );
}

#[test]
fn of_wasi_only_the_network_means_something_to_lua() {
    assert_eq!(
        problems_of("kind: function.lua\nsource: return 1\nmethod: run\nwasi: { cwd: /, network: [] }\nhash: x"),
        [
            "8:13: demo:it: unknown key `wasi.cwd`\n  help: known keys: network",
            "8:30: demo:it: `wasi.network` must be a mapping, found a list\n  help: write `network: { allow: \
             [\"api.example.com:443\"] }`",
            "9:5: demo:it: unknown key `hash`\n  help: known keys: imports, kind, limits, meta, method, modules, name, pool, \
             source, wasi",
        ]
    );
}

#[test]
fn libraries_that_import_each_other_in_a_circle_are_named() {
    let library = |name: &str, imports: &str| {
        format!("  - {{ name: {name}, kind: library.lua, source: return 1, imports: {{ {imports} }} }}\n")
    };
    let entries = [
        library("a", "x: b"),
        library("b", "x: c, y: d"),
        library("c", "x: a"),
        library("d", ""),
        library("self", "x: self"),
        library("uses", "x: a"),
    ];
    let app = app(&entries.concat());
    let remedy = "help: take one of these imports out: what both need belongs in a library of its own";
    assert_eq!(
        app.problems(),
        [
            format!(
                "_index.yaml:3:67: demo:a: libraries import each other in a circle: demo:a → demo:b → demo:c → demo:a\n  \
                 {remedy}"
            ),
            format!(
                "_index.yaml:7:70: demo:self: libraries import each other in a circle: demo:self → demo:self\n  {remedy}"
            ),
        ]
    );
    let sound: Vec<_> = app.load().declarations.iter().map(|entry| entry.id.to_string()).collect();
    assert_eq!(sound, ["demo:d", "demo:uses"]);
}

#[test]
fn a_chain_of_libraries_may_be_as_long_as_the_application() {
    let count = 5_000;
    let entries: String = (0..count)
        .map(|n| {
            let next = (n + 1) % count;
            format!("  - {{ name: l{n}, kind: library.lua, source: return 1, imports: {{ next: l{next} }} }}\n")
        })
        .collect();
    let problems = app(&entries).problems();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].contains("demo:l8 → demo:l9 → … → demo:l0\n") || problems[0].contains("→ … → demo:l0\n"),
        "{}",
        problems[0]
    );
}
