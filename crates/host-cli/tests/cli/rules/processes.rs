//! `process.wasm`, `process.host` and `terminal.host`.

use super::each;

#[test]
fn a_process_has_the_required_values_of_a_function() {
    each(&[
        (
            "kind: process.wasm\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "fs is required",
            "add `fs: <id of an fs.directory entry>`",
        ),
        (
            "kind: process.wasm\nfs: code\nhash: {HASH}\nmethod: add",
            "path is required",
            "add `path: /module.wasm`, a path inside the directory that `fs` names",
        ),
        (
            "kind: process.wasm\nfs: code\npath: /add.wat\nmethod: add",
            "hash is required",
            "add `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file",
        ),
        (
            "kind: process.wasm\nfs: code\npath: /add.wat\nhash: {HASH}",
            "method is required",
            "add `method: \"wasi:cli/run#run\"`, or another function that the module exports",
        ),
    ]);
}

#[test]
fn a_command_has_a_name_of_its_own() {
    each(&[
        (
            "meta: { command: ▸work }\nkind: process.wasm\nfs: code\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "`meta.command` must be a mapping, found the text `work`",
            "write `command: { name: report, short: \"…\" }`",
        ),
        (
            "meta: { command: ▸{} }\nkind: process.wasm\nfs: code\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "meta.command.name is required",
            "add `name: report`",
        ),
        (
            "meta: { command: { name: x, ▸long: y } }\nkind: process.wasm\nfs: code\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "unknown key `meta.command.long`",
            "known keys: name, short",
        ),
        (
            "meta: { command: { name: ▸list } }\nkind: process.wasm\nfs: code\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "the name `list` is taken: it lists the commands",
            "write another name",
        ),
        (
            "meta: { command: { name: ▸work } }\nkind: process.wasm\nfs: code\npath: /add.wat\nhash: {HASH}\nmethod: add",
            "the command `work` is that of demo:work too",
            "give one of the two another `meta.command.name`",
        ),
    ]);
}

#[test]
fn a_host_has_room() {
    each(&[
        (
            "kind: process.host\nhost: { max_processes: ▸0 }",
            "host.max_processes must be at least 1",
            "leave `max_processes` out for the host's default",
        ),
        (
            "kind: terminal.host\nhost: { max_processes: ▸-1 }",
            "host.max_processes cannot be negative",
            "leave `max_processes` out for the host's default",
        ),
        (
            "kind: process.host\nlifecycle: { auto_start: ▸on }",
            "`lifecycle.auto_start` must be true or false, found the text `on`",
            "write `auto_start: true`",
        ),
        (
            "kind: process.host\nhost: { ▸max_process: 1 }",
            "unknown key `host.max_process`",
            "did you mean `max_processes`? known keys: max_processes",
        ),
    ]);
}
