//! An import's page of reference, as Markdown.

mod configuration;

use super::{ImportMeta, Interface, ModuleFunctions, Registration, Section};
use std::fmt::Write as _;

impl Registration {
    /// What the import says of itself, as Markdown below a heading of the reader's own: the other names that it has, a table of its
    /// interfaces, the functions that core modules may import, and a table of its configuration's keys with types, defaults and
    /// descriptions ([`Registration::schema`]).
    ///
    /// For books and READMEs: `wippy-host imports --markdown` prints it, and a test that compares it with a page keeps the page true.
    pub fn reference(&self) -> String {
        let ImportMeta { aliases, interfaces, section, .. } = self.meta();
        let mut page = String::new();
        if !aliases.is_empty() {
            let aliases = aliases.iter().map(|alias| match alias.interfaces {
                [] => format!("`{}`", alias.name),
                some => format!("`{}` (`{}` alone)", alias.name, some.join("`, `")),
            });
            let _ = write!(page, "Also named: {}.\n\n", aliases.collect::<Vec<_>>().join(", "));
        }
        page.push_str("| interface | version | track | |\n|---|---|---|---|\n");
        for interface in *interfaces {
            let Interface { name, version, .. } = interface;
            let _ = writeln!(page, "| `{name}` | {version} | {} | {} |", interface.track(), marks(interface));
        }
        page.push('\n');
        for ModuleFunctions { module, functions } in self.module_functions() {
            let _ = write!(page, "Core modules get of `{module}`: `{}`.\n\n", functions.join("`, `"));
        }
        match section {
            Section::None => page.push_str("No configuration.\n"),
            Section::Shared(name) => {
                configuration::table(&mut page, &format!("`{name}` of the entry"), &self.schema());
            }
            Section::Own(name) => {
                configuration::table(&mut page, &format!("`config.\"{name}\"` of the entry"), &self.schema());
            }
        }
        page
    }
}

fn marks(interface: &Interface) -> String {
    let marks = [(interface.concurrent, "asynchronous"), (interface.one_call, "one call")];
    marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect::<Vec<_>>().join(", ")
}
