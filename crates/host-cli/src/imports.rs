//! `imports`: what this build can grant.

use crate::output::{Failure, Output};
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wippy_host::{Error, ErrorKind, Grants, ImportMeta, Registration, Registry};

#[derive(clap::Args)]
pub(crate) struct ImportsArguments {
    /// The imports to tell of, by their names or other names; all without one
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print a page of reference in Markdown, with versions, functions for core modules and configuration
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

pub(crate) fn run(output: &Output, arguments: &ImportsArguments) -> Result<ExitCode, Failure> {
    let registry = wippy_host::registry()?;
    let imports = chosen(&registry, &arguments.names)?;
    if arguments.markdown {
        output.text(imports.into_iter().map(as_markdown).collect::<Vec<_>>().join("\n"))?;
    } else if output.json {
        output.json(&Json::Array(imports.into_iter().map(|import| as_json(import.meta())).collect()))?;
    } else {
        output.text(imports.into_iter().map(|import| as_text(import.meta())).collect::<String>())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The imports of these names, in the registry's order.
fn chosen<'a>(registry: &'a Registry, names: &[String]) -> Result<Vec<&'a Registration>, Failure> {
    let (grants, problems) = Grants::resolve(registry, names);
    if let Some(problem) = problems.first() {
        let error = Error::new(ErrorKind::NotFound, problem.message.clone()).with_remedy(problem.remedy.clone());
        return Err(Failure::usage(error));
    }
    let meant = |import: &&Registration| {
        let name = import.meta().name;
        names.is_empty() || grants.requests().iter().any(|grant| grant.imports.contains(&name))
    };
    Ok(registry.imports().iter().filter(meant).collect())
}

fn as_markdown(import: &Registration) -> String {
    let ImportMeta { name, summary, .. } = import.meta();
    format!("## `{name}`\n\n{summary}.\n\n{}", import.reference())
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
