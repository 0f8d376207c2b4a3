//! `function.wasm` and `function.wat`.

use super::{each, each_of_wat};

#[test]
fn a_function_of_a_file_has_its_required_values() {
    let wasm = |lines: &'static str, message: &'static str, remedy: &'static str| each(&[(lines, message, remedy)]);
    wasm(
        "kind: function.wasm\npath: /add.wat\nhash: {HASH}\nmethod: add",
        "fs is required",
        "add `fs: <id of an fs.directory entry>`",
    );
    wasm(
        "kind: function.wasm\nfs: code\nhash: {HASH}\nmethod: add",
        "path is required",
        "add `path: /module.wasm`, a path inside the directory that `fs` names",
    );
    wasm(
        "kind: function.wasm\nfs: code\npath: /add.wat\nmethod: add",
        "hash is required",
        "add `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file",
    );
    wasm(
        "kind: function.wasm\nfs: code\npath: /add.wat\nhash: {HASH}",
        "method is required",
        "add `method: run`, or another function that the module exports",
    );
    wasm(
        "kind: function.wat\nmethod: add",
        "source is required",
        "add `source: file://module.wat`, or the text itself",
    );
    wasm(
        "kind: function.wat\nsource: file://add.wat\n▸method: \"\"",
        "method is required",
        "add `method: run`, or another function that the module exports",
    );
}

#[test]
fn a_hash_is_that_of_the_file() {
    let remedy = "write `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file";
    each(&[
        (
            "kind: function.wasm\nfs: code\npath: /add.wat\nmethod: add\nhash: ▸sha256:12",
            "invalid hash format: sha256:12",
            remedy,
        ),
        (
            "kind: function.wasm\nfs: code\npath: /add.wat\nmethod: add\nhash: ▸sha1:12",
            "unsupported hash algorithm: sha1",
            remedy,
        ),
    ]);
    let known = crate::support::hash(crate::support::ADD.as_bytes());
    let zeros = format!("sha256:{}", "0".repeat(64));
    super::breaks(
        "_index.yaml",
        &format!(
            "{}  - name: it\n    kind: function.wasm\n    fs: code\n    path: /add.wat\n    method: add\n    hash: ▸{zeros}\n",
            super::neighbours()
        ),
        &format!("hash mismatch: expected {zeros}, got {known}"),
        &format!("if the file is the one you mean, write hash: {known}"),
    );
}

#[test]
fn what_a_function_names_is_there() {
    each(&[
        (
            "kind: function.wasm\nfs: ▸cod\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "`fs` names demo:cod, and there is no such entry",
            "did you mean `demo:code`?",
        ),
        (
            "kind: function.wasm\nfs: ▸os\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "`fs` must name an entry of kind fs.directory, and demo:os is of kind env.storage.os",
            "there are: demo:code",
        ),
        (
            "kind: function.wasm\nfs: code\npath: ▸/gone.wasm\nhash: {HASH}\nmethod: add",
            "no file /gone.wasm in ROOT",
            "build the guest into that directory, or correct `path`",
        ),
        (
            "kind: function.wasm\nfs: code\npath: ▸../add.wat\nhash: {HASH}\nmethod: add",
            "path ../add.wat leaves its directory",
            "name a file below the directory of `fs`, without ..",
        ),
        (
            "kind: function.wat\nsource: file://add.wat\nmethod: ▸sub",
            "method sub is not exported",
            "the component exports: add",
        ),
        (
            "kind: function.wat\nsource: ▸file://gone.wat\nmethod: add",
            "file://gone.wat: there is no such file",
            "create gone.wat, or mend the path: it is relative to this file",
        ),
        (
            "kind: function.wat\nsource: ▸file://../add.wat\nmethod: add",
            "file://../add.wat: the path leaves the application's directory",
            "put the file into the application's directory, and write its path relative to this file",
        ),
        (
            "kind: function.wat\nsource: ▸hello\nmethod: add",
            "the source is not WebAssembly text",
            "write `source: \"(component …)\"`, or name a file with it: `source: file://module.wat`",
        ),
    ]);
}

#[test]
fn keys_imports_and_transports_are_known_ones() {
    each_of_wat(&[
        (
            "▸import: [funcs]",
            "unknown key `import`",
            "did you mean `imports`? known keys: bindings, config, imports, kind, limits, meta, method, name, pool, source, \
             strict_imports, transport, wasi, wit",
        ),
        (
            "imports: [funcs, ▸wasi:htp]",
            "unsupported wasm host import: wasi:htp",
            "did you mean \"wasi:http\"? this build has: funcs, wasi:cli, wasi:clocks, wasi:filesystem, wasi:http, wasi:io, \
             wasi:random, wasi:sockets",
        ),
        ("imports: ▸funcs", "`imports` must be a list, found the text `funcs`", "write `imports: [\"funcs\"]`"),
        ("imports: [▸5]", "`imports[0]` must be text, found the number `5`", "write `\"5\"`"),
        (
            "transport: ▸wasi-htp",
            "invalid transport type: wasi-htp",
            "did you mean `wasi-http`? known types: payload, wasi-http",
        ),
        ("transport: ▸{}", "transport.type is required", "add `type: payload` or `type: wasi-http`"),
        (
            "strict_imports: ▸yes",
            "`strict_imports` must be true or false, found the text `yes`",
            "write `strict_imports: true`",
        ),
        ("wit: ▸5", "`wit` must be text, found the number `5`", "write `wit: \"5\"`"),
    ]);
}
