//! What is known: hosts, programs, what runs and who listens. Locked for look-ups and never across a wait.

use crate::mailbox::Mailbox;
use crate::{HostOptions, Pid};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use wippy_host_core::{Error, ErrorKind, Function, Result, Value, nearest};

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) hosts: HashMap<Arc<str>, Host>,
    pub(crate) programs: HashMap<Arc<str>, Arc<dyn Function>>,
    /// By the pid's number; sorted by it where they are listed.
    pub(crate) processes: HashMap<u64, Process>,
    /// Who has attached, processes and functions.
    pub(crate) listeners: HashMap<u64, Listener>,
    pub(crate) last: u64,
    pub(crate) stopping: bool,
}

pub(crate) struct Host {
    pub(crate) options: HostOptions,
    pub(crate) running: usize,
}

/// A process that runs.
pub(crate) struct Process {
    pub(crate) pid: Pid,
    pub(crate) parent: Option<Pid>,
    pub(crate) started: SystemTime,
    /// Asks it to end, where it listens.
    pub(crate) asked: CancellationToken,
    /// Ends it.
    pub(crate) end: CancellationToken,
    /// Why it is being ended.
    pub(crate) ending: Option<Ending>,
    /// The numbers of those who monitor it.
    pub(crate) watchers: Vec<u64>,
    /// Who waits for it in place of a call.
    pub(crate) waiter: Option<oneshot::Sender<Result<Value>>>,
}

pub(crate) enum Ending {
    /// Asked to, for this reason.
    Canceled(String),
    /// Not asked.
    Terminated,
}

pub(crate) struct Listener {
    pub(crate) pid: Pid,
    pub(crate) mailbox: Arc<Mailbox>,
    /// The numbers of the processes that it monitors.
    pub(crate) watching: HashSet<u64>,
}

impl Table {
    pub(crate) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn program(&self, id: &str) -> Result<Arc<dyn Function>> {
        self.programs.get(id).cloned().ok_or_else(|| {
            let error = Error::new(ErrorKind::NotFound, format!("no process registered for id: {id}"));
            error.with_remedy(known("entries of kind process.wasm", id, self.programs.keys()))
        })
    }

    /// The host, where it has room.
    pub(crate) fn host(&mut self, id: &str) -> Result<&mut Host> {
        if !self.hosts.contains_key(id) {
            let error = Error::new(ErrorKind::NotFound, format!("no process host: {id}"));
            return Err(error.with_remedy(known("process hosts", id, self.hosts.keys())));
        }
        match self.hosts.get_mut(id) {
            Some(host) if host.running < host.options.max_processes => Ok(host),
            _ => Err(Error::new(ErrorKind::Unavailable, format!("process host {id} is full"))
                .with_remedy(format!("wait for one of its processes to end, or raise host.max_processes of {id}"))),
        }
    }

    pub(crate) fn process(&mut self, pid: &Pid) -> Result<&mut Process> {
        self.processes.get_mut(&pid.number()).filter(|process| process.pid == *pid).ok_or_else(|| unknown(pid))
    }

    pub(crate) fn listener(&mut self, pid: &Pid) -> Result<&mut Listener> {
        self.listeners.get_mut(&pid.number()).filter(|listener| listener.pid == *pid).ok_or_else(|| {
            let error = Error::new(ErrorKind::NotFound, format!("{pid} has no mailbox"));
            error.with_remedy("only a function that runs and has attached gets events")
        })
    }
}

/// The error about a pid that leads nowhere.
pub(crate) fn unknown(pid: &Pid) -> Error {
    Error::new(ErrorKind::NotFound, format!("no process {pid}")).with_remedy("it has ended, or never was")
}

/// Which name may be meant, and some of those that there are.
fn known<'a>(what: &str, id: &str, ids: impl Iterator<Item = &'a Arc<str>>) -> String {
    const LISTED: usize = 20;
    let mut ids: Vec<&str> = ids.map(|id| &**id).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        return format!("the application has no {what}");
    }
    let near = nearest(id, ids.iter().copied()).map(|near| format!("did you mean {near}? ")).unwrap_or_default();
    let more = ids.len().saturating_sub(LISTED);
    ids.truncate(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{near}the {what} are: {}{more}", ids.join(", "))
}
