//! What `wasi:cli` reads of an entry's `wasi` section.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashMap;
use wippy_host_core::{ConfigProblem, SetupContext};

/// The keys of the `wasi` section that this import owns.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Config {
    /// The arguments that the guest sees first; those of the call follow. Default none.
    pub args: Vec<String>,
    /// The guest's initial working directory, an absolute path in the guest. Default none.
    #[schemars(extend("pattern" = r"^/|\$\{env:|^file://"))]
    pub cwd: Option<String>,
    /// The variables that the guest sees: these, and none of the host's own.
    pub env: Vec<Variable>,
}

/// One variable.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["id", "name"]))]
#[non_exhaustive]
pub struct Variable {
    /// The id of an `env.variable`. Required.
    pub id: Option<String>,
    /// The name under which the guest sees it. Required.
    pub name: Option<String>,
    /// Whether a call fails while the variable is not set. Default false: the guest does not see it then.
    pub required: bool,
}

pub(crate) fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    if let Some(cwd) = config.cwd.as_deref()
        && !cwd.starts_with('/')
    {
        problems.push(
            ConfigProblem::new(["cwd"], format!("wasi.cwd must be absolute, got {cwd:?}"))
                .with_remedy(format!("write cwd: /{cwd}")),
        );
    }
    if let Some(index) = config.args.iter().position(|arg| arg.contains('\0')) {
        let problem = ConfigProblem::new(["args".to_owned(), index.to_string()], "wasi.args[] has a NUL character");
        problems.push(problem.with_remedy("leave the NUL out: no program can be given one"));
    }
    let mut names = HashMap::new();
    for (index, variable) in config.env.iter().enumerate() {
        let at = |key: &str| ["env".to_owned(), index.to_string(), key.to_owned()];
        let here = || ["env".to_owned(), index.to_string()];
        match variable.id.as_deref().filter(|id| !id.is_empty()) {
            None => problems.push(
                ConfigProblem::new(here(), "wasi.env[].id is required")
                    .with_remedy("add id: with the id of an env.variable entry"),
            ),
            Some(id) => {
                let id = cx.resolve_id(id);
                if !cx.services.environment.contains(&id) {
                    problems.push(
                        ConfigProblem::new(at("id"), format!("no env.variable {id}"))
                            .with_remedy(format!("add an entry of kind env.variable with the id {id}")),
                    );
                }
            }
        }
        match variable.name.as_deref().filter(|name| !name.is_empty()) {
            None => problems.push(
                ConfigProblem::new(here(), "wasi.env[].name is required")
                    .with_remedy("add name: with the name that the guest sees"),
            ),
            Some(name) if name.contains(['=', '\0']) => {
                let message = format!("wasi.env[].name cannot have '=' or NUL in it, got {name:?}");
                let usual = name.split(['=', '\0']).next().filter(|name| !name.is_empty()).unwrap_or("API_KEY");
                problems.push(ConfigProblem::new(at("name"), message).with_remedy(format!("write name: {usual}")));
            }
            Some(name) => {
                if let Some(first) = names.insert(name, index) {
                    problems.push(
                        ConfigProblem::new(
                            at("name"),
                            format!("wasi.env[].name must be unique: {name} is the name of number {} too", first + 1),
                        )
                        .with_remedy("give one of the two another name, or remove it"),
                    );
                }
            }
        }
    }
    problems
}

impl Config {
    /// The same, with every id in full.
    pub(crate) fn resolved(mut self, cx: &SetupContext<'_>) -> Self {
        for variable in &mut self.env {
            variable.id = variable.id.take().map(|id| cx.resolve_id(&id));
        }
        self
    }
}
