//! What loading promises, message by message.

mod entries;
mod expansion;
mod files;
mod functions;
mod http;
mod lua;
mod nodes;
mod printed;
mod problems;
mod processes;
mod reference;
mod references;
mod robustness;
mod storages;
mod syntax;

use super::{Declaration, EntryId, FunctionEntry, LoadOptions, Loaded, load};
use std::fs;
use tempfile::TempDir;

/// A digest that is well formed.
const HASH: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// An application on disk.
struct App {
    directory: TempDir,
    options: LoadOptions,
}

impl App {
    fn new(files: &[(&str, &str)]) -> Self {
        let app = Self { directory: tempfile::tempdir().unwrap(), options: LoadOptions::new(|_| None) };
        for (path, text) in files {
            app.write(path, text.as_bytes());
        }
        app
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn load(&self) -> Loaded {
        load(self.directory.path(), &self.options)
    }

    /// The problems, with the temporary directory's name replaced.
    fn problems(&self) -> Vec<String> {
        let loaded = self.load();
        let root = loaded.root.display().to_string();
        loaded.problems.iter().map(|problem| problem.to_string().replace(&root, "ROOT")).collect()
    }
}

/// The problems of an application that is one `_index.yaml`.
fn problems(text: &str) -> Vec<String> {
    App::new(&[("_index.yaml", text)]).problems()
}

/// The problems of one entry, whose lines start at line 5, without the place of the file.
fn problems_of(entry: &str) -> Vec<String> {
    let lines: Vec<&str> = entry.trim().lines().collect();
    let text = format!("version: \"1.0\"\nnamespace: demo\nentries:\n  - name: it\n    {}\n", lines.join("\n    "));
    problems(&text).iter().map(|problem| problem.replace("_index.yaml:", "")).collect()
}

/// What one entry declares, in which nothing is wrong.
fn declared(entry: &str) -> Declaration {
    let lines: Vec<&str> = entry.trim().lines().collect();
    let text = format!(
        "namespace: demo\nentries:\n  - {{ name: assets, kind: fs.directory, directory: ./wasm }}\n  - name: it\n    {}\n",
        lines.join("\n    ")
    );
    let loaded = App::new(&[("_index.yaml", &text)]).load();
    assert_eq!(loaded.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    loaded.declarations.get(&id("demo:it")).unwrap().declaration.clone()
}

fn function(rest: &str) -> FunctionEntry {
    match declared(&format!("kind: function.wat\nsource: (module)\nmethod: run\n{rest}")) {
        Declaration::Function(function) => *function,
        other => panic!("{other:?}"),
    }
}

/// The problems of a `function.wat` with the given lines, which start at line 8.
fn function_problems(rest: &str) -> Vec<String> {
    problems_of(&format!("kind: function.wat\nsource: (module)\nmethod: run\n{rest}"))
}

fn id(text: &str) -> EntryId {
    text.parse().unwrap()
}
