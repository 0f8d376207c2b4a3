//! Whether the services are ready for requests, and why not.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Readiness(Mutex<State>);

enum State {
    Ready,
    Unready(String),
    Stopping,
}

impl Default for Readiness {
    fn default() -> Self {
        Self(Mutex::new(State::Unready("starting".to_owned())))
    }
}

impl Readiness {
    pub(super) fn ready(&self) {
        self.change(State::Ready);
    }

    pub(super) fn unready(&self, reason: String) {
        self.change(State::Unready(reason));
    }

    pub(super) fn stopping(&self) {
        *self.state() = State::Stopping;
    }

    /// Why not; `None` where they are.
    pub(super) fn reason(&self) -> Option<String> {
        match &*self.state() {
            State::Ready => None,
            State::Unready(reason) => Some(reason.clone()),
            State::Stopping => Some("stopping".to_owned()),
        }
    }

    /// What stops does not become ready again.
    fn change(&self, next: State) {
        let mut state = self.state();
        if !matches!(*state, State::Stopping) {
            *state = next;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Readiness;

    #[test]
    fn what_stops_is_not_ready_again() {
        let readiness = Readiness::default();
        assert_eq!(readiness.reason().as_deref(), Some("starting"));
        readiness.ready();
        assert_eq!(readiness.reason(), None);
        readiness.unready("no port".to_owned());
        assert_eq!(readiness.reason().as_deref(), Some("no port"));
        readiness.stopping();
        readiness.ready();
        assert_eq!(readiness.reason().as_deref(), Some("stopping"));
    }
}
