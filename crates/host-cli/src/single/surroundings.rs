//! Directories and variables from the command line, as the host asks for them: by id.

use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::path::PathBuf;
use wippy_host::Result;
use wippy_host::policy::network::NetworkRules;

/// `--mount`.
#[derive(Clone)]
pub(super) struct Mount {
    host: PathBuf,
    guest: String,
    read_only: bool,
}

/// `--env`.
#[derive(Clone)]
pub(super) struct Variable {
    name: String,
    value: String,
}

pub(super) fn mount(text: &str) -> Result<Mount, String> {
    let Some((host, rest)) = text.split_once("::") else {
        return Err("expected HOST::GUEST or HOST::GUEST:ro, for example ./data::/data:ro".to_owned());
    };
    let (guest, read_only) = rest.strip_suffix(":ro").map_or((rest, false), |guest| (guest, true));
    if !guest.starts_with('/') {
        return Err(format!("the guest's path must be absolute, got {guest:?}"));
    }
    let host = std::fs::canonicalize(host).map_err(|error| format!("{host}: {error}"))?;
    match host.is_dir() {
        true => Ok(Mount { host, guest: guest.to_owned(), read_only }),
        false => Err(format!("{} is not a directory", host.display())),
    }
}

pub(super) fn variable(text: &str) -> Result<Variable, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !text.contains('\0') => {
            Ok(Variable { name: name.to_owned(), value: value.to_owned() })
        }
        _ => Err("expected K=V, for example LEVEL=debug".to_owned()),
    }
}

pub(super) fn rule(text: &str) -> Result<String, String> {
    match NetworkRules::parse(&[text.to_owned()]) {
        Ok(_) => Ok(text.to_owned()),
        Err(errors) => {
            let words = errors.iter().map(|error| format!("{}; {}", error.message, error.remedy));
            Err(words.collect::<Vec<_>>().join("\n"))
        }
    }
}

impl Mount {
    fn id(&self) -> String {
        format!("mount:{}", self.host.display())
    }

    pub(super) fn section(&self) -> Json {
        json!({"fs": self.id(), "guest": self.guest, "read_only": self.read_only})
    }
}

impl Variable {
    fn id(&self) -> String {
        format!("env:{}", self.name)
    }

    pub(super) fn section(&self) -> Json {
        json!({"id": self.id(), "name": self.name})
    }
}

/// The directories that are mounted.
pub(super) struct Mounts(HashMap<String, PathBuf>);

impl Mounts {
    pub(super) fn new(mounts: &[Mount]) -> Self {
        Self(mounts.iter().map(|mount| (mount.id(), mount.host.clone())).collect())
    }
}

impl wippy_host::Directories for Mounts {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        Ok(self.0.get(id).cloned())
    }
}

/// The variables that are set.
pub(super) struct Environment(HashMap<String, String>);

impl Environment {
    pub(super) fn new(variables: &[Variable]) -> Self {
        Self(variables.iter().map(|variable| (variable.id(), variable.value.clone())).collect())
    }
}

impl wippy_host::Environment for Environment {
    fn get(&self, id: &str) -> Result<Option<String>> {
        Ok(self.0.get(id).cloned())
    }

    fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}
