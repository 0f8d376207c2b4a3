//! What an application consists of between two changes of its files.

use crate::directories::ApplicationDirectories;
use crate::environment::ApplicationEnvironment;
use crate::manifest::{Declaration, Declarations, EntryId, Problem};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use wippy_host_core::{Function, Preflight, WasmFunction};
use wippy_host_process::HostOptions;

/// Where processes run in an application that declares no `process.host`.
const PROCESS_HOST: &str = "app:processes";

/// Where commands run in an application that declares no `terminal.host`.
const TERMINAL_HOST: &str = "app:terminal";

/// Entries that were made into something which can be called or started.
pub(super) struct Generation {
    pub(super) declarations: Arc<Declarations>,
    pub(super) environment: ApplicationEnvironment,
    pub(super) directories: ApplicationDirectories,
    /// The files beside the YAML that it was made of: of `file://`, and compiled code.
    pub(super) files: BTreeSet<PathBuf>,
    pub(super) made: BTreeMap<EntryId, Made>,
    pub(super) preflights: Vec<Preflight>,
}

/// An entry that is sound.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) id: Arc<str>,
    pub(super) role: Role,
    pub(super) function: Arc<dyn Function>,
    /// The same, where it is a component that handles whole requests.
    pub(super) handler: Option<Arc<WasmFunction>>,
    pub(super) preflight: Option<Preflight>,
    /// What there is to say of it; nothing is an error.
    pub(super) remarks: Vec<Problem>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Called through the registry.
    Function,
    /// Started as a process.
    Program,
}

type Callables = Vec<(Arc<str>, Arc<dyn Function>)>;

impl Generation {
    pub(super) fn functions(&self) -> Callables {
        self.of(Role::Function)
    }

    pub(super) fn programs(&self) -> Callables {
        self.of(Role::Program)
    }

    fn of(&self, role: Role) -> Callables {
        let made = self.made.values().filter(|made| made.role == role);
        made.map(|made| (made.id.clone(), made.function.clone())).collect()
    }

    /// The process hosts that start, and one of each kind where there is none.
    pub(super) fn hosts(&self) -> Vec<(Arc<str>, HostOptions)> {
        let mut hosts = Vec::new();
        let (mut process, mut terminal) = (false, false);
        for entry in self.declarations.iter() {
            let declared = match &entry.declaration {
                Declaration::ProcessHost(host) => {
                    process = true;
                    host
                }
                Declaration::TerminalHost(host) => {
                    terminal = true;
                    host
                }
                _ => continue,
            };
            // Nobody could start it later.
            if declared.auto_start.as_ref().is_some_and(|auto| !auto.value) {
                continue;
            }
            let mut options = HostOptions::default();
            if let Some(most) = &declared.max_processes {
                options.max_processes = usize::try_from(most.value).unwrap_or(usize::MAX);
            }
            hosts.push((entry.id.value.to_string().into(), options));
        }
        let missing = [(process, PROCESS_HOST), (terminal, TERMINAL_HOST)];
        hosts.extend(missing.iter().filter(|(there, _)| !there).map(|(_, id)| ((*id).into(), HostOptions::default())));
        hosts
    }
}
