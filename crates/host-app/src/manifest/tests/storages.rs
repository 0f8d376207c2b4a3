//! `env.storage.file` and `env.storage.router`.

use super::*;
use std::path::Path;

#[test]
fn a_file_of_variables_lies_in_the_application() {
    match declared("kind: env.storage.file\nfile_path: ./state/../.env\nauto_create: true") {
        Declaration::EnvStorageFile(it) => {
            assert_eq!(&*it.file_path.value, Path::new(".env"));
            assert!(it.auto_create.unwrap().value);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        problems_of("kind: env.storage.file"),
        ["4:5: demo:it: file_path is required\n  help: add `file_path: ./.env`, a path relative to the application"]
    );
    for path in ["../.env", "/etc/environment", "a/../../x"] {
        assert_eq!(
            problems_of(&format!("kind: env.storage.file\nfile_path: {path}")),
            [format!(
                "6:16: demo:it: file_path leaves the application's directory: `{path}`\n  help: put the file into the \
                 application's directory, and write its path relative to the application's root"
            )]
        );
    }
    assert_eq!(
        problems_of("kind: env.storage.file\nfile_path: .\nfile_mode: 0600\npath: x"),
        [
            "6:16: demo:it: file_path must name a file, found `.`\n  help: write a path relative to the application's root",
            "7:5: remark: demo:it: `file_mode` has no effect: Wippy knows it, and this host does not act on it\n  help: \
             leave it for Wippy, or remove it",
            "8:5: demo:it: unknown key `path`\n  help: known keys: auto_create, file_path, kind, meta, name",
        ]
    );
}

#[test]
fn a_router_names_storages() {
    let required = "storages is required\n  help: add `storages: [<id of an env.storage.* entry>]`";
    assert_eq!(problems_of("kind: env.storage.router"), [format!("4:5: demo:it: {required}")]);
    assert_eq!(problems_of("kind: env.storage.router\nstorages: []"), [format!("6:5: demo:it: {required}")]);
    assert_eq!(
        problems_of("kind: env.storage.router\nstorages: os"),
        ["6:15: demo:it: `storages` must be a list, found the text `os`\n  help: write `storages: [\"os\"]`"]
    );
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: os, kind: env.storage.os }\n  - { name: v, kind: env.variable, storage: os }\n  - { name: r, kind: env.storage.router, storages: [oss, v, 5] }\n",
    )]);
    let kinds = "env.storage.memory or env.storage.file or env.storage.os or env.storage.router or env.storage.static";
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:5:53: demo:r: `storages[0]` names demo:oss, and there is no such entry\n  help: did you mean \
             `demo:os`?"
                .to_owned(),
            format!(
                "_index.yaml:5:58: demo:r: `storages[1]` must name an entry of kind {kinds}, and demo:v is of kind \
                 env.variable\n  help: there are: demo:os, demo:r"
            ),
            "_index.yaml:5:61: demo:r: `storages[2]` must be text, found the number `5`\n  help: write `\"5\"`"
                .to_owned(),
        ]
    );
}

#[test]
fn a_circle_of_routers_is_named() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: os, kind: env.storage.os }\n  - { name: a, kind: env.storage.router, storages: [os, b] }\n  - { name: b, kind: env.storage.router, storages: [a] }\n",
    )]);
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:4:57: demo:a: storages name each other in a circle: demo:a → demo:b → demo:a\n  help: take one of them \
          out of `storages`"
        ]
    );
    assert_eq!(app.load().declarations.len(), 1);
}
