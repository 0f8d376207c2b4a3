//! The watch over a call's computing: ends it when its time is up, and gives the worker thread back in between.

use crate::errors::LuaError;
use mlua::{HookTriggers, Lua, VmState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use wippy_host_core::{EPOCH, ErrorKind};

/// Instructions between two looks at the clock: a few microseconds of computing.
const INSTRUCTIONS: u32 = 1000;

/// How long Lua may compute where it cannot be suspended: inside `__close` while a coroutine is closed, or a callback of a
/// host function.
const UNSUSPENDED: Duration = Duration::from_millis(100);

/// What ended a call, whatever its Lua code makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Deadline,
    Canceled,
    Memory,
    /// It computed too long where it could not be suspended.
    Unsuspended,
}

impl Ended {
    /// The error that Lua sees on the way out.
    fn error(self) -> LuaError {
        match self {
            Self::Deadline => LuaError::new(Some(ErrorKind::Timeout), "the time of this call is up"),
            Self::Canceled => LuaError::new(Some(ErrorKind::Canceled), "this call is canceled"),
            Self::Memory => LuaError::new(Some(ErrorKind::RateLimited), "not enough memory"),
            Self::Unsuspended => LuaError::new(
                Some(ErrorKind::RateLimited),
                format!("computed for more than {} ms where Lua cannot be suspended", UNSUSPENDED.as_millis()),
            ),
        }
    }
}

/// The watch over one call.
pub(crate) struct Watch {
    start: Instant,
    deadline: Option<Instant>,
    cancellation: Option<CancellationToken>,
    ended: OnceLock<Ended>,
    /// When the present turn on the worker began, in nanoseconds from `start`.
    turn: AtomicU64,
}

impl Watch {
    pub(crate) fn new(deadline: Option<Instant>, cancellation: Option<CancellationToken>) -> Self {
        Self { start: Instant::now(), deadline, cancellation, ended: OnceLock::new(), turn: AtomicU64::new(0) }
    }

    /// Says that the worker has just begun to run this call.
    pub(crate) fn begin_turn(&self) {
        self.turn.store(self.elapsed(), Ordering::Relaxed);
    }

    /// What ended the call, if it is ended. The first reason stays.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended.get().copied()
    }

    /// Ends the call.
    pub(crate) fn end(&self, why: Ended) -> LuaError {
        self.ended.get_or_init(|| why).error()
    }

    /// Whether the turn has been long enough.
    ///
    /// # Errors
    /// When the call is over.
    pub(crate) fn look(&self) -> mlua::Result<VmState> {
        if let Some(ended) = self.ended() {
            return Err(ended.error().into());
        }
        if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(self.end(Ended::Deadline).into());
        }
        if self.cancellation.as_ref().is_some_and(CancellationToken::is_cancelled) {
            return Err(self.end(Ended::Canceled).into());
        }
        let turn = Duration::from_nanos(self.elapsed().saturating_sub(self.turn.load(Ordering::Relaxed)));
        if turn > UNSUSPENDED {
            return Err(self.end(Ended::Unsuspended).into());
        }
        Ok(if turn > EPOCH { VmState::Yield } else { VmState::Continue })
    }

    /// How long the call has been running.
    pub(crate) fn age(&self) -> Duration {
        self.start.elapsed()
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Lets the watch of `running` look at every thread of this VM.
pub(crate) fn install(lua: &Lua, running: &Arc<crate::running::Running>) -> mlua::Result<()> {
    let running = running.clone();
    let every = HookTriggers::new().every_nth_instruction(INSTRUCTIONS);
    lua.set_global_hook(every, move |_, _| running.watch().look())
}
