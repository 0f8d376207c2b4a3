//! Policies that answer all alike, and keep what they were asked.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use wippy_host_core::policy::network::{Decision, NetworkPolicy, NetworkRequest};
use wippy_host_core::{
    ActionRequest, CallRequest, EnvironmentRequest, Error, ErrorKind, MountAccess, MountRequest, Policy, Result,
    VariableAccess,
};

/// A policy that keeps every question. Clones share what they keep.
///
/// ```
/// use wippy_host_core::{CallRequest, Policy};
/// use wippy_host_test::PolicyDouble;
///
/// let policy = PolicyDouble::deny_all();
/// assert!(policy.call(&CallRequest::new("app:test", "app:greet")).is_err());
/// assert_eq!(policy.asked()[0].to_string(), "app:test: call app:greet");
/// ```
#[derive(Clone)]
pub struct PolicyDouble {
    answer: Answer,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl fmt::Debug for PolicyDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyDouble").field("asked", &self.asked()).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    AsDeclared,
    Allow,
    Deny,
}

/// One question to a [`PolicyDouble`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// The entry that wants to do it.
    pub entry: String,
    /// Whom the call acts for, where the question says so.
    pub actor: Option<String>,
    /// What it wants to do: `call`, `mount`, `read variable`, `change variable`, of the network `tcp connect to` and its
    /// like, of an import with questions of its own what that says.
    pub action: String,
    /// To what: the id of a function, directory or variable, a name or an address.
    pub object: String,
}

impl fmt::Display for Asked {
    /// `app:test: call app:greet`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.entry, self.action, self.object)
    }
}

impl PolicyDouble {
    /// The host's own policy: what entries declare.
    pub fn as_declared() -> Self {
        Self::answering(Answer::AsDeclared)
    }

    /// Everything is allowed, what the entry's network rules forbid included.
    pub fn allow_all() -> Self {
        Self::answering(Answer::Allow)
    }

    /// Everything is refused, with kind `PermissionDenied`.
    pub fn deny_all() -> Self {
        Self::answering(Answer::Deny)
    }

    fn answering(answer: Answer) -> Self {
        Self { answer, asked: Arc::default() }
    }

    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, entry: &str, actor: Option<&str>, action: impl Into<String>, object: impl Into<String>) {
        let asked = Asked {
            entry: entry.to_owned(),
            actor: actor.map(str::to_owned),
            action: action.into(),
            object: object.into(),
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }

    fn answer(&self, denied: impl FnOnce() -> Error) -> Result<()> {
        if self.answer == Answer::Deny { Err(denied()) } else { Ok(()) }
    }
}

impl NetworkPolicy for PolicyDouble {
    fn network(&self, request: &NetworkRequest<'_>) -> Decision {
        let addr = request.addr.map(|addr| addr.to_string());
        let object = request.host.map(str::to_owned).or(addr).unwrap_or_default();
        self.keep(request.entry, None, request.action.to_string(), object);
        match self.answer {
            Answer::AsDeclared => request.rules.clone(),
            Answer::Allow => Decision::Allow,
            Answer::Deny => request.deny("the test's policy refuses everything"),
        }
    }
}

impl Policy for PolicyDouble {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        self.keep(request.caller, request.actor, "call", request.target);
        self.answer(|| request.denied())
    }

    fn mount(&self, request: &MountRequest<'_>) -> Result<MountAccess> {
        self.keep(request.entry, None, "mount", request.directory);
        self.answer(|| denied(request.directory))?;
        Ok(request.access)
    }

    fn environment(&self, request: &EnvironmentRequest<'_>) -> Result<()> {
        let action = match request.access {
            VariableAccess::Write => "change variable",
            VariableAccess::Read => "read variable",
        };
        self.keep(request.entry, request.actor, action, request.variable);
        self.answer(|| denied(request.variable))
    }

    fn action(&self, request: &ActionRequest<'_>) -> Result<()> {
        self.keep(request.entry, request.actor, request.action, request.object);
        self.answer(|| request.denied())
    }
}

fn denied(object: &str) -> Error {
    Error::new(ErrorKind::PermissionDenied, format!("not allowed: {object}"))
}
