//! Timers and tickers: a future beside the function, which puts the time into a channel.

use super::duration::LuaDuration;
use super::moment::Moment;
use crate::channel::Channel;
use crate::errors::LuaError;
use crate::running::{self, Running};
use futures::future::BoxFuture;
use mlua::{AnyUserData, IntoLua, Lua, UserData, UserDataMethods, Value, WeakLua};
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use wippy_host_core::{Clock, ErrorKind};

/// The shortest period of a ticker: a shorter one would keep a worker busy for nothing.
const MIN_PERIOD: u64 = 1_000_000;

/// A timer, or a ticker where it has a period.
pub(super) struct Timer {
    channel: Channel,
    /// The channel as Lua has it: one object, so that what a select chose can be compared with it.
    object: AnyUserData,
    state: Arc<Mutex<State>>,
    ticks: bool,
}

struct State {
    /// The moment to wake at, on the clock's monotonic time; none once it has come, or the timer was stopped.
    due: Option<u64>,
    period: Option<u64>,
    /// Whether a future waits for it.
    waiting: bool,
    waker: Option<Waker>,
}

impl Timer {
    /// Starts a timer.
    ///
    /// # Errors
    /// Where too much runs beside the function already.
    pub(super) fn once(lua: &Lua, duration: LuaDuration) -> mlua::Result<Self> {
        Self::start(lua, duration, None)
    }

    /// Starts a ticker. A tick that nobody has received by the next one is the only one kept.
    ///
    /// # Errors
    /// As [`Self::once`], and where the period is not positive.
    pub(super) fn repeated(lua: &Lua, duration: LuaDuration) -> mlua::Result<Self> {
        if duration.0 <= 0 {
            return Err(LuaError::new(Some(ErrorKind::Invalid), "a ticker's period must be above 0").into());
        }
        Self::start(lua, duration, Some(duration.wait().max(MIN_PERIOD)))
    }

    fn start(lua: &Lua, duration: LuaDuration, period: Option<u64>) -> mlua::Result<Self> {
        let state = State { due: None, period, waiting: false, waker: None };
        let channel = Channel::new(1);
        let object = lua.create_userdata(channel.clone())?;
        let timer = Self { channel, object, state: Arc::new(Mutex::new(state)), ticks: period.is_some() };
        timer.arm(lua, period.unwrap_or(duration.wait()))?;
        Ok(timer)
    }

    /// The channel that gets the time.
    pub(super) fn channel(&self) -> AnyUserData {
        self.object.clone()
    }

    /// Sets the moment anew; whether the timer was running.
    fn arm(&self, lua: &Lua, wait: u64) -> mlua::Result<bool> {
        let running = running::of(lua)?;
        let due = running.clock().monotonic().saturating_add(wait);
        let mut state = lock(&self.state);
        let was_running = state.due.replace(due).is_some();
        if state.waiting {
            state.waker.take().into_iter().for_each(Waker::wake);
            return Ok(was_running);
        }
        state.waiting = true;
        drop(state);
        let spawned = running.tasks().spawn(wait_for(&running, lua.weak(), self.channel.clone(), self.state.clone()));
        if let Err(error) = spawned {
            let mut state = lock(&self.state);
            (state.waiting, state.due) = (false, None);
            return Err(error.into());
        }
        Ok(was_running)
    }

    fn stop(&self) -> bool {
        let mut state = lock(&self.state);
        let was_running = state.due.take().is_some();
        state.waker.take().into_iter().for_each(Waker::wake);
        was_running
    }
}

/// Ends when the timer has nothing more to wait for.
fn wait_for(
    running: &Running,
    lua: WeakLua,
    channel: Channel,
    state: Arc<Mutex<State>>,
) -> impl Future<Output = ()> + Send + 'static {
    let clock = running.clock().clone();
    let mut sleep = None;
    poll_fn(move |cx| poll(cx, &clock, &lua, &channel, &state, &mut sleep))
}

type Sleep = Option<(u64, BoxFuture<'static, ()>)>;

fn poll(
    cx: &mut Context<'_>,
    clock: &Arc<dyn Clock>,
    lua: &WeakLua,
    channel: &Channel,
    state: &Mutex<State>,
    sleep: &mut Sleep,
) -> Poll<()> {
    loop {
        let mut state = lock(state);
        let Some(due) = state.due else {
            state.waiting = false;
            return Poll::Ready(());
        };
        if sleep.as_ref().is_none_or(|(until, _)| *until != due) {
            *sleep = Some((due, clock.sleep_until(due)));
        }
        let Some((_, sleeping)) = sleep else { continue };
        if sleeping.as_mut().poll(cx).is_pending() {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        *sleep = None;
        // Behind the clock, the ticks that are missed are left out.
        state.due = state.period.map(|period| due.saturating_add(period).max(clock.monotonic().saturating_add(1)));
        drop(state);
        if let Some(lua) = lua.try_upgrade()
            && let Ok(moment) = Moment::new(clock.wall()).into_lua(&lua)
        {
            // A tick that nobody took stands for this one, too.
            let _ = channel.try_send(moment);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl UserData for Timer {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        for name in ["response", "channel"] {
            methods.add_method(name, |_, timer, ()| Ok(timer.channel()));
        }
        methods.add_method("stop", |_, timer, ()| Ok(timer.stop()));
        methods.add_method("reset", |lua, timer, duration: Value| {
            let duration = LuaDuration::of(&duration)?;
            if timer.ticks {
                if duration.0 <= 0 {
                    return Err(LuaError::new(Some(ErrorKind::Invalid), "a ticker's period must be above 0").into());
                }
                lock(&timer.state).period = Some(duration.wait().max(MIN_PERIOD));
            }
            timer.arm(lua, duration.wait())
        });
    }
}
