//! The processes of one application.

use crate::mailbox::{Attached, Mailbox};
use crate::running::{self, Work};
use crate::table::{Ending, Host, Listener, Process, Table, unknown};
use crate::{Event, HostOptions, Pid, Spawn};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wippy_host_core::{Error, ErrorKind, Function, Result, Value};

/// How long [`Processes::stop`] waits for what it has terminated: only a program in Rust that blocks its thread takes longer.
const TERMINATED: Duration = Duration::from_secs(5);

/// Characters of the reason of a cancellation; the rest is cut.
const MAX_REASON: usize = 1_024;

/// The hosts, programs and processes of one application. Clones are one. When the last goes, so do the processes.
#[derive(Clone, Default)]
pub struct Processes(Arc<Shared>);

impl fmt::Debug for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processes").field("running", &self.0.table().processes.len()).finish_non_exhaustive()
    }
}

#[derive(Default)]
pub(crate) struct Shared {
    table: Mutex<Table>,
    tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.table().processes.values().for_each(|process| process.end.cancel());
    }
}

/// A process that runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its pid.
    pub pid: Pid,
    /// Who spawned it, if it was said.
    pub parent: Option<Pid>,
    /// Since when it runs, by the real clock.
    pub started: SystemTime,
    /// Whether it listens: it gets a CANCEL event before it is ended.
    pub listens: bool,
    /// How many monitor it.
    pub watchers: usize,
}

impl Processes {
    /// No hosts, no programs, no processes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a process host, or changes the options of one: what runs on it goes on.
    pub fn add_host(&self, id: Arc<str>, options: HostOptions) {
        let mut table = self.0.table();
        match table.hosts.get_mut(&id) {
            Some(host) => host.options = options,
            None => drop(table.hosts.insert(id, Host { options, running: 0 })),
        }
    }

    /// Puts a set of programs in the place of another: the ids of `gone` that are not among `programs` lead nowhere
    /// afterwards. What runs goes on.
    pub fn exchange(&self, gone: &[Arc<str>], programs: Vec<(Arc<str>, Arc<dyn Function>)>) {
        let mut replaced = Vec::new();
        let mut table = self.0.table();
        replaced.extend(gone.iter().filter_map(|id| table.programs.remove(id)));
        replaced.extend(programs.into_iter().filter_map(|(id, program)| table.programs.insert(id, program)));
        drop(table);
    }

    /// What runs as a process of this id, if anything.
    pub fn program(&self, id: &str) -> Option<Arc<dyn Function>> {
        self.0.table().programs.get(id).cloned()
    }

    /// Gives a running function a pid and a mailbox, so that it can spawn, monitor and be told.
    ///
    /// Called by the program of a process, on the task of that process and with the program's own id, it gives the pid of
    /// the process, which listens from then on. One program attaches once at a time: a second has a pid of its own.
    pub fn attach(&self, function: &Arc<str>) -> Attached {
        let mailbox = Arc::new(Mailbox::default());
        let mut table = self.0.table();
        let own = running::own().filter(|own| {
            own.program() == function && table.process(own).is_ok() && !table.listeners.contains_key(&own.number())
        });
        let pid = own.unwrap_or_else(|| Pid::of_function(function.clone(), table.next()));
        let listener = Listener { pid: pid.clone(), mailbox: mailbox.clone(), watching: HashSet::new() };
        table.listeners.insert(pid.number(), listener);
        drop(table);
        Attached { processes: self.clone(), pid, mailbox }
    }

    pub(crate) fn detach(&self, pid: &Pid) {
        let mut table = self.0.table();
        let Some(listener) = table.listeners.remove(&pid.number()) else { return };
        for watched in &listener.watching {
            if let Some(process) = table.processes.get_mut(watched) {
                process.watchers.retain(|watcher| *watcher != pid.number());
            }
        }
    }

    /// Starts a process. It has begun when this returns, or will at the next chance of the async runtime, on which this
    /// must be called.
    ///
    /// # Errors
    /// `no process registered for id: …` and `no process host: …` (kind `NotFound`), `process host … is full` and the application stops
    /// (`Unavailable`); with `monitored`, a parent that has not attached (`NotFound`, or `Invalid` where there is none) or
    /// monitors too many (`RateLimited`).
    pub fn spawn(&self, spawn: Spawn) -> Result<Pid> {
        let end = CancellationToken::new();
        let context = spawn.context(spawn.context.detached(), &end);
        self.start(Spawn { context, ..spawn }, end, None)
    }

    /// Starts a process and waits for its end. Dropping the future ends the process.
    ///
    /// # Errors
    /// Those of [`Processes::spawn`], and the process's own.
    pub async fn exec(&self, spawn: Spawn) -> Result<Value> {
        let end = spawn.context.cancellation().map(CancellationToken::child_token).unwrap_or_default();
        let context = spawn.context(spawn.context.derive(), &end);
        let _ends_with_the_wait = end.clone().drop_guard();
        let (waiter, ended) = oneshot::channel();
        let pid = self.start(Spawn { context, ..spawn }, end, Some(waiter))?;
        ended.await.unwrap_or_else(|_| Err(unknown(&pid)))
    }

    fn start(
        &self,
        spawn: Spawn,
        end: CancellationToken,
        waiter: Option<oneshot::Sender<Result<Value>>>,
    ) -> Result<Pid> {
        let Spawn { id, host, arguments, context, parent, monitored, .. } = spawn;
        let runtime = Handle::try_current()
            .map_err(|error| Error::internal(format!("no process can be started here: {error}")).with_source(error))?;
        let mut table = self.0.table();
        if table.stopping {
            let message = format!("no process of {id} can be started: the application stops");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let program = table.program(&id)?;
        let grace = table.host(&host)?.options.cancel_grace;
        let pid = Pid::new(host.clone(), id, table.next());
        let mut watchers = Vec::new();
        if monitored {
            let Some(parent) = &parent else {
                return Err(Error::invalid("a process is to be monitored by its parent, and has none"));
            };
            let listener = table.listener(parent)?;
            listener.mailbox.reserve(parent)?;
            listener.watching.insert(pid.number());
            watchers.push(parent.number());
        }
        table.host(&host)?.running += 1;
        let asked = CancellationToken::new();
        let work =
            Work { pid: pid.clone(), program, context, arguments, asked: asked.clone(), end: end.clone(), grace };
        let (started, number) = (SystemTime::now(), pid.number());
        let process = Process { pid: pid.clone(), parent, started, asked, end, ending: None, watchers, waiter };
        table.processes.insert(number, process);
        drop(table);
        self.0.tasks.spawn_on(running::run(Arc::downgrade(&self.0), work), &runtime);
        Ok(pid)
    }

    /// Asks a process, or a function that has attached, to end: see the crate's page. `by` is who asks, `None` the embedder. A `reason` beyond
    /// 1,024 characters is cut.
    ///
    /// # Errors
    /// Kind `NotFound` where nothing of this pid runs.
    pub fn cancel(&self, by: Option<&Pid>, pid: &Pid, reason: &str) -> Result<()> {
        let reason: String = reason.chars().take(MAX_REASON).collect();
        let from = by.cloned().unwrap_or_else(|| Pid::of_host(pid.host()));
        let mut table = self.0.table();
        let mailbox = table.listener(pid).map(|listener| listener.mailbox.clone()).ok();
        match (table.process(pid), mailbox) {
            (Err(unknown), None) => return Err(unknown),
            (Err(_), Some(mailbox)) => mailbox.push(Event::cancel(from, &reason)),
            (Ok(process), Some(mailbox)) => {
                mailbox.push(Event::cancel(from, &reason));
                process.ending.get_or_insert(Ending::Canceled(reason));
                process.asked.cancel();
            }
            (Ok(process), None) => {
                process.ending.get_or_insert(Ending::Canceled(reason));
                process.end.cancel();
            }
        }
        Ok(())
    }

    /// Ends a process without asking it. Its EXIT carries an error of kind `Canceled`.
    ///
    /// # Errors
    /// Kind `NotFound` where no process of this pid runs.
    pub fn terminate(&self, pid: &Pid) -> Result<()> {
        let mut table = self.0.table();
        terminate(table.process(pid)?);
        Ok(())
    }

    /// Has the EXIT of `pid` told to `watcher`, once, however often this is called.
    ///
    /// # Errors
    /// Kind `NotFound` where no process `pid` runs (any more) or `watcher` has not attached; kind `RateLimited` where it monitors
    /// [`MAX_MONITORED`](crate::MAX_MONITORED).
    pub fn monitor(&self, watcher: &Pid, pid: &Pid) -> Result<()> {
        let mut table = self.0.table();
        table.process(pid)?;
        let listener = table.listener(watcher)?;
        if listener.watching.contains(&pid.number()) {
            return Ok(());
        }
        listener.mailbox.reserve(watcher)?;
        listener.watching.insert(pid.number());
        table.process(pid)?.watchers.push(watcher.number());
        Ok(())
    }

    /// Has the EXIT of `pid` not told to `watcher`. One that is in the mailbox already stays there.
    ///
    /// # Errors
    /// Kind `NotFound` where `watcher` has not attached.
    pub fn unmonitor(&self, watcher: &Pid, pid: &Pid) -> Result<()> {
        let mut table = self.0.table();
        let listener = table.listener(watcher)?;
        if listener.watching.remove(&pid.number()) {
            listener.mailbox.release();
            if let Ok(process) = table.process(pid) {
                process.watchers.retain(|number| *number != watcher.number());
            }
        }
        Ok(())
    }

    /// What runs, the oldest first.
    pub fn list(&self) -> Vec<ProcessInfo> {
        let table = self.0.table();
        let infos = table.processes.values().map(|process| ProcessInfo {
            pid: process.pid.clone(),
            parent: process.parent.clone(),
            started: process.started,
            listens: table.listeners.contains_key(&process.pid.number()),
            watchers: process.watchers.len(),
        });
        let mut list: Vec<_> = infos.collect();
        list.sort_unstable_by_key(|info| info.pid.number());
        list
    }

    /// Lets everything end, for good: no process can be started from here on; those that listen get a CANCEL event; what
    /// still runs after `grace` is terminated. Returns when nothing runs, at most five seconds after `grace`. Dropping the future before
    /// leaves it at what was done: the events are sent, nothing can be started, and what runs is not terminated.
    pub async fn stop(&self, grace: Duration) {
        {
            let mut table = self.0.table();
            table.stopping = true;
            let Table { processes, listeners, .. } = &*table;
            for process in processes.values() {
                if let Some(listener) = listeners.get(&process.pid.number()) {
                    let from = Pid::of_host(process.pid.host());
                    listener.mailbox.push(Event::cancel(from, "the application stops"));
                }
            }
        }
        self.0.tasks.close();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_ok() {
            return;
        }
        self.0.table().processes.values_mut().for_each(terminate);
        let _ = tokio::time::timeout(TERMINATED, self.0.tasks.wait()).await;
    }
}

fn terminate(process: &mut Process) {
    process.ending = Some(Ending::Terminated);
    process.end.cancel();
}
