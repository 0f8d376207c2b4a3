//! Whatever the text, a load ends, and does not panic.

use super::*;
use crate::manifest::node::Node;
use crate::manifest::options::LoadLimits;
use crate::manifest::problem::Sink;
use crate::manifest::source::SourceFile;
use crate::manifest::{document::Reader, yaml};
use std::path::{Path, PathBuf};

const SEEDS: [&str; 3] = [
    r#"version: "1.0"
namespace: demo
meta: &m { comment: 'it''s', n: [1, -2.5, 0x1f, ~, true] }
entries:
  - name: assets
    kind: fs.directory
    directory: ./wasm
    mode: 0755
  - name: os
    kind: env.storage.static
    values: { A: "${env:HOME|x}", B: file://_index.yaml, C: *m }
  - name: report
    kind: function.wasm
    fs: demo:assets
    path: /report.wasm
    hash: sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    method: run
    imports: [funcs, wasi:cli]
    wasi:
      env:
        - { id: demo:api_key, name: API_KEY, required: true }
    limits: { max_execution_ms: 5000 }
    pool: { type: lazy, max_size: 4, reuse: { max_calls: 3 } }
    transport: { type: wasi-http }
  - name: wat
    kind: function.wat
    method: run
    source: |
      (module
        (func (export "run")))
"#,
    "{\n\t\"namespace\": \"demo\",\n\t\"entries\": [\n\t\t{\"name\": \"\\ud83d\\ude00\", \"kind\": \"env.storage.os\"}\n\t]\n}\n",
    "%YAML 1.2\n---\nnamespace: &n demo\nname: >-\n  a\nkind: !!str env.variable\nstorage: *n\n? default\n: \"\\x41\\u00e9\\\n  b\"\n...\n",
];

/// Pieces that mean something to YAML, to JSON or to us.
const PIECES: [&str; 40] = [
    "\n",
    "  ",
    "\t",
    ": ",
    "- ",
    "? ",
    "# ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "!!int ",
    "!x ",
    "---\n",
    "...\n",
    "%TAG ! x\n",
    "<<: ",
    "~",
    "null",
    "-1",
    "\0",
    "\u{feff}",
    "\r",
    "é",
    "${env:",
    "file://",
    "\\ud83d",
    "\\",
    "namespace: x\n",
    "entries:",
    "kind: ",
    "name: ",
    "\u{2028}",
];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

fn mutated(seed: &str, random: &mut Random) -> String {
    let mut text: Vec<char> = seed.chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(20)).min(text.len());
        match random.below(6) {
            0 => text.truncate(at),
            1 => drop(text.drain(at..end)),
            2 => {
                let copy: Vec<char> = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, copy);
            }
            3 if at < text.len() => text[at] = char::from(u8::try_from(random.below(128)).unwrap()),
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                text.splice(at..at, piece.chars());
            }
        }
    }
    text.into_iter().collect()
}

/// Every place in a tree is a place of the file; to walk it is also to bound its depth.
fn walk(node: &Node, depth: usize) -> usize {
    assert!(depth <= 70);
    let line = node.span().file.line(node.span().line).expect("the line exists");
    assert!(usize::try_from(node.span().column).unwrap() <= line.chars().count() + 2);
    let items = node.as_list().unwrap_or_default().iter().map(|item| walk(item, depth + 1)).sum::<usize>();
    items + node.as_mapping().unwrap_or_default().iter().map(|(_, value)| walk(value, depth + 1)).sum::<usize>() + 1
}

#[test]
fn no_mutation_of_a_manifest_panics_or_hangs() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("_index.yaml"), "x").unwrap();
    let root = root.path().canonicalize().unwrap();
    let options = LoadOptions::new(|name| (name.len() % 2 == 0).then(|| "value".to_owned()));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut sound = 0;
    for round in 0..6_000 {
        let seed = SEEDS[round % SEEDS.len()];
        let text = mutated(seed, &mut random);
        let name = if round % SEEDS.len() == 1 { "_index.json" } else { "_index.yaml" };
        let file = SourceFile::new(PathBuf::from(name), text.clone());
        let sink = Sink::new(100);
        if let Some(node) = yaml::read(&file, &LoadLimits::default(), &sink).root {
            walk(&node, 0);
        }
        let mut reader = Reader::new(&root, &options, &sink);
        reader.file(&file);
        let declarations = reader.finish();
        let problems = sink.finish();
        sound += declarations.len();
        for problem in &problems {
            let text = problem.to_string();
            assert!(text.lines().count() <= 2 && text.len() < 4_000, "{text}");
        }
    }
    assert!(sound > 1_000, "the mutations leave enough whole to mean something: {sound}");
}

#[test]
fn every_truncation_of_a_manifest_is_read() {
    let limits = LoadLimits::default();
    for seed in SEEDS {
        for end in (0..=seed.len()).filter(|end| seed.is_char_boundary(*end)) {
            let file = SourceFile::new(PathBuf::from("_index.yaml"), seed[..end].to_owned());
            let sink = Sink::new(100);
            yaml::read(&file, &limits, &sink);
            let options = LoadOptions::new(|_| None);
            let mut reader = Reader::new(Path::new("/nonexistent"), &options, &sink);
            reader.file(&file);
            reader.finish();
        }
    }
}

#[test]
fn text_of_any_shape_costs_little() {
    let mebi = 1 << 20;
    let shapes = [
        "[".repeat(mebi),
        "{".repeat(mebi),
        "- ".repeat(mebi / 2),
        "? ".repeat(mebi / 2),
        ": ".repeat(mebi / 2),
        "[[],".repeat(mebi / 4),
        "{a: ".repeat(mebi / 4),
        "&a ".repeat(mebi / 3),
        "!a ".repeat(mebi / 3),
        "*a ".repeat(mebi / 3),
        "---\n".repeat(mebi / 4),
        "\"".repeat(mebi),
        "'".repeat(mebi),
        "\n".repeat(mebi),
        "\r".repeat(mebi),
        " ".repeat(mebi),
        "#".repeat(mebi),
        "a\n".repeat(mebi / 2),
        "%A\n".repeat(mebi / 3),
        format!("a: |\n{}", " x\n".repeat(mebi / 3)),
        format!("\"{}\"", "\\ud83d\\ude00".repeat(mebi / 12)),
        format!("\"{}\"", "\\u0041".repeat(mebi / 6)),
        "x: 1\n".repeat(mebi / 5),
    ];
    for shape in &shapes {
        for name in ["_index.yaml", "_index.json"] {
            let file = SourceFile::new(PathBuf::from(name), format!("namespace: demo\n{shape}"));
            let sink = Sink::new(100);
            let options = LoadOptions::new(|_| None);
            let mut reader = Reader::new(Path::new("/nonexistent"), &options, &sink);
            let start = std::time::Instant::now();
            reader.file(&file);
            reader.finish();
            sink.finish();
            let label: String = shape.chars().take(10).collect();
            assert!(start.elapsed().as_secs() < 30, "{name} of {label:?} took {:?}", start.elapsed());
        }
    }
}
