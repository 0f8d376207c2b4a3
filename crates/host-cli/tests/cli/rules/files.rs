//! What holds for every entry: its kind, its id, and text that is replaced.

use super::{breaks, each, neighbours};

#[test]
fn text_that_is_replaced_can_be_had() {
    each(&[
        (
            "kind: env.variable\nstorage: os\ndefault: ▸${env:NOT_SET}",
            "the environment variable NOT_SET is not set",
            "set NOT_SET, or write a default: `${env:NOT_SET|default}`",
        ),
        (
            "kind: env.variable\nstorage: os\ndefault: ▸\"${env:NOT_SET\"",
            "`${env:` is never closed",
            "write `${env:NAME}` or `${env:NAME|default}`",
        ),
        (
            "kind: function.lua\nmethod: run\nsource: ▸file://gone.lua",
            "file://gone.lua: there is no such file",
            "create gone.lua, or mend the path: it is relative to this file",
        ),
    ]);
}

#[test]
fn a_kind_is_a_known_one() {
    each(&[(
        "kind: ▸function.lau",
        "unknown kind: function.lau",
        "did you mean `function.lua`? this host has: env.storage.file, env.storage.memory, env.storage.os, \
         env.storage.router, env.storage.static, env.variable, fs.directory, function.lua, function.wasm, function.wat, \
         http.endpoint, http.router, http.service, library.lua, process.host, process.wasm, terminal.host",
    )]);
}

#[test]
fn an_id_is_there_once() {
    breaks(
        "_index.yaml",
        &format!(
            "{}  - {{ kind: env.storage.os, name: it }}\n  - {{ kind: env.storage.os, name: ▸it }}\n",
            neighbours()
        ),
        "demo:it already exists: it is declared at _index.yaml:13:35",
        "give one of the two another name, or remove it",
    );
}
