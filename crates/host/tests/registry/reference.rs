//! The page of imports in the book: written from the registry, and compared with it.

mod configuration;

use std::fmt::Write as _;
use std::path::Path;
use wippy_host::{FEATURES, ImportMeta, Interface, ModuleFunctions, Registration, Section};

/// Rewrites the page instead of comparing it; `cargo xtask docs` sets it.
const WRITE: &str = "WIPPY_WRITE_DOCS";

const HEAD: &str = "\
# Imports reference

<!-- Written by `cargo xtask docs`; do not edit. -->

What an entry may list in `imports`, as this build's registry has it, with every Cargo feature on. A name is matched without regard to case. It may narrow:
`wasi:cli/stdout` grants one interface, `wasi:http@0.2` one version track, `wasi:cli/stdout@0.2` both. An older version of a track is served by
the one that stands here: a guest built against 0.2.3 gets 0.2.12.

*Asynchronous* interfaces take the second engine, which is made when the first component comes that uses them. A component that imports one which says *one
call* serves one call at a time, also where its pool has `reuse`.

";

const LIMITS: &str = "\
## Limits

What one call of an entry may use, whichever imports it has. In `_index.yaml` these stand under `limits`, all optional:

";

#[test]
fn the_page_of_imports_is_what_the_registry_says() {
    let registry = wippy_host::registry().unwrap();
    let mut page = HEAD.to_owned();
    page.push_str("| name | feature | what it is |\n|---|---|---|\n");
    for import in registry.imports() {
        let ImportMeta { name, summary, .. } = import.meta();
        writeln!(page, "| [`{name}`](#{}) | `{}` | {summary} |", name.replace(':', ""), feature(name)).unwrap();
    }
    page.push('\n');
    registry.imports().iter().for_each(|import| one(&mut page, import));
    page.push_str(LIMITS);
    limits(&mut page);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src/reference/imports.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/book/src/reference/imports.md is stale: cargo xtask docs");
}

fn feature(import: &str) -> &'static str {
    FEATURES.iter().find(|(name, _)| *name == import).unwrap().1
}

fn one(page: &mut String, import: &Registration) {
    let ImportMeta { name, aliases, summary, interfaces, section, .. } = import.meta();
    let feature = feature(name);
    write!(page, "## `{name}`\n\n{summary}. Cargo feature `{feature}`. [What it does](../imports/{feature}.md).\n\n")
        .unwrap();
    if !aliases.is_empty() {
        let aliases = aliases.iter().map(|alias| match alias.interfaces {
            [] => format!("`{}`", alias.name),
            some => format!("`{}` (`{}` alone)", alias.name, some.join("`, `")),
        });
        write!(page, "Also named: {}.\n\n", aliases.collect::<Vec<_>>().join(", ")).unwrap();
    }
    page.push_str("| interface | version | track | |\n|---|---|---|---|\n");
    for interface in *interfaces {
        let Interface { name, version, .. } = interface;
        writeln!(page, "| `{name}` | {version} | {} | {} |", interface.track(), marks(interface)).unwrap();
    }
    page.push('\n');
    for ModuleFunctions { module, functions, .. } in import.module_functions() {
        let functions = functions.join("`, `");
        write!(page, "Core modules get of `{module}`: `{functions}`.\n\n").unwrap();
    }
    match section {
        Section::None => page.push_str("No configuration.\n\n"),
        Section::Shared(name) => configuration::table(page, &format!("`{name}` of the entry"), &import.schema()),
        Section::Own(name) => {
            configuration::table(page, &format!("`config.\"{name}\"` of the entry"), &import.schema())
        }
    }
}

fn marks(interface: &Interface) -> String {
    let marks = [(interface.concurrent, "asynchronous"), (interface.one_call, "one call")];
    marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect::<Vec<_>>().join(", ")
}

/// The fields of `Limits`, by the names that entries give them, with what their documentation says.
fn limits(page: &mut String) {
    let source = include_str!("../../../host-core/src/limits.rs");
    let fields = source.split_once("pub struct Limits {").unwrap().1.split_once("\n}").unwrap().0;
    page.push_str("| key | what it bounds |\n|---|---|\n");
    let mut documentation = Vec::new();
    for line in fields.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            documentation.push(text);
        } else if let Some(field) = line.strip_prefix("pub ").and_then(|line| line.split(':').next()) {
            let (key, text) = (field.replace("max_execution", "max_execution_ms"), documentation.join(" "));
            // In an entry, no limit is a number.
            writeln!(page, "| `{key}` | {} |", text.replace("`None` for no limit", "in milliseconds, 0 for no limit"))
                .unwrap();
            documentation.clear();
        }
    }
}
