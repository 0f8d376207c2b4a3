//! The bindings of an entry against what its component imports.

use super::component_imports::{ComponentImports, ImportedFunction, ImportedInterface};
use super::preflight::listed;
use crate::entry::Binding;
use crate::error::ErrorKind;
use crate::import::{Registry, track};
use crate::problem::{EntryProblem, Place};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

/// The bindings of one entry, by what they bind.
#[derive(Default)]
pub(crate) struct Bindings<'a>(HashMap<Import<'a>, Vec<(usize, &'a Binding)>>);

/// An interface without its version, if the function is in one, and the function.
type Import<'a> = (Option<&'a str>, &'a str);

/// Imports that a message lists at most.
const LISTED: usize = 12;

impl<'a> Bindings<'a> {
    pub(crate) fn of(bindings: &'a [Binding]) -> Self {
        let mut by_import: HashMap<_, Vec<_>> = HashMap::new();
        for (index, binding) in bindings.iter().enumerate() {
            let interface = binding.interface.as_deref().map(|interface| without_version(interface).0);
            by_import.entry((interface, &*binding.function)).or_default().push((index, binding));
        }
        Self(by_import)
    }

    /// The id that a function of an interface, or one outside any, is bound to, as the entry writes it.
    pub(super) fn target(&self, interface: Option<&ImportedInterface>, function: &str) -> Option<&'a str> {
        self.find(interface, function).next().map(|(_, binding)| &*binding.target)
    }

    /// Whether functions that a component imports are bound.
    pub(crate) fn bind_any_of(&self, imports: &ComponentImports) -> bool {
        !self.0.is_empty()
            && imports.all_functions().any(|(interface, function)| self.target(interface, &function.name).is_some())
    }

    /// All that is bound to it, with the indices: more than one is a mistake.
    fn find<'s>(
        &'s self,
        interface: Option<&'s ImportedInterface>,
        function: &'s str,
    ) -> impl Iterator<Item = (usize, &'a Binding)> + 's {
        let key = (interface.map(|interface| &*interface.name), function);
        let version = interface.map_or("", |interface| &interface.version);
        let bound = self.0.get(&key).into_iter().flatten().copied();
        bound.filter(move |(_, binding)| {
            let wanted = binding.interface.as_deref().map_or("", |interface| without_version(interface).1);
            wanted.is_empty() || track(wanted) == track(version)
        })
    }

    /// What is wrong with them.
    pub(crate) fn problems(&self, registry: &Registry, imports: &ComponentImports) -> Vec<EntryProblem> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut problems = Vec::new();
        // By index: the function that it binds. A binding without a version may bind the same function of two versions.
        let mut bound: HashMap<usize, String> = HashMap::new();
        let mut problem = |index, kind, message, remedy: String| {
            problems.push(EntryProblem::new(kind, Place::Binding(index), message).with_remedy(remedy));
        };
        for (interface, function) in imports.all_functions() {
            let name = full_name(interface, function);
            let mut found = self.find(interface, &function.name);
            let Some((index, _)) = found.next() else { continue };
            for (again, _) in found {
                let remedy = "remove one of the two".to_owned();
                problem(again, ErrorKind::AlreadyExists, format!("{name} is bound twice"), remedy);
                bound.insert(again, name.clone());
            }
            if let Some((provider, _)) =
                interface.and_then(|interface| registry.provider(&interface.name, track(&interface.version)))
            {
                let import = provider.meta().name;
                let message = format!("{name} cannot be bound: the import \"{import}\" provides it");
                problem(index, ErrorKind::Invalid, message, format!("remove it, and add \"{import}\" to imports"));
            } else if let Some(handle) = function.ty.handle() {
                let message = format!("{name} cannot be bound: it passes {handle}, which belongs to one instance");
                let remedy = "build the guest with a function that takes and gives values alone".to_owned();
                problem(index, ErrorKind::Invalid, message, remedy);
            }
            if let Slot::Vacant(slot) = bound.entry(index) {
                slot.insert(name);
            }
        }
        let mut absent: Vec<_> = self.0.values().flatten().filter(|(index, _)| !bound.contains_key(index)).collect();
        absent.sort_by_key(|(index, _)| *index);
        let free = if absent.is_empty() { String::new() } else { free(registry, imports) };
        for (index, binding) in absent {
            let name = match &binding.interface {
                Some(interface) => format!("{interface}#{}", binding.function),
                None => binding.function.clone(),
            };
            problem(*index, ErrorKind::NotFound, format!("the component does not import {name}"), free.clone());
        }
        problems.sort_by_key(|problem| match problem.place {
            Place::Binding(index) => index,
            _ => 0,
        });
        problems
    }
}

/// What can be bound.
fn free(registry: &Registry, imports: &ComponentImports) -> String {
    let unprovided = |interface: Option<&ImportedInterface>| {
        interface.is_none_or(|interface| registry.provider(&interface.name, track(&interface.version)).is_none())
    };
    let free = imports.all_functions().filter(|(interface, _)| unprovided(*interface));
    let names: Vec<String> = free.map(|(interface, function)| full_name(interface, function)).collect();
    match names.as_slice() {
        [] => "remove it: the component imports nothing that could be bound".to_owned(),
        names => format!("what can be bound: {}", listed(names, LISTED)),
    }
}

pub(super) fn full_name(interface: Option<&ImportedInterface>, function: &ImportedFunction) -> String {
    match interface {
        Some(interface) => format!("{}#{}", interface.full_name, function.name),
        None => function.name.clone(),
    }
}

fn without_version(interface: &str) -> (&str, &str) {
    interface.split_once('@').unwrap_or((interface, ""))
}
