//! What can only be judged when all entries are known: circles, and what two entries claim both.

use super::cycle::{Graph, circles};
use super::declarations::Declarations;
use super::entry::{Declaration, Entry};
use super::http_path::RouteSegment;
use super::id::EntryId;
use super::problem::{Problem, quoted};
use super::source::Located;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use wippy_host_core::ErrorKind;

/// A problem, said of the first of the entries that it spoils.
pub(super) struct Finding {
    pub(super) entries: Vec<EntryId>,
    pub(super) problem: Problem,
}

/// All that is wrong between entries that are sound by themselves.
pub(super) fn check(declarations: &Declarations) -> Vec<Finding> {
    let mut in_order: Vec<&Entry> = declarations.iter().collect();
    // By place, not by id: of two that claim the same, the one further down is told.
    in_order.sort_by(|a, b| place(a).cmp(&place(b)));
    let mut found = library_circles(declarations);
    found.extend(storage_circles(declarations));
    found.extend(shared_commands(&in_order));
    found.extend(shared_routes(declarations, &in_order));
    found
}

fn place(entry: &Entry) -> (&std::path::Path, u32, u32) {
    (entry.span.file.path(), entry.span.line, entry.span.column)
}

fn library_circles(declarations: &Declarations) -> Vec<Finding> {
    let graph = graph(declarations, |declaration| match declaration {
        Declaration::LuaLibrary(library) => Some(library.imports.iter().map(|import| &import.library).collect()),
        _ => None,
    });
    let message = "libraries import each other in a circle";
    findings(&graph, message, "take one of these imports out: what both need belongs in a library of its own")
}

fn storage_circles(declarations: &Declarations) -> Vec<Finding> {
    let graph = graph(declarations, |declaration| match declaration {
        Declaration::EnvStorageRouter(router) => Some(router.storages.iter().collect()),
        _ => None,
    });
    findings(&graph, "storages name each other in a circle", "take one of them out of `storages`")
}

fn graph<'a>(
    declarations: &'a Declarations,
    edges: impl Fn(&'a Declaration) -> Option<Vec<&'a Located<EntryId>>>,
) -> Graph<'a> {
    declarations.iter().filter_map(|entry| Some((&entry.id.value, edges(&entry.declaration)?))).collect()
}

fn findings(graph: &Graph<'_>, message: &str, remedy: &str) -> Vec<Finding> {
    let finding = |circle: super::cycle::Circle<'_>| {
        let message = format!("{message}: {}", circle.chain());
        let problem = Problem::at(ErrorKind::Invalid, &circle.place.span, message).with_remedy(remedy);
        Finding { entries: circle.entries.into_iter().cloned().collect(), problem }
    };
    circles(graph).into_iter().map(finding).collect()
}

fn shared_commands(in_order: &[&Entry]) -> Vec<Finding> {
    let mut first: HashMap<&str, &Entry> = HashMap::new();
    let mut found = Vec::new();
    for entry in in_order {
        let Some(command) = entry.command() else { continue };
        match first.entry(&command.name.value) {
            Slot::Vacant(slot) => drop(slot.insert(entry)),
            Slot::Occupied(slot) => {
                let message = format!("the command {} is that of {} too", quoted(&command.name), slot.get().id.value);
                let problem = Problem::at(ErrorKind::AlreadyExists, &command.name.span, message);
                let problem = problem.with_remedy("give one of the two another `meta.command.name`");
                found.push(Finding { entries: vec![entry.id.value.clone()], problem });
            }
        }
    }
    found
}

fn shared_routes(declarations: &Declarations, in_order: &[&Entry]) -> Vec<Finding> {
    let mut first: HashMap<(&EntryId, &str, String), &Entry> = HashMap::new();
    let mut found = Vec::new();
    for entry in in_order {
        let Declaration::HttpEndpoint(endpoint) = &entry.declaration else { continue };
        let Some(router) = declarations.get(&endpoint.router.value) else { continue };
        let Declaration::HttpRouter(router) = &router.declaration else { continue };
        let method = endpoint.method.value.as_str();
        let shape = format!("{}{}", router.prefix(), shape(&endpoint.path.segments));
        match first.entry((&router.server.value, method, shape)) {
            Slot::Vacant(slot) => drop(slot.insert(entry)),
            Slot::Occupied(slot) => {
                let path = format!("{}{}", router.prefix(), endpoint.path.value);
                let message = format!(
                    "{method} {} of {} is answered by {} already",
                    quoted(&path),
                    router.server.value,
                    slot.get().id.value
                );
                let problem = Problem::at(ErrorKind::AlreadyExists, &endpoint.path.span, message);
                let problem = problem.with_remedy("give one of the two another `method` or `path`, or remove it");
                found.push(Finding { entries: vec![entry.id.value.clone()], problem });
            }
        }
    }
    found
}

/// A path without the names in it: `/users/{id}` and `/users/{name}` answer the same requests.
fn shape(segments: &[RouteSegment]) -> String {
    segments.iter().fold(String::new(), |mut shape, segment| {
        shape.push('/');
        shape.push_str(match segment {
            RouteSegment::Literal(text) => text,
            RouteSegment::Parameter(_) => "{}",
            RouteSegment::Rest(_) => "{...}",
        });
        shape
    })
}
