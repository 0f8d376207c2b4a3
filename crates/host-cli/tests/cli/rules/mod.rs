//! Each rule of an application broken once: what `check --json` says of it, and where.
//!
//! A rule is the lines of an entry `demo:it` behind its name. `▸` stands before the value that is blamed and is not
//! written into the file; without it the entry as a whole is blamed. Nothing else may be wrong.

mod environment;
mod files;
mod functions;
mod http;
mod limits;
mod lua;
mod processes;
mod wasi;

use crate::support::{ADD, App, hash};
use serde_json::{Value, json};

/// What stands before the value that is blamed.
const BLAMED: char = '▸';

/// Lines of an entry, the message, and the remedy.
type Rule = (&'static str, &'static str, &'static str);

/// Sound entries that `demo:it` may name.
fn neighbours() -> String {
    format!(
        "  - {{ name: code, kind: fs.directory, directory: . }}
  - {{ name: os, kind: env.storage.os }}
  - {{ name: key, kind: env.variable, storage: os }}
  - {{ name: web, kind: http.service, addr: \":0\" }}
  - {{ name: api, kind: http.router, meta: {{ server: web }}, prefix: /api }}
  - {{ name: add, kind: function.wat, source: file://add.wat, method: add }}
  - {{ name: known, kind: http.endpoint, meta: {{ router: api }}, method: GET, path: \"/known/{{id}}\", func: add }}
  - {{ name: helper, kind: library.lua, source: return 1 }}
  - {{ name: work, kind: process.wasm, fs: code, path: /add.wat, hash: \"{}\", method: add, meta: {{ command: {{ name: work }} }} }}
",
        hash(ADD.as_bytes())
    )
}

/// Breaks each of the rules in an application of its own.
#[track_caller]
fn each(rules: &[Rule]) {
    for (lines, message, remedy) in rules {
        let known = hash(ADD.as_bytes());
        let lines = lines.replace("{HASH}", &known).trim().replace('\n', "\n    ");
        breaks("_index.yaml", &format!("{}  - name: it\n    {lines}\n", neighbours()), message, remedy);
    }
}

/// Breaks a rule of `function.wat` with the lines behind its `method`.
#[track_caller]
fn each_of_wat(rules: &[Rule]) {
    for (lines, message, remedy) in rules {
        let lines = lines.trim().replace('\n', "\n    ");
        let it =
            format!("  - name: it\n    kind: function.wat\n    source: file://add.wat\n    method: add\n    {lines}\n");
        breaks("_index.yaml", &format!("{}{it}", neighbours()), message, remedy);
    }
}

/// An application of these entries has this one problem, in `demo:it`.
#[track_caller]
fn breaks(file: &str, entries: &str, message: &str, remedy: &str) {
    let head = "version: \"1.0\"\nnamespace: demo\nentries:\n";
    let text = format!("{head}{entries}");
    let (line, column) = blamed(&text);
    let app = App::with_index(&text.replace(BLAMED, ""));
    let root = app.path().display().to_string();
    let ran = app.run("check", &["--json"]);
    let report = ran.json();
    let errors: Vec<&Value> =
        report["problems"].as_array().unwrap().iter().filter(|problem| problem["severity"] == "error").collect();
    let found: Vec<Value> = errors
        .iter()
        .map(|error| {
            json!({
                "entry": error["entry"], "file": error["file"], "line": error["line"], "column": error["column"],
                "message": error["message"].as_str().unwrap().replace(&root, "ROOT"),
                "remedy": error["remedy"].as_str().unwrap_or("none").replace(&root, "ROOT"),
            })
        })
        .collect();
    let expected = json!([{
        "entry": "demo:it", "file": file, "line": line, "column": column, "message": message, "remedy": remedy,
    }]);
    assert_eq!(Value::Array(found), expected, "{entries}");
    assert_eq!((report["ok"].as_bool(), ran.code), (Some(false), 1), "{entries}");
}

/// The place of the mark; where there is none, that of `demo:it`.
fn blamed(text: &str) -> (usize, usize) {
    let place = |line: (usize, &str), column: usize| (line.0 + 1, line.1[..column].chars().count() + 1);
    let mark = text.lines().enumerate().find_map(|line| Some(place(line, line.1.find(BLAMED)?)));
    let entry = || text.lines().enumerate().find_map(|line| Some(place(line, line.1.find("name: it")?)));
    mark.or_else(entry).expect("a place")
}
