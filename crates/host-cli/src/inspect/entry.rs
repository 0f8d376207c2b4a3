//! An `_index.yaml` for a file that lies beside it.

use super::role;
use std::fmt::Write;
use std::path::Path;
use wippy_host::{CodeKind, Inspection};
use wippy_host_app::EntryCode;
use wippy_host_app::manifest::EntryId;

/// The whole file; none where there is nothing to call, or nobody can tell how.
pub(super) fn ready_made(
    path: &Path,
    inspection: &Inspection,
    hash: &str,
    imports: &[String],
    wit: Option<&str>,
) -> Option<String> {
    let file = path.file_name()?.to_str()?;
    let (kind, method, rest) = what(inspection)?;
    let name = quoted(&name(path));
    let mut yaml = "version: \"1.0\"\nnamespace: demo\nentries:\n".to_owned();
    let in_text = inspection.is_text && kind == "function.wasm" && plain(file);
    if in_text {
        let _ = write!(yaml, "  - name: {name}\n    kind: function.wat\n    source: file://{file}\n");
    } else {
        let _ = write!(
            yaml,
            "  - name: files\n    kind: fs.directory\n    directory: .\n  - name: {name}\n    kind: {kind}\n    fs: files\n    \
             path: {}\n    hash: {hash}\n",
            quoted(&format!("/{file}"))
        );
    }
    let _ = writeln!(yaml, "    method: {}", quoted(&method));
    if inspection.kind == CodeKind::CoreModule {
        yaml.push_str("    wit: |\n");
        let guessed = match wit {
            Some(wit) => wit.to_owned(),
            None => guessed(inspection)?,
        };
        guessed.lines().for_each(|line| {
            let _ = writeln!(yaml, "      {line}");
        });
    }
    if !imports.is_empty() {
        let _ = writeln!(yaml, "    imports: [{}]", imports.join(", "));
    }
    let _ = write!(yaml, "{}", rest.replace("NAME", &name));
    Some(yaml)
}

/// The lines of an application's entry that depend on its code.
pub(super) fn refreshed(id: &EntryId, code: &EntryCode, hash: &str, imports: &[String]) -> String {
    let mut yaml = format!("  - name: {}\n    kind: {}\n", quoted(id.name()), code.kind);
    if let Some((fs, path)) = &code.file {
        let fs = if fs.namespace() == id.namespace() { fs.name().to_owned() } else { fs.to_string() };
        let _ = write!(yaml, "    fs: {}\n    path: {}\n    hash: {hash}\n", quoted(&fs), quoted(path));
    }
    let _ = writeln!(yaml, "    method: {}", quoted(&code.method));
    if !imports.is_empty() {
        let _ = writeln!(yaml, "    imports: [{}]", imports.join(", "));
    }
    yaml
}

/// What is to be filled in where the code imports something that only the application can provide.
pub(super) fn bindings(unprovided: &[&str]) -> String {
    let mut yaml = String::new();
    if !unprovided.is_empty() {
        yaml.push_str("    # bindings:\n");
    }
    for import in unprovided {
        let target = match import.contains('/') {
            true => "{ <function>: <id of a function> }",
            false => "<id of a function>",
        };
        let _ = writeln!(yaml, "    #   {}: {target}", quoted(import));
    }
    yaml
}

/// Kind, method, and further lines.
fn what(inspection: &Inspection) -> Option<(&'static str, String, &'static str)> {
    if let Some(handler) = role::http_handler(inspection) {
        return Some(("function.wasm", handler.to_owned(), "    transport: wasi-http\n"));
    }
    if let Some(command) = role::command(inspection) {
        return Some((
            "process.wasm",
            command.to_owned(),
            "    meta:\n      command: { name: NAME, short: Runs the guest }\n",
        ));
    }
    let method = match inspection.kind {
        // A function of an interface may be the toolchain's own: componentize-py exports its start so.
        CodeKind::Component => {
            let mut exports = inspection.exports.iter().map(|export| &export.method);
            let world = exports.clone().find(|method| !method.contains('#'));
            world.or_else(|| exports.next()).cloned()
        }
        CodeKind::CoreModule => {
            inspection.exports.iter().find(|export| is_plain_function(export)).map(|e| e.method.clone())
        }
        _ => None,
    };
    Some(("function.wasm", method?, ""))
}

/// Signatures of a core module whose functions pass numbers alone, as WIT.
fn guessed(inspection: &Inspection) -> Option<String> {
    if !inspection.imports.is_empty() {
        return None;
    }
    let exports = inspection.exports.iter().filter(|export| is_plain_function(export));
    let lines: Vec<String> = exports.map(|export| format!("{}: func{};", export.method, export.signature)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Whether the name is one that WIT can have, and the types are numbers.
fn is_plain_function(export: &wippy_host::ExportedFunction) -> bool {
    let name = &export.method;
    let words = name.split('-').all(|word| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    words && export.signature.starts_with('(')
}

/// The name of the entry: that of the file, of what a name may hold.
fn name(path: &Path) -> String {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) { name } else { format!("guest{name}") }
}

fn plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Text as YAML has it: JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    if bare && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&&*text.to_ascii_lowercase()) {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
