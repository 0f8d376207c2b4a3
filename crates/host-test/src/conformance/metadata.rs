//! Whether an import's metadata is sound, and what its WIT says.

use super::guest::Wit;
use std::collections::BTreeSet;
use wippy_host_core::{Alias, Interface, Registration, Section};

pub(super) fn problems(import: Registration, wit: &Wit) -> Vec<String> {
    let meta = import.meta();
    let mut found = Vec::new();
    let mut expect = |holds: bool, problem: String| {
        if !holds {
            found.push(problem);
        }
    };
    expect(is_name(meta.name), format!("\"{}\" is no name: write it as \"acme:kv\", lower-case", meta.name));
    let summary = meta.summary.trim();
    expect(!summary.is_empty() && !summary.contains('\n'), "the summary is not one line of text".to_owned());
    let nothing = meta.interfaces.is_empty() && import.module_functions().is_empty();
    expect(!nothing, "it provides no interface and no function of a module".to_owned());

    let mut seen = BTreeSet::new();
    for interface in meta.interfaces {
        let name = interface.full_name();
        expect(
            is_interface(interface.name),
            format!("\"{}\" is no interface: write it as \"acme:kv/store\", lower-case", interface.name),
        );
        expect(is_version(interface.version), format!("{name}: write the whole version, as \"0.1.0\""));
        expect(
            seen.insert((interface.name, interface.track())),
            format!("{}@{} is there twice: name the newest version of each track", interface.name, interface.track()),
        );
        match wit.has_async(interface) {
            Ok(has_async) => expect(
                interface.concurrent || !has_async,
                format!("{name} has asynchronous functions: write Interface::concurrent(...)"),
            ),
            Err(error) => expect(false, format!("{name} is not in the WIT: {error}")),
        }
    }

    let mut names = BTreeSet::from([meta.name]);
    for Alias { name, interfaces, .. } in meta.aliases {
        expect(is_lower(name) && !name.is_empty(), format!("the alias \"{name}\" is no lower-case name"));
        expect(names.insert(name), format!("the alias \"{name}\" is there twice, or is the import's own name"));
        let own = meta.interfaces.iter().any(|interface| interface.name == *name);
        expect(!own, format!("the alias \"{name}\" is an interface, which is a name already"));
        for granted in *interfaces {
            let known = meta.interfaces.iter().any(|interface| interface.name == *granted);
            expect(known, format!("the alias \"{name}\" names {granted}, which the import does not have"));
        }
    }

    let has_keys = !super::config::keys(import).is_empty();
    match meta.section {
        Section::None => expect(!has_keys, "the configuration has keys, and no section to stand in".to_owned()),
        Section::Own(name) | Section::Shared(name) => {
            expect(!name.is_empty(), "the section has no name".to_owned());
            expect(has_keys, "the section has no keys: write Section::None, and NoConfig".to_owned());
        }
    }
    found
}

fn is_lower(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_:".contains(&byte))
}

/// `acme:kv`, or one word as `funcs`.
fn is_name(text: &str) -> bool {
    is_lower(text) && text.split(':').count() <= 2 && text.split(':').all(is_word)
}

fn is_interface(text: &str) -> bool {
    text.split_once('/').is_some_and(|(package, interface)| {
        package.contains(':') && is_name(package) && is_lower(interface) && is_word(interface)
    })
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-')
}

/// Three numbers, and perhaps a pre-release behind them.
fn is_version(text: &str) -> bool {
    let numbers = text.split(['-', '+']).next().unwrap_or(text);
    numbers.split('.').count() == 3
        && numbers.split('.').all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The interfaces of one track.
pub(super) fn of_track(interfaces: &[Interface], track: &str) -> Vec<Interface> {
    interfaces.iter().copied().filter(|interface| interface.track() == track).collect()
}
