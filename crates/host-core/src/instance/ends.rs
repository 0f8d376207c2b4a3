//! What ends a call before it is done: its deadline, its cancellation, and a host that stops.

use super::turns;
use futures::future::BoxFuture;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// What may end one call.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) deadline: Option<Instant>,
    pub(super) cancellation: Option<&'a CancellationToken>,
    /// Of the host. None for a nested call, which ends with the outermost one.
    pub(super) abort: Option<&'a CancellationToken>,
}

/// What has ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Late,
    Canceled,
    Stopped,
}

impl Ends<'_> {
    /// Does the work, which computes in turns and begins `now`, and gives it up where something ends it. What waits for that is made when the work
    /// first waits: a call that waits for nothing needs no timer, and never touches a token that all calls share.
    ///
    /// Work that waited is not taken up again when its deadline has passed meanwhile, whatever its timer says: each of many computing
    /// guests would have one more turn, and the last would end as many turns late.
    pub(super) async fn or<R>(self, now: Instant, work: impl Future<Output = R>) -> Result<R, Ended> {
        if self.cancellation.is_some_and(CancellationToken::is_cancelled) {
            return Err(Ended::Canceled);
        }
        let mut work = pin!(work);
        let mut end: Option<BoxFuture<'_, Ended>> = None;
        let mut now = now;
        poll_fn(|cx| {
            if let Some(end) = &mut end {
                now = Instant::now();
                if self.deadline.is_some_and(|deadline| deadline <= now) {
                    return Poll::Ready(Err(Ended::Late));
                }
                if let Poll::Ready(ended) = end.as_mut().poll(cx) {
                    return Poll::Ready(Err(ended));
                }
            }
            turns::begin(now);
            let polled = work.as_mut().poll(cx);
            turns::end();
            match (polled, &mut end) {
                (Poll::Ready(result), _) => Poll::Ready(Ok(result)),
                (Poll::Pending, Some(_)) => Poll::Pending,
                (Poll::Pending, end) => end.insert(Box::pin(self.wait())).as_mut().poll(cx).map(Err),
            }
        })
        .await
    }

    /// Waits until something ends the call.
    async fn wait(self) -> Ended {
        let late = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled(self.cancellation) => Ended::Canceled,
            () = cancelled(self.abort) => Ended::Stopped,
            () = late => Ended::Late,
        }
    }
}

async fn cancelled(token: Option<&CancellationToken>) {
    match token {
        Some(token) => token.cancelled().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Ends};
    use std::future::{pending, poll_fn, ready};
    use std::task::Poll;
    use std::time::{Duration, Instant};
    use tokio_util::sync::CancellationToken;

    const NEVER: Ends<'static> = Ends { deadline: None, cancellation: None, abort: None };

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn work_that_computes_past_its_deadline_gets_no_further_turn() {
        let (deadline, mut turns) = (soon(), 0);
        let work = poll_fn(|cx| {
            turns += 1;
            while Instant::now() < deadline {
                std::hint::spin_loop();
            }
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let ends = Ends { deadline: Some(deadline), ..NEVER };
        assert_eq!(ends.or(Instant::now(), work).await, Err(Ended::Late));
        assert_eq!(turns, 1);
    }

    #[tokio::test]
    async fn work_that_waits_ends_at_its_deadline_and_what_ends_at_once_has_its_turn() {
        assert_eq!(
            Ends { deadline: Some(soon()), ..NEVER }.or(Instant::now(), pending::<()>()).await,
            Err(Ended::Late)
        );
        assert_eq!(Ends { deadline: Some(Instant::now()), ..NEVER }.or(Instant::now(), ready(1)).await, Ok(1));
    }

    #[tokio::test]
    async fn either_token_ends_work_that_waits_and_one_that_is_cancelled_before_lets_none_begin() {
        let token = CancellationToken::new();
        for (ends, ended) in [
            (Ends { cancellation: Some(&token), ..NEVER }, Ended::Canceled),
            (Ends { abort: Some(&token), ..NEVER }, Ended::Stopped),
        ] {
            let token = token.child_token();
            let ends =
                Ends { cancellation: ends.cancellation.map(|_| &token), abort: ends.abort.map(|_| &token), ..ends };
            let work = async {
                token.cancel();
                pending::<()>().await;
            };
            assert_eq!(ends.or(Instant::now(), work).await, Err(ended));
        }
        token.cancel();
        let begun = async { unreachable!("it is cancelled") };
        assert_eq!(
            Ends { cancellation: Some(&token), ..NEVER }.or::<()>(Instant::now(), begun).await,
            Err(Ended::Canceled)
        );
    }
}
