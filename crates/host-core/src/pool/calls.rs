//! The outermost calls of a host that run or wait: whether more are let in, how many there are, and what ends them all.

use super::waits::WaitGraph;
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long cancelled calls have to go. Their tasks only have to be polled once more; a future that its owner neither
/// polls nor drops is not waited for longer.
const GRACE: Duration = Duration::from_secs(1);

/// What all pools of one host share.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) waits: WaitGraph,
    running: TaskTracker,
    abort: CancellationToken,
}

/// One accepted call, until dropped. A nested call needs none: the outermost one has it.
pub(crate) struct Accepted(Option<TaskTrackerToken>);

impl Calls {
    /// Lets a call in.
    ///
    /// # Errors
    /// Kind `Unavailable` where the host is stopping and the call is an outermost one.
    pub(crate) fn accept(&self, context: &CallContext) -> Result<Accepted> {
        if context.depth() > 0 {
            return Ok(Accepted(None));
        }
        // Counted first and asked then, so that no call slips in behind a drain that has seen none.
        let token = self.running.token();
        if self.running.is_closed() {
            return Err(Error::new(ErrorKind::Unavailable, "the application is stopping"));
        }
        Ok(Accepted(Some(token)))
    }

    /// Whether no further outermost call is let in.
    pub(crate) fn stopping(&self) -> bool {
        self.running.is_closed()
    }

    /// Lets no further outermost call in, and waits for those that there are. At `until` the rest is cancelled.
    pub(crate) async fn drain(&self, until: Instant) -> usize {
        self.running.close();
        if tokio::time::timeout_at(until.into(), self.running.wait()).await.is_ok() {
            return 0;
        }
        let rest = self.running.len();
        self.abort.cancel();
        if tokio::time::timeout(GRACE, self.running.wait()).await.is_err() {
            tracing::warn!(calls = self.running.len(), "cancelled calls that nobody polls are left behind");
        }
        rest
    }
}

impl Accepted {
    /// What ends the call where a drain cancels the rest. None for a nested call, which ends with the outermost one.
    pub(super) fn abort<'a>(&self, calls: &'a Calls) -> Option<&'a CancellationToken> {
        self.0.as_ref().map(|_| &calls.abort)
    }

    /// Does the work, and drops it where a drain cancels the rest.
    pub(crate) async fn run<R>(&self, calls: &Calls, id: &str, work: impl Future<Output = Result<R>>) -> Result<R> {
        if self.0.is_none() {
            return work.await;
        }
        let mut work = pin!(work);
        // Made when the work first waits: what ends at once never touches the token, which all calls share.
        let mut aborted = pin!(None);
        std::future::poll_fn(|cx| {
            if let Poll::Ready(result) = work.as_mut().poll(cx) {
                return Poll::Ready(result);
            }
            if aborted.is_none() {
                aborted.set(Some(calls.abort.cancelled()));
            }
            match aborted.as_mut().as_pin_mut() {
                Some(aborted) => aborted.poll(cx).map(|()| Err(stopped(id))),
                None => Poll::Pending,
            }
        })
        .await
    }
}

pub(super) fn stopped(id: &str) -> Error {
    Error::new(ErrorKind::Canceled, format!("{id}: canceled, the application is stopping"))
}
