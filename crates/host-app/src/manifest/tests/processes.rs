//! `process.wasm`, commands, and the hosts that processes run in.

use super::*;

/// An application of processes, each of which is given its `meta`; the first is in line 4.
fn commands(metas: &[(&str, &str)]) -> App {
    let entries: String = metas
        .iter()
        .map(|(name, meta)| {
            format!(
                "  - {{ meta: {meta}, name: {name}, kind: process.wasm, fs: code, path: /x, hash: \"{HASH}\", method: run }}\n"
            )
        })
        .collect();
    let text = format!("namespace: demo\nentries:\n  - {{ name: code, kind: fs.directory, directory: . }}\n{entries}");
    App::new(&[("_index.yaml", &text)])
}

#[test]
fn a_process_is_a_function_and_may_be_a_command() {
    let app = commands(&[("it", "{ command: { name: report, short: Makes one. }, comment: x }"), ("quiet", "{}")]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let entry = loaded.declarations.get(&id("demo:it")).unwrap();
    let command = entry.command().unwrap();
    assert_eq!((command.name.as_str(), command.short.as_ref().unwrap().as_str()), ("report", "Makes one."));
    assert_eq!(command.name.span.to_string(), "_index.yaml:4:32");
    assert_eq!(entry.process().unwrap().function.method.as_str(), "run");
    assert!(entry.function().is_none(), "a process is not called");
    assert!(loaded.declarations.get(&id("demo:quiet")).unwrap().command().is_none());
}

#[test]
fn a_process_requires_what_a_function_requires() {
    let found = problems_of("kind: process.wasm");
    let messages: Vec<_> = found.iter().map(|problem| problem.lines().next().unwrap()).collect();
    assert_eq!(
        messages,
        [
            "4:5: demo:it: fs is required",
            "4:5: demo:it: path is required",
            "4:5: demo:it: hash is required",
            "4:5: demo:it: method is required",
        ]
    );
}

#[test]
fn a_command_has_a_name_of_one_word() {
    let word = "meta.command.name must be one word that does not begin with `-`, found";
    for (command, expected) in [
        ("report", "4:24: demo:it: `meta.command` must be a mapping, found the text `report`\n  help: write `command: { name: report, short: \"…\" }`".to_owned()),
        ("{ short: x }", "4:24: demo:it: meta.command.name is required\n  help: add `name: report`".to_owned()),
        ("{ name: \"\" }", "4:26: demo:it: meta.command.name is required\n  help: add `name: report`".to_owned()),
        ("{ name: a, shrt: x }", "4:35: demo:it: unknown key `meta.command.shrt`\n  help: did you mean `short`? known keys: name, short".to_owned()),
        ("{ name: a b }", format!("4:32: demo:it: {word} `a b`\n  help: write for example `name: report`")),
        ("{ name: -v }", format!("4:32: demo:it: {word} `-v`\n  help: write for example `name: report`")),
        ("{ name: list }", "4:32: demo:it: the name `list` is taken: it lists the commands\n  help: write another name".to_owned()),
    ] {
        let app = commands(&[("it", &format!("{{ command: {command} }}"))]);
        assert_eq!(app.problems(), [format!("_index.yaml:{expected}")], "{command}");
    }
}

#[test]
fn two_commands_do_not_share_a_name() {
    let app = commands(&[("b", "{ command: { name: report } }"), ("a", "{ command: { name: report } }")]);
    assert_eq!(
        app.problems(),
        ["_index.yaml:5:32: demo:a: the command `report` is that of demo:b too\n  help: give one of the two another \
          `meta.command.name`"]
    );
}

#[test]
fn the_meta_of_other_kinds_is_free() {
    assert_eq!(problems_of("kind: env.storage.os\nmeta: { command: 5 }"), Vec::<String>::new());
}

#[test]
fn hosts_have_typed_fields() {
    for kind in ["process.host", "terminal.host"] {
        let it =
            match declared(&format!("kind: {kind}\nlifecycle: {{ auto_start: true }}\nhost: {{ max_processes: 5 }}")) {
                Declaration::ProcessHost(it) | Declaration::TerminalHost(it) => it,
                other => panic!("{other:?}"),
            };
        assert_eq!((it.auto_start.unwrap().value, it.max_processes.unwrap().value), (true, 5));
        let effect = "has no effect: Wippy knows it, and this host does not act on it";
        let help = "help: leave it for Wippy, or remove it";
        assert_eq!(
            problems_of(&format!("kind: {kind}\nhost: {{ workers: 2, max_processes: 0, max_process: 1 }}\nsize: 1")),
            [
                format!("6:13: remark: demo:it: `host.workers` {effect}\n  {help}"),
                "6:40: demo:it: host.max_processes must be at least 1\n  help: leave `max_processes` out for the host's default"
                    .to_owned(),
                "6:43: demo:it: unknown key `host.max_process`\n  help: did you mean `max_processes`? known keys: \
                 max_processes"
                    .to_owned(),
                "7:5: demo:it: unknown key `size`\n  help: known keys: host, kind, lifecycle, meta, name".to_owned(),
            ]
        );
    }
    assert!(matches!(declared("kind: process.host"), Declaration::ProcessHost(it) if it.max_processes.is_none()));
    assert_eq!(problems_of("kind: terminal.host\nhide_logs: true").len(), 1);
}
