//! The watch over a call's computing: ends it when its time is up, and gives the worker thread back in between.

use crate::errors::LuaError;
use crate::running::Running;
use mlua::{HookTriggers, Lua, VmState};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use wippy_host_core::{EPOCH, ErrorKind};

/// Instructions between two looks at the clock: a microsecond of ordinary computing.
const INSTRUCTIONS: u32 = 100;

/// Instructions between two looks while single instructions take long: joining or comparing texts of megabytes.
const FEW_INSTRUCTIONS: u32 = 8;

/// The time between two looks from which instructions are taken for slow.
const SLOW: Duration = Duration::from_millis(2);

/// Quick looks in a row after which instructions are no longer taken for slow.
const QUICK_AGAIN: u32 = 10_000;

/// How long Lua may compute where it cannot be suspended: inside `__close` while a coroutine is closed, or a callback of a
/// host function.
const UNSUSPENDED: Duration = Duration::from_millis(100);

/// Looks within that time from which it is computing, and no thread that the system took away.
const UNSUSPENDED_LOOKS: u32 = 100;

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
    /// Whether the worker thread is given back only where Lua waits.
    unbroken: bool,
    ended: OnceLock<Ended>,
    /// When the present turn on the worker began, in nanoseconds from `start`.
    turn: AtomicU64,
    /// When this turn should have ended, 0 before that, and the looks since.
    over: AtomicU64,
    looks: AtomicU32,
    /// Whether there was a pause since this was last taken.
    paused: AtomicBool,
    /// When the clock was last looked at, in the same way.
    last: AtomicU64,
    /// Whether garbage is collected.
    collects: AtomicBool,
    /// Looks that are still to be frequent; 0 at the ordinary pace.
    slow: AtomicU32,
}

impl Watch {
    pub(crate) fn new(deadline: Option<Instant>, cancellation: Option<CancellationToken>, unbroken: bool) -> Self {
        Self {
            start: Instant::now(),
            deadline,
            cancellation,
            unbroken,
            ended: OnceLock::new(),
            turn: AtomicU64::new(0),
            over: AtomicU64::new(0),
            looks: AtomicU32::new(0),
            paused: AtomicBool::new(false),
            last: AtomicU64::new(0),
            collects: AtomicBool::new(false),
            slow: AtomicU32::new(0),
        }
    }

    /// Says that the worker has just begun to run this call.
    pub(crate) fn begin_turn(&self) {
        let now = self.elapsed();
        self.turn.store(now, Ordering::Relaxed);
        self.over.store(0, Ordering::Relaxed);
        self.last.store(now, Ordering::Relaxed);
    }

    /// What ended the call, if it is ended. The first reason stays.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended.get().copied()
    }

    /// Ends the call.
    pub(crate) fn end(&self, why: Ended) -> LuaError {
        self.ended.get_or_init(|| why).error()
    }

    /// How many instructions may pass to the next look, where that changes.
    fn pace(&self) -> Option<u32> {
        let now = self.elapsed();
        let passed = since(now, self.last.swap(now, Ordering::Relaxed));
        let slow = self.slow.load(Ordering::Relaxed);
        if passed > SLOW {
            self.slow.store(QUICK_AGAIN, Ordering::Relaxed);
            return (slow == 0).then_some(FEW_INSTRUCTIONS);
        }
        self.slow.store(slow.saturating_sub(1), Ordering::Relaxed);
        (slow == 1).then_some(INSTRUCTIONS)
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
        if self.unbroken {
            return Ok(VmState::Continue);
        }
        let now = self.elapsed();
        if since(now, self.turn.load(Ordering::Relaxed)) <= EPOCH {
            return Ok(VmState::Continue);
        }
        match self.over.load(Ordering::Relaxed) {
            0 => {
                self.over.store(now, Ordering::Relaxed);
                self.looks.store(0, Ordering::Relaxed);
            }
            over => {
                let looks = self.looks.fetch_add(1, Ordering::Relaxed);
                if looks > UNSUSPENDED_LOOKS && since(now, over) > UNSUSPENDED {
                    return Err(self.end(Ended::Unsuspended).into());
                }
            }
        }
        self.note_pause();
        Ok(VmState::Yield)
    }

    /// Notes that a coroutine passes on the pause of another.
    pub(crate) fn note_pause(&self) {
        self.paused.store(true, Ordering::Relaxed);
    }

    /// Whether there was a pause since this was last called.
    pub(crate) fn take_paused(&self) -> bool {
        self.paused.swap(false, Ordering::Relaxed)
    }

    /// How long the call has been running.
    pub(crate) fn age(&self) -> Duration {
        self.start.elapsed()
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn since(now: u64, then: u64) -> Duration {
    Duration::from_nanos(now.saturating_sub(then))
}

/// Lets the watch of `running` look at every thread of this VM.
pub(crate) fn install(lua: &Lua, running: &Arc<Running>) -> mlua::Result<()> {
    look_every(lua, running.clone(), INSTRUCTIONS)
}

/// Takes instructions for slow from here on, before the first one is: a large text has come in.
pub(crate) fn expect_slow(lua: &Lua, running: &Arc<Running>) -> mlua::Result<()> {
    if running.watch().slow.swap(QUICK_AGAIN, Ordering::Relaxed) == 0 {
        look_every(lua, running.clone(), FEW_INSTRUCTIONS)?;
    }
    Ok(())
}

/// The pace of the thread that runs now, and of those that it makes.
fn look_every(lua: &Lua, running: Arc<Running>, instructions: u32) -> mlua::Result<()> {
    let every = HookTriggers::new().every_nth_instruction(instructions);
    lua.set_global_hook(every, move |lua, _| {
        if !running.watch().collects.swap(true, Ordering::Relaxed) {
            lua.gc_restart();
        }
        let looked = running.watch().look()?;
        if let Some(instructions) = running.watch().pace() {
            look_every(lua, running.clone(), instructions)?;
        }
        Ok(looked)
    })
}
