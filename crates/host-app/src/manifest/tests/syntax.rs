//! Malformed text, in plain words and at its place.

use super::*;

fn first(text: &str) -> String {
    problems(&format!("namespace: demo\n{text}")).swap_remove(0)
}

#[test]
fn malformed_yaml_says_in_plain_words_what_is_wrong() {
    let cases = [
        (
            "entries:\n\t- name: x\n",
            "3:2: malformed YAML: a tab where indentation is expected\n  help: indent with spaces",
        ),
        (
            "meta: a: b\n",
            "2:8: malformed YAML: a `:` is not expected here\n  help: check the indentation of this line and the one \
             before; text that holds `: ` needs quotes",
        ),
        (
            "meta: \"abc\n",
            "2:7: malformed YAML: the quotation mark opened here is never closed\n  help: close it with the same mark",
        ),
        (
            "entries: [1, 2\nmeta: {}\n",
            "3:5: malformed YAML: a `:` is not expected here\n  help: check the indentation of this line and the one \
             before; text that holds `: ` needs quotes",
        ),
        ("meta: { a: 1\n", "3:1: malformed YAML: a `,` or `}` is missing before this place\n  help: close the `{`"),
        (
            "entries:\n  - name: x\n kind: y\n",
            "4:2: malformed YAML: a key is expected here\n  help: keys of one mapping start in the same column, items of \
             one list too",
        ),
        ("meta: @x\n", "2:7: malformed YAML: text cannot begin with `@`\n  help: put quotes around the text"),
        (
            "meta: 'x' y\n",
            "2:11: malformed YAML: text follows a closing quotation mark\n  help: put quotes around all of it, or around \
             none",
        ),
        (
            "meta: }\n",
            "2:7: malformed YAML: a closing bracket that was never opened\n  help: put quotes around the text",
        ),
        (
            "meta: \"\\q\"\n",
            "2:7: malformed YAML: an escape in this quoted text is not valid\n  help: write a backslash as `\\\\`, or use \
             single quotes, which know no escapes",
        ),
        (
            "meta: *nope\n",
            "2:7: malformed YAML: the alias `*nope` has no anchor before it\n  help: mark the value to repeat with \
             `&name`, or put quotes around text that begins with `*`",
        ),
        (
            "meta: { a: ${env:B|c} }\n",
            "2:13: malformed YAML: a `,` or `}` is missing before this place\n  help: put quotes around it: \
             `\"${env:B|c}\"`",
        ),
        (
            "entries\n",
            "3:1: malformed YAML: a `:` is missing after the key before this place\n  help: write `key: value`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(first(text), format!("_index.yaml:{expected}"), "{text}");
    }
}

#[test]
fn a_key_that_is_there_twice_names_both_places() {
    assert_eq!(
        problems_of("kind: fs.directory\ndirectory: a\ndirectory: b\n"),
        ["7:5: demo:it: the key `directory` is here twice: it is first on line 6\n  help: keep one of the two"]
    );
}

#[test]
fn a_key_that_is_no_text_is_a_problem() {
    assert_eq!(
        problems_of("kind: env.storage.static\nvalues:\n  8080: a\n  [x]: b\n  : c\n  <<: { d: e }"),
        [
            "7:7: demo:it: the key `8080` is not text\n  help: put it in quotes: `\"8080\":`",
            "8:7: demo:it: a key must be text, not a list or a mapping\n  help: write `key: value`; text that begins with \
             `[`, `{` or `? ` needs quotes",
            "9:7: demo:it: a key is missing before the `:`\n  help: write `key: value`; text that holds `: ` needs quotes",
            "10:7: demo:it: the merge key `<<` is not part of YAML 1.2\n  help: write the keys out, or repeat single \
             values with `*name`",
        ]
    );
}

#[test]
fn a_second_document_is_a_problem_and_the_first_still_counts() {
    let app =
        App::new(&[("_index.yaml", "---\nnamespace: demo\nentries: [{ name: a, kind: env.storage.os }]\n---\nb: 1\n")]);
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:4:1: a second document begins here\n  help: remove the `---`, or move what follows into a file of \
          its own"
        ]
    );
    assert!(app.load().declarations.get(&id("demo:a")).is_some());
}

#[test]
fn an_unknown_tag_is_a_problem() {
    assert_eq!(
        problems_of("kind: env.storage.static\nvalues: { a: !secret b, c: !!int d, e: !!str 1, f: ! 2 }"),
        [
            "6:18: demo:it: the tag `!secret` does not fit the value, or is not known here\n  help: remove the tag; put \
             quotes around the value where it is text",
            "6:32: demo:it: the tag `!!int` does not fit the value, or is not known here\n  help: remove the tag; put \
             quotes around the value where it is text",
        ]
    );
}

#[test]
fn an_alias_repeats_a_value() {
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - name: a\n    kind: env.storage.static\n    values: &v { X: \"1\" }\n  - name: b\n    kind: env.storage.static\n    values: *v\n",
    )]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    match &loaded.declarations.get(&id("demo:b")).unwrap().declaration {
        Declaration::EnvStorageStatic(values) => assert_eq!(&*values.values["X"].value, "1"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alias_inside_its_own_value_is_a_problem() {
    assert_eq!(
        first("meta: &a { b: *a }\n"),
        "_index.yaml:2:15: the alias `a` stands inside the value that it repeats\n  help: write the value out instead of \
         the alias"
    );
}

#[test]
fn aliases_of_aliases_of_aliases_end_at_the_limit() {
    let mut text = String::from("meta:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("  a{level}: &a{level} [{items}]\n"));
    }
    assert_eq!(
        first(&text),
        "_index.yaml:8:42: more than 1000000 values, with what aliases repeat\n  help: use fewer aliases, or split the \
         file"
    );
}

#[test]
fn nesting_ends_at_the_limit_also_through_aliases() {
    let expected = "nested more than 64 levels deep\n  help: flatten the lists and mappings around this place";
    let open = first(&format!("meta: {}", "[".repeat(100)));
    assert_eq!(open, format!("_index.yaml:2:70: {expected}"));
    let block = first(&format!("meta:\n  {}", "- ".repeat(100_000)));
    assert_eq!(block, format!("_index.yaml:3:129: {expected}"));
    let fifty = |inside: &str| format!("{}{inside}{}", "[".repeat(50), "]".repeat(50));
    let alias = first(&format!("meta:\n  a: &a {}\n  b: {}\n", fifty("x"), fifty("*a")));
    assert_eq!(alias, format!("_index.yaml:4:56: {expected}"));
}

#[test]
fn json_is_read_as_tools_write_it() {
    let text = "{\n\t\"namespace\": \"demo\",\n\t\"entries\": [\n\t\t{\"name\": \"a\", \"kind\": \"env.storage.static\", \
                \"values\": {\"X\": \"\\ud83d\\ude00\\/\\\\ud83d\", \"Y\": 1}}\n\t]\n}\n";
    let app = App::new(&[("_index.json", text)]);
    assert_eq!(
        app.problems(),
        ["_index.json:4:93: demo:a: `values.Y` must be text, found the number `1`\n  help: write `Y: \"1\"`"]
    );
    app.write("_index.json", text.replace("1}", "\"\"}").as_bytes());
    match &app.load().declarations.get(&id("demo:a")).unwrap().declaration {
        Declaration::EnvStorageStatic(values) => assert_eq!(&*values.values["X"].value, "\u{1f600}/\\ud83d"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lone_half_of_a_character_in_json_is_a_problem() {
    let app = App::new(&[("_index.json", "{\"namespace\": \"\\ud83d\"}")]);
    assert_eq!(
        app.problems(),
        ["_index.json:1:15: malformed JSON: an escape in this quoted text is not valid\n  help: write a backslash as \
          `\\\\`, or use single quotes, which know no escapes"]
    );
}

#[test]
fn places_are_right_after_byte_order_marks_wide_characters_and_every_line_break() {
    let app = App::new(&[(
        "_index.yaml",
        "\u{feff}namespace: demo\r\nmeta: { a: é漢 }\rentries:\n  - { name: ñ, kind: env.storage.os, huh: 1 }\r\n",
    )]);
    let problem = &app.load().problems[0];
    assert_eq!((problem.line, problem.column), (4, 38));
    assert_eq!(problem.source_line.as_deref(), Some("  - { name: ñ, kind: env.storage.os, huh: 1 }"));
    assert_eq!(problem.entry.as_deref(), Some("demo:ñ"));
}

#[test]
fn what_stands_before_a_malformed_place_is_still_judged() {
    let app = App::new(&[
        (
            "_index.yaml",
            "namespace: demo\nentries:\n  - { name: a, kind: fs.directory }\n  - { name: b, kind: fs.directory, directory: b }\n  - { name: c, kind: fs.directory }\n - x\n",
        ),
        ("other/_index.yaml", "namespace: other\nentries:\n  - { name: v, kind: env.variable, storage: demo:later }\n"),
    ]);
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:3:5: demo:a: directory is required\n  help: add `directory: ./data`, a path relative to the \
             application",
            "_index.yaml:6:2: malformed YAML: a key is expected here\n  help: keys of one mapping start in the same \
             column, items of one list too",
        ],
        "nothing of the last entry, which may go on, nor of an id that may come later"
    );
    assert!(app.load().declarations.get(&id("demo:b")).is_some());
}
