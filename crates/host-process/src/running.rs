//! One process, from its first step to its EXIT.

use crate::processes::Shared;
use crate::table::{Ending, Process};
use crate::{Event, Pid};
use futures::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wippy_host_core::{CallContext, Error, ErrorKind, Function, Result, Value};

tokio::task_local! {
    /// The process that runs on this task.
    static OWN: Pid;
}

/// The process on whose task this is called.
pub(crate) fn own() -> Option<Pid> {
    OWN.try_with(Pid::clone).ok()
}

/// What a process runs.
pub(crate) struct Work {
    pub(crate) pid: Pid,
    pub(crate) program: Arc<dyn Function>,
    pub(crate) context: CallContext,
    pub(crate) arguments: Vec<Value>,
    pub(crate) asked: CancellationToken,
    pub(crate) end: CancellationToken,
    /// The time between the two.
    pub(crate) grace: Duration,
}

/// Runs a process to its end, and says how it ended.
pub(crate) async fn run(shared: Weak<Shared>, work: Work) {
    let Work { pid, program, context, arguments, asked, end, grace } = work;
    let exit = Exit { shared, pid: Some(pid.clone()) };
    let call = AssertUnwindSafe(async move { program.call(&context, arguments).await }).catch_unwind();
    let expired = async {
        asked.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    let outcome = OWN.scope(pid, async {
        tokio::select! {
            biased;
            () = end.cancelled() => None,
            outcome = call => Some(outcome),
            () = expired => None,
        }
    });
    let result = match outcome.await {
        // A function that sees its token says in its own words what only the host knows the reason of.
        Some(Ok(Err(error))) if end.is_cancelled() && error.kind() == ErrorKind::Canceled => None,
        Some(Ok(result)) => Some(result),
        Some(Err(panic)) => Some(Err(panicked(&*panic))),
        None => None,
    };
    exit.with(result);
}

/// Sees to it that a process ends in the table as well, also where its task is dropped or panics in a destructor.
struct Exit {
    shared: Weak<Shared>,
    pid: Option<Pid>,
}

impl Exit {
    fn with(mut self, result: Option<Result<Value>>) {
        self.finish(result);
    }

    /// `None` for a process that did not end by itself.
    fn finish(&mut self, result: Option<Result<Value>>) {
        let (Some(pid), Some(shared)) = (self.pid.take(), self.shared.upgrade()) else { return };
        let (process, mailboxes) = {
            let mut table = shared.table();
            let Some(process) = table.processes.remove(&pid.number()) else { return };
            if let Some(host) = table.hosts.get_mut(pid.host()) {
                host.running = host.running.saturating_sub(1);
            }
            let mailboxes = process.watchers.iter().filter_map(|watcher| {
                let listener = table.listeners.get_mut(watcher)?;
                listener.watching.remove(&pid.number());
                Some(listener.mailbox.clone())
            });
            let mailboxes: Vec<_> = mailboxes.collect();
            (process, mailboxes)
        };
        let Process { ending, waiter, end, .. } = process;
        let result = result.unwrap_or_else(|| Err(ended(&pid, ending)));
        // What the process started under its token ends with it.
        end.cancel();
        match &result {
            Err(error) if mailboxes.is_empty() && waiter.is_none() && error.kind() != ErrorKind::Canceled => {
                tracing::warn!(target: "wippy::process", %pid, kind = error.kind().as_str(), "the process failed: {error}");
            }
            _ => tracing::debug!(target: "wippy::process", %pid, ok = result.is_ok(), "the process ended"),
        }
        for mailbox in mailboxes {
            mailbox.push(Event::exit(pid.clone(), result.clone()));
        }
        // Whoever waited may have gone.
        let _ = waiter.map(|waiter| waiter.send(result));
    }
}

impl Drop for Exit {
    fn drop(&mut self) {
        self.finish(None);
    }
}

/// The error of a process that did not end by itself.
fn ended(pid: &Pid, ending: Option<Ending>) -> Error {
    let message = match ending {
        Some(Ending::Canceled(reason)) if reason.is_empty() => format!("process {pid} was canceled"),
        Some(Ending::Canceled(reason)) => format!("process {pid} was canceled: {reason}"),
        Some(Ending::Terminated) => format!("process {pid} was terminated"),
        None => format!("process {pid} was canceled by its caller"),
    };
    Error::new(ErrorKind::Canceled, message)
}

/// The error of a program in Rust that panicked. Which process it was, whoever gets it knows.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::internal(format!("the program panicked: {}", text.unwrap_or("no message")))
}
