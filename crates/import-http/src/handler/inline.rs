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
    use super::Inline;
    use futures::task::{ArcWake, waker};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

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
}
