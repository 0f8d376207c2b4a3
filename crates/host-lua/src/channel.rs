//! Channels between the coroutines of one call: bounded, closable, selectable. Waiting on one is a future.

use crate::errors::LuaError;
use crate::wait;
use mlua::{AnyUserData, Lua, MetaMethod, Table, UserData, UserDataFields, UserDataMethods, Value};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use wippy_host_core::ErrorKind;

/// Values that a channel may be made to hold.
const MAX_SIZE: usize = 65_536;

/// Cases of one `channel.select`.
const MAX_CASES: usize = 1000;

/// A channel of Lua values. Clones are one channel. A channel of size 0 hands a value over only when a receiver waits.
#[derive(Clone)]
pub(crate) struct Channel(Arc<Mutex<State>>);

struct State {
    size: usize,
    closed: bool,
    buffer: VecDeque<Value>,
    senders: VecDeque<(Arc<Ticket>, usize, Value)>,
    receivers: VecDeque<(Arc<Ticket>, usize)>,
}

/// One that waits, on one channel or, in a select, on several; served once.
#[derive(Default)]
struct Ticket(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    outcome: Option<(usize, Outcome)>,
    served: bool,
    waker: Option<Waker>,
}

enum Outcome {
    Sent,
    Received(Option<Value>),
    /// A send on a channel that is or was closed.
    Closed,
}

impl Ticket {
    /// Serves the one that waits with what `outcome` makes, unless it has been served elsewhere.
    fn serve(&self, case: usize, outcome: impl FnOnce() -> Outcome) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.served {
            return false;
        }
        waiting.served = true;
        waiting.outcome = Some((case, outcome()));
        let waker = waiting.waker.take();
        drop(waiting);
        waker.into_iter().for_each(Waker::wake);
        true
    }

    async fn served(&self) -> (usize, Outcome) {
        poll_fn(|cx| {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match waiting.outcome.take() {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    waiting.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// Takes a waiting one out of its channels when it is served or dropped.
struct Registered<'a> {
    ticket: Arc<Ticket>,
    channels: Vec<&'a Channel>,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        for channel in &self.channels {
            let mut state = channel.lock();
            state.senders.retain(|(ticket, ..)| !Arc::ptr_eq(ticket, &self.ticket));
            state.receivers.retain(|(ticket, _)| !Arc::ptr_eq(ticket, &self.ticket));
        }
    }
}

impl Channel {
    /// A channel that holds `size` values, at most 65,536.
    pub(crate) fn new(size: usize) -> Self {
        let size = size.min(MAX_SIZE);
        let state = State {
            size,
            closed: false,
            buffer: VecDeque::new(),
            senders: VecDeque::new(),
            receivers: VecDeque::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Sends without waiting. Gives the value back where there is no room, or the channel is closed.
    pub(crate) fn try_send(&self, value: Value) -> Result<(), Value> {
        match self.offer(value) {
            Ok(Outcome::Sent) => Ok(()),
            Ok(_) => Err(Value::Nil),
            Err(value) => Err(value),
        }
    }

    /// Sends, waiting for room.
    ///
    /// # Errors
    /// Where the channel is closed, or is closed while this waits.
    pub(crate) async fn send(&self, value: Value) -> Result<(), LuaError> {
        let outcome = match self.offer(value) {
            Ok(outcome) => outcome,
            Err(value) => {
                let waiting = Registered { ticket: Arc::default(), channels: vec![self] };
                self.lock().senders.push_back((waiting.ticket.clone(), 0, value));
                waiting.ticket.served().await.1
            }
        };
        match outcome {
            Outcome::Sent | Outcome::Received(_) => Ok(()),
            Outcome::Closed => Err(closed()),
        }
    }

    /// Receives, waiting for a value; nothing once the channel is closed and empty.
    pub(crate) async fn receive(&self) -> Option<Value> {
        if let Some(received) = self.take() {
            return received;
        }
        let waiting = Registered { ticket: Arc::default(), channels: vec![self] };
        self.lock().receivers.push_back((waiting.ticket.clone(), 0));
        match waiting.ticket.served().await.1 {
            Outcome::Received(value) => value,
            Outcome::Sent | Outcome::Closed => None,
        }
    }

    /// Closes: what is held can still be received, receivers that wait get nothing, senders that wait fail. Closing twice
    /// is closing once.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let (senders, receivers) = (std::mem::take(&mut state.senders), std::mem::take(&mut state.receivers));
        drop(state);
        for (ticket, case, _) in senders {
            ticket.serve(case, || Outcome::Closed);
        }
        for (ticket, case) in receivers {
            ticket.serve(case, || Outcome::Received(None));
        }
    }

    /// Sends where that is possible at once; otherwise gives the value back.
    fn offer(&self, value: Value) -> Result<Outcome, Value> {
        let mut state = self.lock();
        if state.closed {
            return Ok(Outcome::Closed);
        }
        let mut value = Some(value);
        while let Some((ticket, case)) = state.receivers.pop_front() {
            if ticket.serve(case, || Outcome::Received(value.take())) {
                return Ok(Outcome::Sent);
            }
        }
        let value = value.unwrap_or(Value::Nil);
        if state.buffer.len() < state.size {
            state.buffer.push_back(value);
            return Ok(Outcome::Sent);
        }
        Err(value)
    }

    /// Receives where that is possible at once: a value, or nothing because the channel is closed.
    fn take(&self) -> Option<Option<Value>> {
        let mut state = self.lock();
        let held = state.buffer.pop_front();
        while let Some((ticket, case, value)) = state.senders.pop_front() {
            if ticket.serve(case, || Outcome::Sent) {
                match held {
                    Some(held) => {
                        state.buffer.push_back(value);
                        return Some(Some(held));
                    }
                    None => return Some(Some(value)),
                }
            }
        }
        match held {
            Some(held) => Some(Some(held)),
            None if state.closed => Some(None),
            None => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> LuaError {
    LuaError::new(Some(ErrorKind::Conflict), "send on a closed channel")
}

impl UserData for Channel {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field_with(MetaMethod::Index, |lua| {
            let waiting = lua.create_table()?;
            let send = |_, (channel, value): (AnyUserData, Value)| async move {
                let channel = channel.borrow::<Self>()?.clone();
                channel.send(value).await?;
                Ok(true)
            };
            waiting.raw_set("send", wait::function(lua, send)?)?;
            let receive = |_, channel: AnyUserData| async move {
                let channel = channel.borrow::<Self>()?.clone();
                Ok(match channel.receive().await {
                    Some(value) => (value, true),
                    None => (Value::Nil, false),
                })
            };
            waiting.raw_set("receive", wait::function(lua, receive)?)?;
            Ok(waiting)
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("close", |_, channel, ()| {
            channel.close();
            Ok(())
        });
        methods.add_function("case_send", |_, (channel, value): (AnyUserData, Value)| {
            let of = channel.borrow::<Self>()?.clone();
            Ok(Case { of, channel, send: Some(value) })
        });
        methods.add_function("case_receive", |_, channel: AnyUserData| {
            let of = channel.borrow::<Self>()?.clone();
            Ok(Case { of, channel, send: None })
        });
    }
}

/// One case of a select.
#[derive(Clone)]
struct Case {
    of: Channel,
    channel: AnyUserData,
    send: Option<Value>,
}

impl UserData for Case {}

/// The first case that can go on; nothing where none can and `wait` is not set.
async fn select(cases: &[Case], wait: bool) -> Option<(usize, Outcome)> {
    for (index, case) in cases.iter().enumerate() {
        let done = match &case.send {
            Some(value) => case.of.offer(value.clone()).ok(),
            None => case.of.take().map(Outcome::Received),
        };
        if let Some(outcome) = done {
            return Some((index, outcome));
        }
    }
    if !wait {
        return None;
    }
    let waiting = Registered { ticket: Arc::default(), channels: cases.iter().map(|case| &case.of).collect() };
    for (index, case) in cases.iter().enumerate() {
        let mut state = case.of.lock();
        match &case.send {
            Some(value) => state.senders.push_back((waiting.ticket.clone(), index, value.clone())),
            None => state.receivers.push_back((waiting.ticket.clone(), index)),
        }
    }
    Some(waiting.ticket.served().await)
}

/// The global `channel`.
pub(crate) fn module(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    module.raw_set(
        "new",
        lua.create_function(|_, size: Option<i64>| {
            let size = usize::try_from(size.unwrap_or(0)).ok().filter(|size| *size <= MAX_SIZE);
            let message = || LuaError::new(Some(ErrorKind::Invalid), format!("a channel's size is 0 to {MAX_SIZE}"));
            Ok(Channel::new(size.ok_or_else(message)?))
        })?,
    )?;
    let selected = wait::function(lua, |lua, what: Table| async move {
        let mut cases = Vec::new();
        for index in 1..=what.raw_len() {
            match what.raw_get(index)? {
                Value::Nil => continue,
                Value::UserData(case) if case.is::<Case>() => cases.push(case.borrow::<Case>()?.clone()),
                other => {
                    let message = format!(
                        "case {index} of the select is a {}; write ch:case_receive() or ch:case_send(value)",
                        other.type_name()
                    );
                    return Err(LuaError::new(Some(ErrorKind::Invalid), message).into());
                }
            }
            if cases.len() > MAX_CASES {
                let message = format!("a select has at most {MAX_CASES} cases");
                return Err(LuaError::new(Some(ErrorKind::Invalid), message).into());
            }
        }
        let default = matches!(what.raw_get("default")?, Value::Boolean(true));
        if cases.is_empty() && !default {
            return Err(LuaError::new(Some(ErrorKind::Invalid), "a select without cases would wait for ever").into());
        }
        let outcome = select(&cases, !default).await;
        let result = lua.create_table()?;
        let Some((index, outcome)) = outcome else {
            result.raw_set("default", true)?;
            result.raw_set("ok", true)?;
            return Ok(result);
        };
        if let Some(case) = cases.get(index) {
            result.raw_set("channel", &case.channel)?;
        }
        match outcome {
            Outcome::Sent => {
                result.raw_set("value", cases.get(index).and_then(|case| case.send.clone()))?;
                result.raw_set("ok", true)?;
            }
            Outcome::Received(Some(value)) => {
                result.raw_set("value", value)?;
                result.raw_set("ok", true)?;
            }
            Outcome::Received(None) => result.raw_set("ok", false)?,
            Outcome::Closed => return Err(closed().into()),
        }
        Ok(result)
    })?;
    module.raw_set("select", selected)?;
    Ok(module)
}
