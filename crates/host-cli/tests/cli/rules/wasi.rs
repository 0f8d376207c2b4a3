//! `wasi` and `config`, whose keys belong to the imports.

use super::each_of_wat;

#[test]
fn what_a_guest_is_given_is_well_formed() {
    each_of_wat(&[
        ("wasi: { ▸cwd: data }", "wasi.cwd must be absolute, got \"data\"", "write cwd: /data"),
        (
            "wasi: { env: [▸{ name: KEY }] }",
            "wasi.env[].id is required",
            "add id: with the id of an env.variable entry",
        ),
        ("wasi: { env: [▸{ id: key }] }", "wasi.env[].name is required", "add name: with the name that the guest sees"),
        (
            "wasi: { env: [{ id: key, name: A }, { id: key, ▸name: A }] }",
            "wasi.env[].name must be unique: A is the name of number 1 too",
            "give one of the two another name, or remove it",
        ),
        (
            "wasi: { env: [{ id: ▸kez, name: A }] }",
            "`wasi.env[0].id` names demo:kez, and there is no such entry",
            "did you mean `demo:key`?",
        ),
        (
            "wasi: { env: [{ id: ▸os, name: A }] }",
            "`wasi.env[0].id` must name an entry of kind env.variable, and demo:os is of kind env.storage.os",
            "there are: demo:key",
        ),
        (
            "wasi: { mounts: [▸{ guest: /a }] }",
            "wasi.mounts[].fs is required",
            "add fs: with the id of an fs.directory entry",
        ),
        (
            "wasi: { mounts: [▸{ fs: code }] }",
            "wasi.mounts[].guest is required",
            "add guest: with an absolute path, for example /data",
        ),
        (
            "wasi: { mounts: [{ fs: code, ▸guest: a }] }",
            "wasi.mounts[].guest must be absolute, got \"a\"",
            "write guest: /a",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a }, { fs: code, ▸guest: /b/../a/ }] }",
            "wasi.mounts[].guest must be unique: /a is that of number 1 too",
            "mount one of the two elsewhere, or remove it",
        ),
        (
            "wasi: { mounts: [{ fs: ▸key, guest: /a }] }",
            "`wasi.mounts[0].fs` must name an entry of kind fs.directory, and demo:key is of kind env.variable",
            "there are: demo:code",
        ),
        (
            "wasi: { ▸mount: [] }",
            "unknown key: wasi.mount",
            "did you mean \"mounts\"? known keys: args, cwd, env, mounts, network",
        ),
        (
            "wasi: { network: { allow: [▸\"example.com:0\"] } }",
            "wasi.network.allow[0]: \"example.com:0\" has the port \"0\"",
            "write a port from 1 to 65535, or \"*\" for every port",
        ),
        ("wasi: { network: { ▸deny: [] } }", "unknown key: wasi.network.deny", "known keys: allow"),
        ("wasi: ▸[]", "`wasi` must be a mapping, found a list", "write `wasi: { args: [\"--verbose\"] }`"),
        ("config: ▸[]", "`config` must be a mapping, found a list", "write `config: { name: { … } }`"),
    ]);
}
