//! Directories, storages and variables.

use super::each;

#[test]
fn a_directory_is_there() {
    each(&[
        ("kind: fs.directory", "directory is required", "add `directory: ./data`, a path relative to the application"),
        (
            "kind: fs.directory\ndirectory: ▸./gone",
            "the directory ./gone does not exist",
            "create ROOT/gone, or add auto_init: true",
        ),
        (
            "kind: fs.directory\ndirectory: .\nauto_init: ▸1",
            "`auto_init` must be true or false, found the number `1`",
            "write `auto_init: true` or `auto_init: false`",
        ),
        (
            "kind: fs.directory\ndirectory: .\nmode: ▸rwx",
            "`mode` must be octal permissions from 0 to 7777, found the text `rwx`",
            "write `mode: \"0755\"`",
        ),
    ]);
}

#[test]
fn a_storage_is_well_formed() {
    each(&[
        (
            "kind: env.storage.static\nvalues: { PORT: ▸8080 }",
            "`values.PORT` must be text, found the number `8080`",
            "write `PORT: \"8080\"`",
        ),
        (
            "kind: env.storage.memory\nvalues: ▸[]",
            "`values` must be a mapping, found a list",
            "write `values: { NAME: \"value\" }`",
        ),
        (
            "kind: env.storage.file",
            "file_path is required",
            "add `file_path: ./.env`, a path relative to the application",
        ),
        (
            "kind: env.storage.file\nfile_path: ▸../.env",
            "file_path leaves the application's directory: `../.env`",
            "put the file into the application's directory, and write its path relative to the application's root",
        ),
        (
            "kind: env.storage.file\nfile_path: ▸.env",
            "the file .env does not exist",
            "create ROOT/.env, or add auto_create: true",
        ),
        (
            "kind: env.storage.file\nfile_path: ▸add.wat",
            "add.wat:1: the line cannot be read: it has no `=`",
            "write `NAME=value` or `NAME=\"value\"`",
        ),
        ("kind: env.storage.router", "storages is required", "add `storages: [<id of an env.storage.* entry>]`"),
        (
            "kind: env.storage.router\nstorages: [▸key]",
            "`storages[0]` must name an entry of kind env.storage.memory or env.storage.file or env.storage.os or \
             env.storage.router or env.storage.static, and demo:key is of kind env.variable",
            "there are: demo:it, demo:os",
        ),
        (
            "kind: env.storage.router\nstorages: [os, ▸it]",
            "storages name each other in a circle: demo:it → demo:it",
            "take one of them out of `storages`",
        ),
    ]);
}

#[test]
fn a_variable_belongs_to_a_storage() {
    each(&[
        ("kind: env.variable", "storage is required", "add `storage: <id of an env.storage.* entry>`"),
        (
            "kind: env.variable\nstorage: ▸oss",
            "`storage` names demo:oss, and there is no such entry",
            "did you mean `demo:os`?",
        ),
        (
            "kind: env.variable\nstorage: os\ndefault: ▸5",
            "`default` must be text, found the number `5`",
            "write `default: \"5\"`",
        ),
        (
            "kind: env.variable\nstorage: os\nreadonly: ▸no",
            "`readonly` must be true or false, found the text `no`",
            "write `readonly: false`",
        ),
    ]);
}
