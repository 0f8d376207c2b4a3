//! Runs a function and what it spawned, on one task of the async runtime.

use crate::errors::LuaError;
use crate::running::Running;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use futures::task::AtomicWaker;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use wippy_host_core::{ErrorKind, next_turn};

/// What may run beside a function at one time: spawned coroutines, asynchronous calls and timers together.
pub(crate) const MAX_TASKS: usize = 1000;

/// What runs beside a function. All of it is dropped where it stands when the function's call ends.
#[derive(Default)]
pub(crate) struct Tasks {
    new: Mutex<Vec<BoxFuture<'static, ()>>>,
    open: AtomicUsize,
}

impl Tasks {
    /// Runs `task` beside the function, from the next time that the function waits.
    ///
    /// # Errors
    /// Kind `RateLimited` where [`MAX_TASKS`] run already.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> Result<(), LuaError> {
        if self.open.load(Ordering::Relaxed) >= MAX_TASKS {
            let message = format!("more than {MAX_TASKS} coroutines, calls and timers run beside this function");
            return Err(LuaError::new(Some(ErrorKind::RateLimited), message));
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        self.new.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(task));
        Ok(())
    }

    /// Drops what has not begun yet.
    pub(crate) fn clear(&self) {
        let new = self.take();
        drop(new);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.new.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn finished(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs `main` to its end, and beside it whatever is spawned meanwhile; nothing where something else ended the call. `told` is
/// called each time that they give their thread back.
pub(crate) async fn drive<F: Future>(running: &Running, main: F, told: impl Fn()) -> Option<F::Output> {
    let mut main = pin!(main);
    let mut beside = FuturesUnordered::new();
    let relay = Arc::new(Relay::default());
    let waker = Waker::from(relay.clone());
    let mut pause: Option<BoxFuture<'static, ()>> = None;
    poll_fn(|cx| {
        if let Some(pausing) = &mut pause {
            if pausing.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            pause = None;
        }
        relay.outer.register(cx.waker());
        relay.begin();
        running.watch().begin_turn();
        let inner = &mut Context::from_waker(&waker);
        if let Poll::Ready(output) = main.as_mut().poll(inner) {
            return Poll::Ready(Some(output));
        }
        loop {
            beside.extend(running.tasks().take());
            match beside.poll_next_unpin(inner) {
                Poll::Ready(Some(())) => running.tasks().finished(),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        if running.watch().ended().is_some() {
            return Poll::Ready(None);
        }
        told();
        // What was spawned during the last of these polls has not been polled yet.
        if relay.end() || running.tasks().has_new() {
            let mut pausing: BoxFuture<'static, ()> = Box::pin(next_turn());
            if pausing.as_mut().poll(cx).is_ready() {
                cx.waker().wake_by_ref();
            } else {
                pause = Some(pausing);
            }
        }
        Poll::Pending
    })
    .await
}

impl Tasks {
    fn has_new(&self) -> bool {
        !self.new.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// Wakes the task, except while the function runs: a function that asks to go on right away (it computes) waits for its turn among
/// all that compute.
#[derive(Default)]
struct Relay {
    outer: AtomicWaker,
    state: AtomicU8,
}

const IDLE: u8 = 0;
const RUNNING: u8 = 1;
const WOKEN: u8 = 2;

impl Relay {
    fn begin(&self) {
        self.state.store(RUNNING, Ordering::SeqCst);
    }

    /// Whether somebody woke it meanwhile.
    fn end(&self) -> bool {
        self.state.swap(IDLE, Ordering::SeqCst) == WOKEN
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let noted = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| match state {
            IDLE => None,
            _ => Some(WOKEN),
        });
        if noted.is_err() {
            self.outer.wake();
        }
    }
}
