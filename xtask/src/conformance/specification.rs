//! What a test wants done and what has to come of it: the two forms of the suite's own specification, read into one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::servers::Server;

/// The contents of a test's .json file.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Specification {
    /// Standing alone, these are the older form.
    args: Vec<String>,
    env: BTreeMap<String, String>,
    root: Option<String>,
    exit_code: i32,
    stdout: Option<String>,
    stderr: Option<String>,
    operations: Option<Vec<Operation>>,
    /// What the component is: a command where none is given.
    world: Option<String>,
    /// Whom it makes requests to.
    pub(super) servers: Vec<Server>,
}

/// One step.
#[derive(Deserialize, Clone)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Operation {
    Run(Run),
    Wait {
        #[serde(default)]
        exit_code: i32,
    },
    Read {
        #[serde(default = "stdout")]
        id: String,
        #[serde(default)]
        payload: String,
    },
    Write {
        #[serde(default)]
        payload: String,
    },
    Connect {
        #[serde(default = "server")]
        id: String,
        #[serde(default = "tcp")]
        protocol_type: String,
    },
    Send {
        id: String,
        #[serde(default)]
        payload: String,
    },
    Recv {
        id: String,
        #[serde(default)]
        payload: String,
    },
    /// A request to the component, and the response that it has to give.
    Request(Request),
    Kill {
        #[serde(default = "interrupt")]
        signal: String,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct Run {
    pub(super) args: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) root: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    pub(super) response: Response,
}

#[derive(Deserialize, Clone)]
#[serde(default)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Default for Request {
    fn default() -> Self {
        let (headers, response) = (BTreeMap::new(), Response::default());
        Self { method: "GET".to_owned(), path: "/".to_owned(), headers, body: String::new(), response }
    }
}

impl Default for Response {
    fn default() -> Self {
        Self { status: 200, headers: BTreeMap::new(), body: String::new() }
    }
}

fn interrupt() -> String {
    "SIGINT".to_owned()
}

fn stdout() -> String {
    "stdout".to_owned()
}

fn server() -> String {
    "server".to_owned()
}

fn tcp() -> String {
    "tcp".to_owned()
}

impl Specification {
    pub(super) fn operations(&self) -> Vec<Operation> {
        if let Some(operations) = &self.operations {
            return operations.clone();
        }
        let run = Run { args: self.args.clone(), env: self.env.clone(), root: self.root.clone() };
        let mut operations = vec![Operation::Run(run)];
        for (id, payload) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if let Some(payload) = payload {
                operations.push(Operation::Read { id: id.to_owned(), payload: payload.clone() });
            }
        }
        operations.push(Operation::Wait { exit_code: self.exit_code });
        operations
    }

    /// Whether the component serves requests; else it is a command. An error for what this program does not know.
    pub(super) fn serves(&self) -> Result<bool, String> {
        match self.world.as_deref() {
            None | Some("wasi:cli/command") => Ok(false),
            Some("wasi:http/service") => Ok(true),
            Some(world) => Err(format!("a test of the world {world} cannot be run")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, Specification};

    fn read(text: &str) -> Specification {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_older_form_is_a_run_what_is_read_and_the_end() {
        let operations = read(r#"{"root": "dir", "args": ["a"], "exit_code": 3, "stdout": "x"}"#).operations();
        let [Operation::Run(run), Operation::Read { id, payload }, Operation::Wait { exit_code }] = &*operations else {
            panic!("{}", operations.len())
        };
        assert_eq!((run.root.as_deref(), run.args.len()), (Some("dir"), 1));
        assert_eq!((id.as_str(), payload.as_str(), *exit_code), ("stdout", "x", 3));
    }

    #[test]
    fn no_file_at_all_is_a_run_that_ends_well() {
        let operations = Specification::default().operations();
        assert!(matches!(&*operations, [Operation::Run(_), Operation::Wait { exit_code: 0 }]));
    }

    #[test]
    fn what_is_not_known_is_not_passed_over() {
        let operations = read(r#"{"operations": [{"type": "run"}, {"type": "dance"}, {"type": "wait"}]}"#).operations();
        assert!(matches!(operations.get(1), Some(Operation::Unknown)));
        assert!(read(r#"{"world": "wasi:dance/floor"}"#).serves().is_err());
        assert_eq!(read(r#"{"world": "wasi:http/service"}"#).serves(), Ok(true));
    }
}
