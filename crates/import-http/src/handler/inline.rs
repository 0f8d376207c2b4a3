//! The waker of a guest that is polled again and again: while it is, its own wake-ups concern nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Wake, Waker};

/// Polled, and not woken since.
const POLLED: u8 = 0;
/// Polled, and woken meanwhile.
const WOKEN: u8 = 1;
/// Not polled any more: who wakes it, wakes the task.
const LEFT: u8 = 2;

pub(super) struct Inline {
    state: AtomicU8,
    task: Waker,
}

impl Inline {
    pub(super) fn new(task: &Waker) -> Self {
        Self { state: AtomicU8::new(POLLED), task: task.clone() }
    }

    /// Whether it was woken since it was last asked.
    pub(super) fn take(&self) -> bool {
        self.state.swap(POLLED, Ordering::AcqRel) == WOKEN
    }

    /// It is polled no longer here, but by its task when it is woken.
    pub(super) fn leave(&self) {
        if self.state.swap(LEFT, Ordering::AcqRel) == WOKEN {
            self.task.wake_by_ref();
        }
    }
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.compare_exchange(POLLED, WOKEN, Ordering::AcqRel, Ordering::Acquire) == Err(LEFT) {
            self.task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::Exchange;
    use super::super::{Guest, POLLS, until_head};
    use super::Inline;
    use futures::task::{ArcWake, waker};
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Poll, Waker};
    use std::time::Duration;
    use tokio::sync::oneshot;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl ArcWake for Task {
        fn wake_by_ref(task: &Arc<Self>) {
            task.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_task_is_woken_once_its_guest_is_left_and_no_wake_up_is_lost() {
        let task = Arc::new(Task::default());
        let woken = || task.0.load(Ordering::Relaxed);
        let inline = Arc::new(Inline::new(&waker(task.clone())));
        let guest = Waker::from(inline.clone());
        guest.wake_by_ref();
        assert!(inline.take() && !inline.take());
        assert_eq!(woken(), 0, "it is polled again at once");
        guest.wake_by_ref();
        inline.leave();
        assert_eq!(woken(), 1, "what woke it last is told");
        guest.wake_by_ref();
        guest.wake();
        assert_eq!(woken(), 3);
    }

    #[tokio::test]
    async fn a_guest_that_wakes_itself_more_often_than_it_is_polled_in_a_row_comes_to_its_end() {
        let (sender, arrived) = oneshot::channel();
        let (mut sender, mut left) = (Some(sender), 3 * POLLS);
        let guest = poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            left -= 1;
            if left > 0 {
                return Poll::Pending;
            }
            drop(sender.take());
            Poll::Ready(Ok(()))
        });
        let exchange = Exchange::default();
        let came = tokio::time::timeout(Duration::from_secs(60), until_head(Box::pin(guest), arrived, &exchange)).await;
        assert!(matches!(came, Ok((Guest::Ended(Ok(())), None))));
    }
}
