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

#[test]
fn a_quota_is_a_number_of_a_mount_for_writing() {
    each_of_wat(&[
        (
            "wasi: { mounts: [{ fs: code, guest: /a, ▸max_bytes: 0 }] }",
            "wasi.mounts[].max_bytes must be at least 1, got 0",
            "write read_only: true for a mount that takes nothing, or remove it for no limit",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a, ▸max_files: 0 }] }",
            "wasi.mounts[].max_files must be at least 1, got 0",
            "write read_only: true for a mount that takes nothing, or remove it for no limit",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a, max_bytes: ▸1MB }] }",
            "`wasi.mounts[0].max_bytes` must be a whole number, found the text `1MB`",
            "write a whole number",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a, ▸max_files: -1 }] }",
            "wasi.mounts[].max_files must be at least 1, got -1",
            "write read_only: true for a mount that takes nothing, or remove it for no limit",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a, read_only: true, ▸max_bytes: 10 }] }",
            "wasi.mounts[].max_bytes has no effect on what is mounted read-only",
            "remove max_bytes, or read_only: true",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a, ▸max_files: 10 }, { fs: code, guest: /b }] }",
            "demo:code has a quota, and this entry mounts the same directory for writing again",
            "mount one of the two with read_only: true, or keep the two apart",
        ),
        (
            "wasi: { mounts: [{ fs: code, guest: /a, ▸max_file: 10 }] }",
            "unknown key: wasi.mounts[0].max_file",
            "did you mean \"max_files\"? known keys: fs, guest, max_bytes, max_files, read_only",
        ),
    ]);
}
