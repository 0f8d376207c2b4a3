//! The commands of an application: processes with `meta.command`.

use crate::output::{Failure, Output};
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use wippy_host::{Error, ErrorKind, nearest};
use wippy_host_app::manifest::{self, Declaration, Declarations, Entry, FunctionEntry};

/// Where commands run in an application that declares no `terminal.host`.
const TERMINAL_HOST: &str = "app:terminal";

/// All commands, by name.
pub(super) struct Commands<'a>(Vec<Command<'a>>);

/// One command.
pub(super) struct Command<'a> {
    entry: &'a Entry,
    declared: &'a manifest::Command,
    function: &'a FunctionEntry,
    host: Arc<str>,
}

impl<'a> Commands<'a> {
    pub(super) fn of(declarations: &'a Declarations) -> Self {
        let is_terminal = |entry: &&Entry| matches!(entry.declaration, Declaration::TerminalHost(_));
        let host = declarations.iter().find(is_terminal).map(|entry| entry.id.value.to_string());
        let host: Arc<str> = host.as_deref().unwrap_or(TERMINAL_HOST).into();
        let commands = declarations.iter().filter_map(|entry| {
            let (declared, function) = (entry.command()?, &entry.process()?.function);
            Some(Command { entry, declared, function, host: host.clone() })
        });
        let mut commands: Vec<_> = commands.collect();
        commands.sort_by(|one, other| one.name().cmp(other.name()));
        Self(commands)
    }

    /// The command of this name.
    ///
    /// # Errors
    /// Where there is none: which one may be meant, and all that there are.
    pub(super) fn get(&self, name: &str) -> Result<&Command<'a>, Error> {
        self.0.iter().find(|command| command.name() == name).ok_or_else(|| {
            let near = nearest(name, self.0.iter().map(Command::name));
            let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
            let shown: String = name.chars().take(80).collect();
            Error::new(ErrorKind::NotFound, format!("no command {shown} in the application"))
                .with_remedy(format!("{near}{}", self.listed()))
        })
    }

    /// Which commands there are, for a remedy.
    pub(super) fn listed(&self) -> String {
        if self.0.is_empty() {
            return "the application has no commands: a process.wasm with meta.command is one".to_owned();
        }
        let names: Vec<&str> = self.0.iter().map(Command::name).collect();
        format!("the commands are: {}", names.join(", "))
    }

    /// Prints names and short texts.
    pub(super) fn print(&self, output: &Output, as_json: bool) -> Result<ExitCode, Failure> {
        if as_json {
            let list = self.0.iter().map(|command| {
                let id = command.entry.id.value.to_string();
                json!({"name": command.name(), "short": command.short(), "entry": id})
            });
            output.json(&list.collect())?;
            return Ok(ExitCode::SUCCESS);
        }
        let width = self.0.iter().map(|command| command.name().chars().count()).max().unwrap_or_default();
        let line = |command: &Command<'_>| {
            let line = format!("{:width$}  {}", command.name(), command.short().unwrap_or_default());
            format!("{}\n", line.trim_end())
        };
        output.text(self.0.iter().map(line).collect::<String>())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Command<'_> {
    pub(super) fn name(&self) -> &str {
        &self.declared.name.value
    }

    fn short(&self) -> Option<&str> {
        self.declared.short.as_ref().map(|short| short.value.as_str())
    }

    /// The id of its entry.
    pub(super) fn id(&self) -> Arc<str> {
        self.entry.id.value.to_string().into()
    }

    /// Where it runs.
    pub(super) fn host(&self) -> &Arc<str> {
        &self.host
    }

    /// Whether it is a `run` of `wasi:cli` or the `_start` of a module, which ask for their arguments instead of taking
    /// them.
    pub(super) fn takes_command_line(&self) -> bool {
        let method = &self.function.method.value;
        **method == *"run#run" || **method == *"_start" || method.starts_with("wasi:cli/run")
    }

    /// Its arguments as such a `run` asks for them. Programs expect their own name first: where the entry's `wasi.args` do not
    /// begin with one, the command's name stands there.
    pub(super) fn command_line(&self, texts: &[String]) -> Vec<String> {
        let named = self.function.wasi.as_ref().is_some_and(|wasi| wasi.get("args").is_some());
        let name = (!named).then(|| self.name().to_owned());
        name.into_iter().chain(texts.iter().cloned()).collect()
    }
}
