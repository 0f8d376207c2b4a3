//! The host's own cap on instances. Outermost calls wait for room; nested calls have room of their own and never wait,
//! since what they would wait for might be waiting for them.

use crate::EngineOptions;
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::pool::{Hold, Idle, Line, Place, Refused, WaitGraph};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many outermost calls may wait for each place: as in a pool.
const WAITING_PER_PLACE: usize = 64;

pub(crate) struct Admission {
    outermost: Line,
    nested: Semaphore,
    idle: Arc<Idle>,
}

/// Room for one instance, until dropped.
pub(crate) struct Room {
    admission: Arc<Admission>,
    /// None: room that nested calls have to themselves.
    hold: Option<Hold>,
}

impl Admission {
    pub(crate) fn new(options: &EngineOptions, idle: Arc<Idle>) -> Self {
        let (outermost, nested) = options.shares_of_instances();
        let (outermost, nested) = (outermost as usize, nested as usize);
        Self {
            outermost: Line::new(outermost, outermost.max(1).saturating_mul(WAITING_PER_PLACE)),
            nested: Semaphore::new(nested),
            idle,
        }
    }

    /// Room for the instance of a call, whose context knows of it then.
    pub(crate) async fn admit(self: &Arc<Self>, context: &mut CallContext, waits: &WaitGraph) -> Result<Room> {
        let room = match context.depth() {
            0 => self.outermost(context, waits).await?,
            _ => self.nested()?,
        };
        room.held_by(context);
        Ok(room)
    }

    async fn outermost(self: &Arc<Self>, context: &CallContext, waits: &WaitGraph) -> Result<Room> {
        if let Some(place) = self.outermost.try_take() {
            return Ok(self.room(place));
        }
        // Queued first, spared then: an instance that is kept in between sees that somebody waits, and goes.
        let waited = match self.outermost.queue() {
            Ok(queued) => {
                self.idle.spare_one();
                // In a box: few calls wait, and all would carry the room for it.
                Box::pin(queued.wait(context, waits)).await
            }
            Err(refused) => Err(refused),
        };
        waited.map(|place| self.room(place)).map_err(|refused| match refused {
            Refused::QueueFull => full("the host has no room, and as many calls wait as may"),
            Refused::Cycle(_) => full("the host has no room, and those who have it wait for this call"),
        })
    }

    fn nested(self: &Arc<Self>) -> Result<Room> {
        loop {
            if let Ok(permit) = self.nested.try_acquire() {
                permit.forget();
                return Ok(Room { admission: self.clone(), hold: None });
            }
            if let Some(place) = self.outermost.try_take() {
                return Ok(self.room(place));
            }
            if !self.idle.spare_one() {
                return Err(full("the host has no room for another nested call"));
            }
        }
    }

    /// Room for an instance that no call asks for: only where nobody waits.
    pub(crate) fn spare_room(self: &Arc<Self>) -> Option<Room> {
        if self.is_crowded() {
            return None;
        }
        self.outermost.try_take().map(|place| self.room(place))
    }

    /// Whether an outermost call would find room at this moment.
    pub(crate) fn has_room(&self) -> bool {
        self.outermost.taken() < self.outermost.places()
    }

    /// Whether a call waits for room.
    pub(crate) fn is_crowded(&self) -> bool {
        self.outermost.waiting() > 0
    }

    /// How many calls wait for room.
    pub(crate) fn waiting(&self) -> usize {
        self.outermost.waiting()
    }

    fn room(self: &Arc<Self>, place: Place<'_>) -> Room {
        Room { admission: self.clone(), hold: Some(place.keep()) }
    }
}

impl Room {
    /// Says to the context of a call that the room is the call's.
    pub(crate) fn held_by(&self, context: &mut CallContext) {
        if let Some(hold) = self.hold {
            context.hold(hold);
        }
    }

    /// Whether it is of the room that nested calls have to themselves, which no instance without a call may keep.
    pub(crate) fn is_reserved(&self) -> bool {
        self.hold.is_none()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        match self.hold {
            Some(_) => self.admission.outermost.give_back(),
            None => self.admission.nested.add_permits(1),
        }
    }
}

fn full(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
        .with_reason(Reason::HostFull)
        .with_remedy("try again, or raise the host's max_instances")
}
