//! The `wasi` and `config` sections: whatever an import says of them stands at its place in the file.

use crate::support::{ADD, App};

/// What is wrong with `demo:it`, whose `rest` begins in line 8. Directories and variables follow it.
#[track_caller]
fn problems(rest: &str) -> String {
    App::wat(
        ADD,
        "add",
        &format!(
            "{rest}
  - {{ name: data, kind: fs.directory, directory: . }}
  - {{ name: os, kind: env.storage.os }}
  - {{ name: key, kind: env.variable, storage: os }}
"
        ),
    )
    .problems()
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    assert_eq!(
        problems("    wasi:\n      mount: []\n      mounts: [{ fs: data, gest: /x }]"),
        "error: demo:it: unknown key: wasi.mount
  --> _index.yaml:9:7
     9 |       mount: []
  help: did you mean \"mounts\"? known keys: args, cwd, env, mounts, network
error: demo:it: unknown key: wasi.mounts[0].gest
  --> _index.yaml:10:28
    10 |       mounts: [{ fs: data, gest: /x }]
  help: did you mean \"guest\"? known keys: fs, guest, max_bytes, max_files, read_only
"
    );
}

#[test]
fn a_section_that_no_import_reads_is_an_error() {
    let problems = problems("    config: { acme_kv: {} }");
    let place = "\n  --> _index.yaml:8:15\n     8 |     config: { acme_kv: {} }\n  help: ";
    assert!(problems.starts_with(&format!("error: demo:it: unknown key: config.acme_kv{place}")), "{problems}");
    assert!(!problems.trim_end().ends_with(':'), "a list of nothing: {problems}");
}

#[test]
fn the_working_directory_is_absolute() {
    assert_eq!(
        problems("    wasi: { cwd: data }"),
        "error: demo:it: wasi.cwd must be absolute, got \"data\"
  --> _index.yaml:8:13
     8 |     wasi: { cwd: data }
  help: write cwd: /data
"
    );
}

#[test]
fn a_variable_has_an_id_and_a_name_of_its_own() {
    assert_eq!(
        problems(
            "    wasi:
      env:
        - { name: A }
        - { id: key }
        - { id: key, name: B }
        - { id: demo:key, name: B }"
        ),
        "error: demo:it: wasi.env[].id is required
  --> _index.yaml:10:11
    10 |         - { name: A }
  help: add id: with the id of an env.variable entry
error: demo:it: wasi.env[].name is required
  --> _index.yaml:11:11
    11 |         - { id: key }
  help: add name: with the name that the guest sees
error: demo:it: wasi.env[].name must be unique: B is the name of number 3 too
  --> _index.yaml:13:27
    13 |         - { id: demo:key, name: B }
  help: give one of the two another name, or remove it
"
    );
}

#[test]
fn an_id_that_leads_nowhere_is_answered_with_the_nearest() {
    assert_eq!(
        problems(
            "    wasi:
      mounts:
        - { fs: dta, guest: /a }
        - { fs: key, guest: /b }
        - { fs: \"a b\", guest: /c }
      env: [{ id: kee, name: A }, { id: other:key, name: B }]"
        ),
        "error: demo:it: `wasi.mounts[0].fs` names demo:dta, and there is no such entry
  --> _index.yaml:10:17
    10 |         - { fs: dta, guest: /a }
  help: did you mean `demo:data`?
error: demo:it: `wasi.mounts[1].fs` must name an entry of kind fs.directory, and demo:key is of kind env.variable
  --> _index.yaml:11:17
    11 |         - { fs: key, guest: /b }
  help: there are: demo:data
error: demo:it: `wasi.mounts[2].fs` must be the id of an entry, and `a b` is none: a space is not allowed in a name
  --> _index.yaml:12:17
    12 |         - { fs: \"a b\", guest: /c }
  help: write `namespace:name`, or a name of this namespace
error: demo:it: `wasi.env[0].id` names demo:kee, and there is no such entry
  --> _index.yaml:13:19
    13 |       env: [{ id: kee, name: A }, { id: other:key, name: B }]
  help: did you mean `demo:key`?
error: demo:it: `wasi.env[1].id` names other:key, and there is no such entry
  --> _index.yaml:13:41
    13 |       env: [{ id: kee, name: A }, { id: other:key, name: B }]
  help: did you mean `demo:key`?
"
    );
}

#[test]
fn an_entry_with_a_problem_of_its_own_is_not_blamed_on_who_names_it() {
    assert_eq!(
        problems("    wasi: { mounts: [{ fs: bad, guest: /a }] }\n  - { name: bad, kind: fs.directory }"),
        "error: demo:bad: directory is required
  --> _index.yaml:9:5
     9 |   - { name: bad, kind: fs.directory }
  help: add `directory: ./data`, a path relative to the application
"
    );
}

#[test]
fn a_mount_has_a_directory_and_an_absolute_place_of_its_own() {
    assert_eq!(
        problems(
            "    wasi:
      mounts:
        - { guest: /a }
        - { fs: data }
        - { fs: data, guest: ./b }
        - { fs: data, guest: /c }
        - { fs: data, guest: /x/../c/ }"
        ),
        "error: demo:it: wasi.mounts[].fs is required
  --> _index.yaml:10:11
    10 |         - { guest: /a }
  help: add fs: with the id of an fs.directory entry
error: demo:it: wasi.mounts[].guest is required
  --> _index.yaml:11:11
    11 |         - { fs: data }
  help: add guest: with an absolute path, for example /data
error: demo:it: wasi.mounts[].guest must be absolute, got \"./b\"
  --> _index.yaml:12:23
    12 |         - { fs: data, guest: ./b }
  help: write guest: /b
error: demo:it: wasi.mounts[].guest must be unique: /c is that of number 4 too
  --> _index.yaml:14:23
    14 |         - { fs: data, guest: /x/../c/ }
  help: mount one of the two elsewhere, or remove it
"
    );
}

#[test]
fn every_item_of_the_network_rules_is_judged() {
    assert_eq!(
        problems(
            "    wasi:
      network:
        alow: []
        allow: [\"example.com:http\", 5, \"*.x.*\", \"10.0.0.0/99\"]"
        ),
        "error: demo:it: unknown key: wasi.network.alow
  --> _index.yaml:10:9
    10 |         alow: []
  help: did you mean \"allow\"? known keys: allow
error: demo:it: wasi.network.allow[0]: \"example.com:http\" has the port \"http\"
  --> _index.yaml:11:17
    11 |         allow: [\"example.com:http\", 5, \"*.x.*\", \"10.0.0.0/99\"]
  help: write a port from 1 to 65535, or \"*\" for every port
error: demo:it: `wasi.network.allow[1]` must be text, found the number `5`
  --> _index.yaml:11:37
    11 |         allow: [\"example.com:http\", 5, \"*.x.*\", \"10.0.0.0/99\"]
  help: write `allow` with a list: `network: { allow: [\"api.example.com:443\"] }`
error: demo:it: wasi.network.allow[2]: \"*.x.*\" has a wildcard elsewhere than in front of a domain
  --> _index.yaml:11:40
    11 |         allow: [\"example.com:http\", 5, \"*.x.*\", \"10.0.0.0/99\"]
  help: write the domain as \"*.example.com\"
error: demo:it: wasi.network.allow[3]: \"10.0.0.0/99\" has no prefix length of 0 to 32 after the \"/\"
  --> _index.yaml:11:49
    11 |         allow: [\"example.com:http\", 5, \"*.x.*\", \"10.0.0.0/99\"]
  help: write a network such as \"10.0.0.0/8\", or the address alone
"
    );
    assert_eq!(
        problems("    wasi: { network: [\"example.com\"] }"),
        "error: demo:it: `wasi.network` must be a mapping, found a list
  --> _index.yaml:8:22
     8 |     wasi: { network: [\"example.com\"] }
  help: write `allow` with a list: `network: { allow: [\"api.example.com:443\"] }`
"
    );
}

#[test]
fn a_value_of_another_type_is_described_in_the_files_words() {
    for (section, message, help, column) in [
        ("args: 5", "`wasi.args` must be a list, found the number `5`", "write a list: `[\"5\"]`", 19),
        ("args: [true]", "`wasi.args[0]` must be text, found `true`", "write `\"true\"`", 20),
        ("cwd: [a]", "`wasi.cwd` must be text, found a list", "write text, in quotes", 18),
        ("env: [3]", "`wasi.env[0]` must be a mapping, found the number `3`", "write a mapping: `{ key: value }`", 19),
        (
            "mounts: [{ fs: data, guest: /x, read_only: ja }]",
            "`wasi.mounts[0].read_only` must be true or false, found the text `ja`",
            "write `true` or `false`",
            56,
        ),
    ] {
        assert_eq!(
            problems(&format!("    wasi: {{ {section} }}")),
            format!(
                "error: demo:it: {message}
  --> _index.yaml:8:{column}
     8 |     wasi: {{ {section} }}
  help: {help}
"
            )
        );
    }
}
