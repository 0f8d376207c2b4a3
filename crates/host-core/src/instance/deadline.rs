//! Work until a moment.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

/// Does the work, and gives it up at the deadline. A timer of Tokio's that is made when the work first waits: a call that waits
/// for nothing needs none.
pub(super) async fn until<R>(deadline: Instant, work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    let mut timer = pin!(None);
    poll_fn(|cx| {
        if let Poll::Ready(result) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        if timer.is_none() {
            timer.set(Some(tokio::time::sleep_until(deadline.into())));
        }
        match timer.as_mut().as_pin_mut() {
            Some(timer) => timer.poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await
}

/// Does the work, and does not take it up again when the deadline has passed while it waited. A timer alone asks the work first:
/// each of many computing guests would have one more turn, and the last would end as many turns late.
pub(super) async fn in_time<R>(deadline: Instant, work: impl Future<Output = R>) -> Option<R> {
    let mut work = pin!(work);
    let mut begun = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut begun, true) && deadline <= Instant::now() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(cx).map(Some)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{in_time, until};
    use std::future::{pending, poll_fn, ready};
    use std::task::Poll;
    use std::time::{Duration, Instant};

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
        assert_eq!(in_time(deadline, work).await, None);
        assert_eq!(turns, 1);
    }

    #[tokio::test]
    async fn work_that_waits_ends_at_its_deadline_and_what_ends_at_once_has_its_turn() {
        assert_eq!(until(soon(), pending::<()>()).await, None);
        assert_eq!(until(Instant::now(), ready(1)).await, Some(1));
    }
}
