//! `process.wasm`, and the commands that processes are.

use super::entry::Meta;
use super::fields::Fields;
use super::function::{self, FunctionEntry};
use super::problem::quoted;
use super::source::Located;

/// A process as its entry declares it: a function that is started instead of called.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Process {
    /// What it runs, as of a `function.wasm`.
    pub function: FunctionEntry,
    /// The command of the command line that it is, if it is one.
    pub command: Option<Command>,
}

/// `meta.command`: what makes a process a command of the command line.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Command {
    /// What is typed after `run <app>`: one word, never `list`. No two entries have the same.
    pub name: Located<String>,
    /// A line for the list of commands.
    pub short: Option<Located<String>>,
}

pub(super) fn read(fields: &Fields<'_>, meta: &Meta) -> Option<Process> {
    let command = command(fields, meta);
    Some(Process { function: function::wasm(fields)?, command })
}

fn command(fields: &Fields<'_>, meta: &Meta) -> Option<Command> {
    let command = fields.below(meta.get("command")?, "meta.command", "meta.command.")?;
    command.check_keys(&["name", "short"], &[]);
    let name = command.required_text("name");
    let short = command.text("short").map(|text| text.map(|text| text.to_string()));
    let name = name?;
    let wrong = if &*name.value == "list" {
        Some(("the name `list` is taken: it lists the commands".to_owned(), "write another name".to_owned()))
    } else if name.value.starts_with('-') || name.value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        let message =
            format!("meta.command.name must be one word that does not begin with `-`, found {}", quoted(&name));
        Some((message, "write for example `name: report`".to_owned()))
    } else {
        None
    };
    if let Some((message, remedy)) = wrong {
        command.error(&name.span, message, remedy);
        return None;
    }
    Some(Command { name: name.map(|text| text.to_string()), short })
}
