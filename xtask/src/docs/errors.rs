//! The page of errors: kinds and reasons as their documentation has them, and the messages of the source.

use super::source::Source;
use super::{DocsError, enums, files, read, scan};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// What the source cannot say of a reason.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Messages that come with it, as [`scan::shown`] shows them. Each must stand in the source.
    messages: Vec<String>,
    cause: String,
    cure: String,
}

/// The crates whose messages are for those who write or run guests, and what of the host speaks there.
const CRATES: &[(&str, &str)] = &[
    ("crates/host-core", "Entries, components and calls"),
    ("crates/host-app", "Applications: `_index.yaml`"),
    ("crates/host-cli", "The command line"),
    ("crates/host-lua", "Lua"),
    ("crates/host-process", "Processes"),
    ("crates/host-server", "HTTP services"),
    ("crates/import-cli", "`wasi:cli`"),
    ("crates/import-filesystem", "`wasi:filesystem`"),
    ("crates/import-funcs", "`funcs`"),
    ("crates/import-http", "`wasi:http`"),
    ("crates/import-random", "`wasi:random`"),
    ("crates/import-sockets", "`wasi:sockets`"),
    ("examples/acme-kv", "`acme:kv`, the example of a third party"),
];

const HEAD: &str = "\
# Errors

<!-- Written by `cargo xtask docs`; do not edit. -->

An error says what happened, to which entry, and in most cases what mends it. `…` stands for a value.

- [Kinds](#kinds): what sort of failure it is. Applications, `--json` and `funcs` see it.
- [Reasons](#reasons): what ended a call. Embedders see it (`Error::reason`).
- [Messages](#messages): what the source says, and what mends it: the remedy that the error says itself, as code, or what there is to do.

";

const NOT_HERE: &str = "\
## What is not here

This page is read from the source, and so it has what stands there as a text. It does not have:

- messages that are put together from parts, such as what a reader of YAML or WIT says of a syntax error, and the words of the operating system,
  of TLS and of Wasmtime that stand behind a colon;
- error codes of WASI, which guests get as values. For HTTP they are [a table of their own](../imports/http.md#errors); which test provokes each of
  the others is in [`docs/wasi-coverage.md`](../../../wasi-coverage.md);
- what guests, Lua functions and Rust functions of an embedder say themselves;
- the wrong use of the command line, which says itself what is right.
";

pub(super) fn page(root: &Path) -> Result<String, DocsError> {
    let error = read(&root.join("crates/host-core/src/error.rs"))?;
    let mut page = HEAD.to_owned();
    kinds(&mut page, &error);
    let sources = sources(root)?;
    reasons(root, &mut page, &error, &sources)?;
    messages(root, &mut page, &sources)?;
    page.push_str(NOT_HERE);
    Ok(page)
}

fn kinds(page: &mut String, error: &str) {
    page.push_str("## Kinds\n\n| kind | what it says |\n|---|---|\n");
    for (kind, meaning) in enums::variants(error, "ErrorKind") {
        let _ = writeln!(page, "| `{kind}` | {meaning} |");
    }
    page.push('\n');
}

fn reasons(root: &Path, page: &mut String, error: &str, sources: &[Part]) -> Result<(), DocsError> {
    let told: BTreeMap<String, Reason> =
        serde_json::from_str(&read(&root.join("docs/book/reasons.json"))?).map_err(DocsError::Reasons)?;
    let declared = enums::variants(error, "Reason");
    let names: BTreeSet<&str> =
        declared.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "Other").collect();
    let texts: BTreeSet<String> = sources.iter().flat_map(|part| &part.sources).flat_map(texts).collect();
    let missing = names.iter().filter(|name| !told.contains_key(**name));
    let mut problems: Vec<_> = missing.map(|name| format!("docs/book/reasons.json has no reason {name}")).collect();
    for (name, reason) in &told {
        if !names.contains(name.as_str()) {
            problems.push(format!("docs/book/reasons.json: there is no reason {name}"));
        }
        let unsaid = reason.messages.iter().filter(|message| !texts.contains(*message));
        problems.extend(unsaid.map(|message| format!("docs/book/reasons.json: {name}: nothing says {message:?}")));
    }
    if !problems.is_empty() {
        return Err(DocsError::Problems(problems.join("\n")));
    }
    page.push_str(
        "## Reasons\n\nAn error without one of these has the reason `Other`: its kind and its message say all.\n",
    );
    for (name, meaning) in declared.iter().filter(|(name, _)| name != "Other") {
        let Some(reason) = told.get(name) else { continue };
        let _ = write!(page, "\n### {name}\n\n{meaning}\n\n");
        for message in &reason.messages {
            let _ = writeln!(page, "- {}", code(message));
        }
        let _ = write!(page, "\n**Cause.** {}\n\n**Cure.** {}\n", reason.cause, reason.cure);
    }
    page.push('\n');
    Ok(())
}

fn texts(source: &Source) -> impl Iterator<Item = String> + '_ {
    source.literals.iter().map(|literal| scan::shown(&literal.text))
}

/// One crate.
struct Part {
    title: &'static str,
    sources: Vec<Source>,
}

fn sources(root: &Path) -> Result<Vec<Part>, DocsError> {
    let part = |(folder, title): &(&str, &'static str)| {
        let paths = files(&root.join(folder).join("src"), "rs")?;
        let sources = paths.iter().map(|path| read(path).map(|text| Source::read(&text)));
        Ok(Part { title, sources: sources.collect::<Result<_, _>>()? })
    };
    CRATES.iter().map(part).collect()
}

fn messages(root: &Path, page: &mut String, sources: &[Part]) -> Result<(), DocsError> {
    // Of messages beside which no remedy stands in the source: it is made elsewhere, or there is nothing to write in the entry.
    let mut cures: BTreeMap<String, String> =
        serde_json::from_str(&read(&root.join("docs/book/cures.json"))?).map_err(DocsError::Reasons)?;
    let (mut used, mut problems) = (BTreeSet::new(), Vec::new());
    page.push_str("## Messages\n");
    let mut listed = 0;
    for part in sources {
        let mut rows = BTreeSet::new();
        for source in &part.sources {
            rows.extend(scan::messages(source).0);
        }
        if rows.is_empty() {
            continue;
        }
        listed += rows.len();
        let _ = write!(page, "\n### {}\n\n| message | what mends it |\n|---|---|\n", part.title);
        for row in rows {
            let remedy = match (&row.remedy, cures.get(&row.text)) {
                (Some(remedy), _) => cell(remedy),
                (None, Some(cure)) => {
                    used.insert(row.text.clone());
                    cure.replace('|', "\\|")
                }
                (None, None) => {
                    problems.push(format!("docs/book/cures.json says nothing of {:?}", row.text));
                    continue;
                }
            };
            let _ = writeln!(page, "| {} | {remedy} |", cell(&row.text));
        }
    }
    cures.retain(|message, _| !used.contains(message));
    problems
        .extend(cures.keys().map(|message| format!("docs/book/cures.json: nothing says {message:?} without a remedy")));
    if !problems.is_empty() {
        return Err(DocsError::Problems(problems.join("\n")));
    }
    let _ = write!(page, "\nThese are {listed} messages.\n\n");
    Ok(())
}

/// Text as code, whatever backquotes it has.
fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn cell(text: &str) -> String {
    code(&text.replace('|', "\\|"))
}
