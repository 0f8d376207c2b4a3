//! `graph`: an application as a drawing.

mod dot;
mod layout;
mod mermaid;
mod model;
mod svg;

use crate::output::{Failure, Output, count, problem_json, visible};
use clap::ValueEnum;
use model::Graph;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wippy_host::{Error, ErrorKind};
use wippy_host_app::manifest::{self, LoadOptions, Problem};

#[derive(clap::Args)]
pub(crate) struct GraphArguments {
    /// The application's directory: a tree of _index.yaml files.
    #[arg(value_name = "APP")]
    path: PathBuf,
    /// Leave out entries of kinds that this host does not have, with a warning.
    #[arg(long)]
    skip_unknown_kinds: bool,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Write it into this file instead of to standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A flowchart of Mermaid, as Markdown on GitHub and GitLab draws it.
    Mermaid,
    /// The language of Graphviz.
    Dot,
    /// A picture.
    Svg,
}

pub(crate) async fn run(output: &Output, arguments: GraphArguments) -> Result<ExitCode, Failure> {
    let registry = wippy_host::registry()?;
    let GraphArguments { path, skip_unknown_kinds, format, output: file } = arguments;
    let read = tokio::task::spawn_blocking(move || {
        let mut options = LoadOptions::from_process_environment();
        options.skip_unknown_kinds = skip_unknown_kinds;
        let loaded = manifest::load(&path, &options);
        let graph = Graph::of(&loaded.declarations, &loaded.problems, &registry);
        (loaded.problems, graph)
    });
    let (problems, graph) = read.await.map_err(|_| Failure::message("drawing the application failed"))?;
    let errors: Vec<Problem> = problems.into_iter().filter(Problem::is_error).collect();
    if graph.nodes.is_empty() && !errors.is_empty() {
        return Err(Failure::Problems(errors));
    }
    let drawing = match (output.json, format) {
        (true, _) => format!("{:#}\n", as_json(&graph, &errors)),
        (false, Format::Mermaid) => mermaid::text(&graph),
        (false, Format::Dot) => dot::text(&graph),
        (false, Format::Svg) => svg::text(&graph),
    };
    output.problems(if output.json { &[] } else { &errors });
    match &file {
        None => output.text(&drawing)?,
        Some(file) => write(file, &drawing)?,
    }
    if format == Format::Mermaid && !output.json {
        warn_of_size(output, &graph, &drawing);
    }
    if let Some(file) = file {
        let (entries, uses) = (count(graph.nodes.len(), "node"), count(graph.edges.len(), "edge"));
        output.note(&format!("wrote {entries} and {uses} into {}", file.display()));
    }
    if !errors.is_empty() {
        let found = count(errors.len(), "problem");
        output.warn(&format!("the application has {found}; what has one is drawn as far as it can be read"));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// What Mermaid refuses to draw unless it is told to.
fn warn_of_size(output: &Output, graph: &Graph, drawing: &str) {
    if graph.edges.len() > mermaid::MOST_EDGES || drawing.chars().count() > mermaid::MOST_CHARACTERS {
        output.warn(&format!(
            "Mermaid draws at most {} edges and {} characters, unless maxEdges and maxTextSize of its configuration are \
             raised: use --format svg or dot",
            mermaid::MOST_EDGES,
            mermaid::MOST_CHARACTERS
        ));
    }
}

fn write(file: &Path, drawing: &str) -> Result<(), Failure> {
    std::fs::write(file, drawing).map_err(|error| {
        let message = format!("cannot write the drawing into {}: {error}", visible(&file.to_string_lossy()));
        let error = Error::new(ErrorKind::Unavailable, message);
        Failure::usage(error.with_remedy("name a file, new or old, in a directory that you may write to"))
    })
}

fn as_json(graph: &Graph, errors: &[Problem]) -> Json {
    let id = |index: usize| graph.nodes.get(index).map(|node| node.id.as_str());
    let nodes = graph.nodes.iter().map(|node| {
        let facts = node.facts.iter().map(|fact| json!({"text": fact.whole(), "wide": fact.is_wide}));
        json!({"id": node.id, "kind": node.kind, "facts": facts.collect::<Vec<_>>()})
    });
    let edges = graph
        .edges
        .iter()
        .map(|edge| json!({"from": id(edge.from), "to": id(edge.to), "kind": edge.kind.as_str(), "label": edge.label}));
    let problems: Vec<Json> = errors.iter().map(problem_json).collect();
    json!({
        "ok": errors.is_empty(), "problems": problems, "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>(),
    })
}
