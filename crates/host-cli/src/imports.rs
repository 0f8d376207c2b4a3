//! `imports`: what this build can grant.

use crate::output::{Failure, Output};
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wippy_host::ImportMeta;

pub(crate) fn run(output: &Output) -> Result<ExitCode, Failure> {
    let registry = wippy_host::registry()?;
    if output.json {
        let imports: Vec<Json> = registry.imports().iter().map(|import| describe(import.meta())).collect();
        output.result(&Json::Array(imports));
        return Ok(ExitCode::SUCCESS);
    }
    for import in registry.imports() {
        let meta = import.meta();
        anstream::println!("{}: {}", meta.name, meta.summary);
        for interface in meta.interfaces {
            anstream::println!("  {}", interface.full_name());
        }
        if !meta.aliases.is_empty() {
            let aliases: Vec<&str> = meta.aliases.iter().map(|alias| alias.name).collect();
            anstream::println!("  also named: {}", aliases.join(", "));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(meta: &ImportMeta) -> Json {
    let aliases: Vec<&str> = meta.aliases.iter().map(|alias| alias.name).collect();
    let interfaces: Vec<String> = meta.interfaces.iter().map(|interface| interface.full_name()).collect();
    json!({"name": meta.name, "aliases": aliases, "summary": meta.summary, "interfaces": interfaces})
}
