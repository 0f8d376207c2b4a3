//! Functions that wait. Their futures are kept beside the VM, not in it: a future holds the VM, and one that a script can
//! reach would keep its VM for ever.

use crate::bundled::Bundled;
use crate::errors::LuaError;
use crate::running::{self, Running};
use futures::future::BoxFuture;
use mlua::{FromLuaMulti, Function, IntoLuaMulti, Lua, MultiValue, Table, Value};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use wippy_host_core::ErrorKind;

static CODE: Bundled = Bundled::new(include_str!("wait.lua"));

/// Futures that may be open in one call: more than coroutines can wait at one time.
const MAX_WAITS: usize = 4096;

/// The key of what makes a waiting function of one that starts a future.
const MAKER: &str = "wippy.waiting";

type Waiting = BoxFuture<'static, mlua::Result<MultiValue>>;

/// What the coroutines of one call wait for. All of it is dropped when the call ends.
#[derive(Default)]
pub(crate) struct Waits {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: i64,
    open: HashMap<i64, Waiting>,
    /// Wakes the coroutine that runs now.
    waker: Option<Waker>,
}

impl Waits {
    /// Drops all futures.
    pub(crate) fn clear(&self) {
        let open = std::mem::take(&mut self.lock().open);
        drop(open);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls a future: its values behind `true`, or `false` and the number under which it waits.
    fn poll(&self, mut waiting: Waiting, number: Option<i64>) -> mlua::Result<MultiValue> {
        let waker =
            self.lock().waker.clone().ok_or_else(|| mlua::Error::runtime("attempt to wait outside of a call"))?;
        if let Poll::Ready(values) = waiting.as_mut().poll(&mut Context::from_waker(&waker)) {
            let mut values = values?;
            values.push_front(Value::Boolean(true));
            return Ok(values);
        }
        let mut state = self.lock();
        if state.open.len() >= MAX_WAITS {
            let message = format!("this call waits for more than {MAX_WAITS} things");
            return Err(LuaError::new(Some(ErrorKind::RateLimited), message).into());
        }
        let number = number.unwrap_or_else(|| {
            state.last += 1;
            state.last
        });
        state.open.insert(number, waiting);
        Ok(MultiValue::from_iter([Value::Boolean(false), Value::Integer(number)]))
    }
}

/// A coroutine as a future: what it waits for wakes it.
pub(crate) struct Woken<F> {
    running: Arc<Running>,
    coroutine: F,
    paused: bool,
}

impl<F> Woken<F> {
    pub(crate) fn new(running: Arc<Running>, coroutine: F) -> Self {
        Self { running, coroutine, paused: false }
    }
}

impl<F: Future + Unpin> Future for Woken<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut state = self.running.waits().lock();
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        drop(state);
        self.running.watch().take_paused();
        let polled = Pin::new(&mut self.coroutine).poll(cx);
        // A coroutine between this one and the one that waits may be paused on the way back from it. The next poll then
        // reaches the paused one alone, and would take the wake of the other for its own: so one more follows.
        let paused = self.running.watch().take_paused();
        if polled.is_pending() && (paused || self.paused) {
            cx.waker().wake_by_ref();
        }
        self.paused = paused;
        polled
    }
}

/// Prepares a VM for waiting functions.
pub(crate) fn install(lua: &Lua) -> mlua::Result<()> {
    let poll = lua.create_function(|lua, number: i64| {
        let running = running::of(lua)?;
        let waiting = running.waits().lock().open.remove(&number);
        let waiting = waiting.ok_or_else(|| mlua::Error::runtime("nothing waits under this number"))?;
        running.waits().poll(waiting, Some(number))
    })?;
    let coroutine: Table = lua.globals().raw_get("coroutine")?;
    let r#yield: Function = coroutine.raw_get("yield")?;
    let maker: Function = CODE.load(lua)?.call((poll, r#yield, Lua::poll_pending()))?;
    lua.set_named_registry_value(MAKER, maker)
}

/// A function of Lua that waits for the future that `start` makes, and suspends the coroutine that calls it meanwhile.
///
/// Use it instead of mlua's asynchronous functions and methods: see above.
pub(crate) fn function<A, F, T, R>(lua: &Lua, start: F) -> mlua::Result<Function>
where
    A: FromLuaMulti,
    F: Fn(Lua, A) -> T + Send + 'static,
    T: Future<Output = mlua::Result<R>> + Send + 'static,
    R: IntoLuaMulti,
{
    let begin = lua.create_function(move |lua, arguments: A| {
        let future = start(lua.clone(), arguments);
        let own = lua.clone();
        let waiting: Waiting = Box::pin(async move { future.await?.into_lua_multi(&own) });
        running::of(lua)?.waits().poll(waiting, None)
    })?;
    let maker: Function = lua.named_registry_value(MAKER)?;
    maker.call(begin)
}
