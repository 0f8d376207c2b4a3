//! Mailboxes: bounded, and no EXIT is lost.

use crate::processes::Processes;
use crate::{Event, EventKind, Pid};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use wippy_host_core::{Error, ErrorKind, Result};

/// How many processes one function or process may monitor at a time: 1,024, those counted whose EXIT has not been read.
/// It bounds what a mailbox holds.
pub const MAX_MONITORED: usize = 1_024;

/// How many unread CANCEL events a mailbox keeps: 16, the newest. One says as much as all.
pub const MAX_CANCELS: usize = 16;

#[derive(Default)]
pub(crate) struct Mailbox {
    held: Mutex<Held>,
    arrived: Notify,
}

#[derive(Default)]
struct Held {
    events: VecDeque<Event>,
    cancels: usize,
    /// Places kept for EXIT events: of processes that are monitored, and of events not yet read.
    reserved: usize,
}

impl Mailbox {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a place for the EXIT of one process.
    pub(crate) fn reserve(&self, owner: &Pid) -> Result<()> {
        let mut held = self.held();
        if held.reserved >= MAX_MONITORED {
            let message = format!("{owner} monitors {MAX_MONITORED} processes, which is the most it may");
            return Err(Error::new(ErrorKind::RateLimited, message)
                .with_remedy("read the events of those that have ended, or unmonitor some"));
        }
        held.reserved += 1;
        Ok(())
    }

    /// Gives the place of a process back that is no longer monitored.
    pub(crate) fn release(&self) {
        let mut held = self.held();
        held.reserved = held.reserved.saturating_sub(1);
    }

    pub(crate) fn push(&self, event: Event) {
        let mut held = self.held();
        if event.kind == EventKind::Cancel {
            if held.cancels == MAX_CANCELS {
                let oldest = held.events.iter().position(|event| event.kind == EventKind::Cancel);
                oldest.and_then(|index| held.events.remove(index));
            } else {
                held.cancels += 1;
            }
        }
        held.events.push_back(event);
        drop(held);
        self.arrived.notify_one();
    }

    fn pop(&self) -> Option<Event> {
        let mut held = self.held();
        let event = held.events.pop_front()?;
        match event.kind {
            EventKind::Exit => held.reserved = held.reserved.saturating_sub(1),
            EventKind::Cancel => held.cancels = held.cancels.saturating_sub(1),
        }
        let more = !held.events.is_empty();
        drop(held);
        if more {
            self.arrived.notify_one();
        }
        Some(event)
    }
}

/// The events of one mailbox, in order. Clones read from the same: each event goes to one of them.
#[derive(Clone)]
pub struct Events(pub(crate) Arc<Mailbox>);

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

impl Events {
    /// The next event, waited for. Dropping the future loses none. Never ends on its own: events come until the mailbox's
    /// [`Attached`] is dropped, and none after.
    pub async fn recv(&self) -> Event {
        loop {
            let arrived = self.0.arrived.notified();
            if let Some(event) = self.0.pop() {
                return event;
            }
            arrived.await;
        }
    }

    /// The next event, where one is there.
    pub fn try_recv(&self) -> Option<Event> {
        self.0.pop()
    }
}

/// A running function with a pid and a mailbox: see [`Processes::attach`]. When dropped it monitors nothing any more, its
/// unread events are gone, and so is its pid, unless it is that of a process.
pub struct Attached {
    pub(crate) processes: Processes,
    pub(crate) pid: Pid,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached").field("pid", &self.pid).finish_non_exhaustive()
    }
}

impl Attached {
    /// The pid by which it spawns, monitors and is cancelled.
    pub fn pid(&self) -> &Pid {
        &self.pid
    }

    /// Its events.
    pub fn events(&self) -> Events {
        Events(self.mailbox.clone())
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.processes.detach(&self.pid);
    }
}
