//! Ids, and what entries name.

use super::*;
use crate::manifest::{InvalidId, Kind, Lookup};

#[test]
fn an_id_is_split_at_the_first_colon() {
    let it = id("my.app:some.name");
    assert_eq!((it.namespace(), it.name(), it.to_string().as_str()), ("my.app", "some.name", "my.app:some.name"));
    assert_eq!("a:b:c".parse::<EntryId>(), Err(InvalidId::NameCharacter(':')));
    assert_eq!("a".parse::<EntryId>(), Err(InvalidId::NoColon));
    assert_eq!(":a".parse::<EntryId>(), Err(InvalidId::EmptyNamespace));
    assert_eq!("a:".parse::<EntryId>(), Err(InvalidId::EmptyName));
    assert_eq!("ñ:a".parse::<EntryId>(), Err(InvalidId::NamespaceCharacter('ñ')));
    assert_eq!(format!("a:{}", "x".repeat(256)).parse::<EntryId>(), Err(InvalidId::TooLong));
}

#[test]
fn a_bare_name_means_the_own_namespace() {
    assert_eq!(EntryId::resolve("x.y", "demo"), Ok(id("demo:x.y")));
    assert_eq!(EntryId::resolve("other:x", "demo"), Ok(id("other:x")));
    assert_eq!(EntryId::resolve("", "demo"), Err(InvalidId::EmptyName));
    assert_eq!(EntryId::resolve("a b", "demo").unwrap_err().to_string(), "a space is not allowed in a name");
}

#[test]
fn an_id_that_is_there_twice_names_the_first_place() {
    let app = App::new(&[
        (
            "a/_index.yaml",
            "namespace: demo\nentries:\n  - { name: x, kind: env.storage.os }\n  - { name: x, kind: fs.directory }\n",
        ),
        ("b/_index.yaml", "namespace: demo\nentries:\n  - { name: x, kind: env.storage.memory }\n"),
    ]);
    let twice = "demo:x: demo:x already exists: it is declared at a/_index.yaml:3:13\n  help: give one of the two another \
                 name, or remove it";
    assert_eq!(
        app.problems(),
        [
            "a/_index.yaml:4:5: demo:x: directory is required\n  help: add `directory: ./data`, a path relative to the \
             application"
                .to_owned(),
            format!("a/_index.yaml:4:13: {twice}"),
            format!("b/_index.yaml:3:13: {twice}"),
        ]
    );
    assert_eq!(app.load().declarations.get(&id("demo:x")).unwrap().kind.value, Kind::EnvStorageOs);
}

#[test]
fn a_reference_to_nothing_names_the_nearest() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: storage, kind: env.storage.os }\n  - { name: a, kind: env.variable, storage: demo:storge }\n  - { name: b, kind: env.variable, storage: other:storage }\n  - { name: c, kind: env.variable, storage: nothing_like_it }\n",
    )]);
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:4:45: demo:a: `storage` names demo:storge, and there is no such entry\n  help: did you mean \
             `demo:storage`?",
            "_index.yaml:5:45: demo:b: `storage` names other:storage, and there is no such entry\n  help: did you mean \
             `demo:storage`?",
            "_index.yaml:6:45: demo:c: `storage` names demo:nothing_like_it, and there is no such entry\n  help: there are: \
             demo:storage",
        ]
    );
    let loaded = app.load();
    assert!(loaded.declarations.get(&id("demo:a")).is_none(), "an entry with an error is not sound");
    assert!(matches!(loaded.declarations.lookup(&id("demo:a")), Lookup::Broken));
    assert!(matches!(loaded.declarations.lookup(&id("demo:storage")), Lookup::Found(_)));
    assert!(matches!(loaded.declarations.lookup(&id("demo:zzz")), Lookup::Missing));
}

#[test]
fn a_reference_where_there_is_nothing_says_what_to_declare() {
    let app =
        App::new(&[("_index.yaml", "namespace: demo\nentries:\n  - { name: a, kind: env.variable, storage: os }\n")]);
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:3:45: demo:a: `storage` names demo:os, and there is no such entry\n  help: declare it in namespace \
          demo: `- name: os` and `kind: env.storage.memory`"
        ]
    );
}

#[test]
fn a_reference_to_the_wrong_kind_is_a_problem() {
    let app = App::new(&[(
        "_index.yaml",
        &format!(
            "namespace: demo\nentries:\n  - {{ name: os, kind: env.storage.os }}\n  - {{ name: assets, kind: fs.directory, directory: a }}\n  - {{ name: f, kind: function.wasm, path: p, method: m, hash: \"{HASH}\", fs: os }}\n  - {{ name: v, kind: env.variable, storage: assets }}\n"
        ),
    )]);
    let found: Vec<String> = app.load().problems.iter().map(|problem| problem.message.clone()).collect();
    assert_eq!(
        found,
        [
            "`fs` must name an entry of kind fs.directory, and demo:os is of kind env.storage.os",
            "`storage` must name an entry of kind env.storage.memory or env.storage.file or env.storage.os or env.storage.router or env.storage.static, and \
             demo:assets is of kind fs.directory",
        ]
    );
}

#[test]
fn a_reference_that_is_no_id_is_a_problem() {
    assert_eq!(
        problems_of("kind: env.variable\nstorage: \"a b:c\""),
        [
            "6:14: demo:it: `storage` must be the id of an entry, and `a b:c` is none: a space is not allowed in a namespace, \
          only ASCII letters, digits, `_`, `-` and `.`\n  help: write `storage: namespace:name`, or a name of this \
          namespace"
        ]
    );
}

#[test]
fn a_broken_entry_is_not_missing_to_others() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: store, kind: env.storage.static, values: 5 }\n  - { name: v, kind: env.variable, storage: store }\n  - { name: odd, kind: nonsense }\n  - { name: w, kind: env.variable, storage: odd }\n",
    )]);
    assert_eq!(app.load().problems.len(), 2);
    assert_eq!(app.load().declarations.len(), 2);
}

#[test]
fn a_skipped_entry_is_of_the_wrong_kind_to_others() {
    let mut app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: r, kind: env.storage.sql }\n  - { name: v, kind: env.variable, storage: r }\n",
    )]);
    app.options.skip_unknown_kinds = true;
    let loaded = app.load();
    assert_eq!(
        loaded.problems[1].message,
        "`storage` must name an entry of kind env.storage.memory or env.storage.file or env.storage.os or env.storage.router or env.storage.static, and demo:r is of \
         kind env.storage.sql"
    );
    assert!(matches!(loaded.declarations.lookup(&id("demo:r")), Lookup::Skipped("env.storage.sql")));
}

#[test]
fn nearest_ids_can_be_asked_for_by_kind() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: data, kind: env.storage.os }\n  - { name: dato, kind: fs.directory, directory: a }\n",
    )]);
    let loaded = app.load();
    let near = |accepted: &[Kind]| loaded.declarations.nearest_id(&id("demo:dat"), accepted).map(ToString::to_string);
    assert_eq!(near(&[]).as_deref(), Some("demo:data"));
    assert_eq!(near(&[Kind::FsDirectory]).as_deref(), Some("demo:dato"));
    assert_eq!(near(&[Kind::FunctionWat]), None);
}

#[test]
fn short_names_in_one_namespace_are_not_near() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demonstration\nentries:\n  - { name: os, kind: env.storage.os }\n  - { name: v, kind: env.variable, storage: db }\n",
    )]);
    assert_eq!(app.load().problems[0].remedy.as_deref(), Some("there are: demonstration:os"));
}
