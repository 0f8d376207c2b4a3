//! `imports`: what this build can grant.

use crate::output::{Failure, Output};
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wippy_host::ImportMeta;

pub(crate) fn run(output: &Output) -> Result<ExitCode, Failure> {
    let registry = wippy_host::registry()?;
    let imports = registry.imports().iter().map(|import| import.meta());
    if output.json {
        output.json(&Json::Array(imports.map(as_json).collect()))?;
    } else {
        output.text(imports.map(as_text).collect::<String>())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_text(meta: &ImportMeta) -> String {
    let mut text = format!("{}: {}\n", meta.name, meta.summary);
    for interface in meta.interfaces {
        text.push_str(&format!("  {}\n", interface.full_name()));
    }
    if !meta.aliases.is_empty() {
        let aliases: Vec<&str> = meta.aliases.iter().map(|alias| alias.name).collect();
        text.push_str(&format!("  also named: {}\n", aliases.join(", ")));
    }
    text
}

fn as_json(meta: &ImportMeta) -> Json {
    let aliases: Vec<&str> = meta.aliases.iter().map(|alias| alias.name).collect();
    let interfaces: Vec<String> = meta.interfaces.iter().map(|interface| interface.full_name()).collect();
    json!({"name": meta.name, "aliases": aliases, "summary": meta.summary, "interfaces": interfaces})
}
