//! What travels with a call: for whom, until when, how deep. Passed explicitly, inherited by nested calls.

mod trace;

use crate::error::{Error, ErrorKind, Reason, Result};
use crate::pool::Hold;
use crate::services::{Clock, Output, StandardStreams};
use serde_json::Value as Json;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use trace::Trace;

/// The circumstances of one call. Cheap to clone.
#[derive(Clone, Default)]
pub struct CallContext {
    shared: Option<Arc<Shared>>,
    trace: Option<Arc<Trace>>,
    deadline: Option<Instant>,
    current: Option<Link>,
    own: Option<Arc<Own>>,
}

/// What is given to one function, and not to those that it calls.
#[derive(Default)]
struct Own {
    arguments: Vec<String>,
    streams: Option<StandardStreams>,
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("actor", &self.actor())
            .field("scope", &self.scope())
            .field("values", &Names(self.shared.as_deref()))
            .field("trace", &self.trace())
            .field("deadline", &self.deadline)
            .field("depth", &self.depth())
            .field("function", &self.function())
            .finish_non_exhaustive()
    }
}

/// What the outermost caller said, the same for every call below.
#[derive(Clone, Default)]
struct Shared {
    actor: Option<String>,
    scope: Option<String>,
    values: serde_json::Map<String, Json>,
    cancellation: Option<CancellationToken>,
    clock: Option<Arc<dyn Clock>>,
    output: Option<Arc<dyn Output>>,
}

/// The names of the values: what they hold does not belong in a log.
struct Names<'a>(Option<&'a Shared>);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.into_iter().flat_map(|shared| shared.values.keys())).finish()
    }
}

/// A function in the chain of calls, innermost first.
#[derive(Clone)]
struct Link {
    function: Arc<str>,
    depth: usize,
    /// What the call holds while it runs: a slot of its pool, and room in the host.
    holds: [Option<Hold>; 2],
    caller: Option<Arc<Link>>,
}

impl CallContext {
    /// A context for an outermost call: nobody in particular, no deadline, the host's clock and output.
    pub fn new() -> Self {
        Self::default()
    }

    /// A context that says more.
    pub fn builder() -> CallContextBuilder {
        CallContextBuilder::default()
    }

    /// A builder of a context that differs from this one in what it is told, and in nothing else: the chain of calls, the
    /// deadline and the cancellation stay. Arguments of the command line and standard streams do not pass on.
    pub fn derive(&self) -> CallContextBuilder {
        CallContextBuilder {
            shared: self.shared.as_deref().cloned().unwrap_or_default(),
            trace: self.trace.clone(),
            deadline: self.deadline,
            current: self.current.clone(),
            own: Own::default(),
        }
    }

    /// A builder of a context for work that outlives this call: for whom it acts, its values, trace, clock and output stay.
    /// The chain of calls, the deadline, the cancellation and the arguments do not pass on.
    ///
    /// What goes on after its starter must not run under the starter's own context: it would count as one of those that
    /// the starter waits for.
    pub fn detached(&self) -> CallContextBuilder {
        let mut shared = self.shared.as_deref().cloned().unwrap_or_default();
        shared.cancellation = None;
        CallContextBuilder { shared, trace: self.trace.clone(), ..CallContextBuilder::default() }
    }

    /// Who the call acts for.
    pub fn actor(&self) -> Option<&str> {
        self.shared.as_ref()?.actor.as_deref()
    }

    /// The scope it acts in.
    pub fn scope(&self) -> Option<&str> {
        self.shared.as_ref()?.scope.as_deref()
    }

    /// A value of the request context.
    pub fn value(&self, key: &str) -> Option<&Json> {
        self.shared.as_ref()?.values.get(key)
    }

    /// The moment, in real time, at which the call ends whether it computes or waits.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// How many calls are open around this one: 0 for the outermost function.
    pub fn depth(&self) -> usize {
        self.current.as_ref().map_or(0, |link| link.depth)
    }

    /// The command-line arguments of this call, which follow the entry's own.
    pub fn arguments(&self) -> &[String] {
        self.own.as_ref().map_or(&[], |own| &own.arguments)
    }

    /// The standard streams of this call, where it has its own.
    pub fn streams(&self) -> Option<&StandardStreams> {
        self.own.as_ref()?.streams.as_ref()
    }

    /// The function that runs under this context, once it runs.
    pub fn function(&self) -> Option<&str> {
        self.current.as_ref().map(|link| &*link.function)
    }

    /// All values of the request context.
    pub fn values(&self) -> impl Iterator<Item = (&String, &Json)> {
        self.shared.iter().flat_map(|shared| shared.values.iter())
    }

    /// The clock of this call, where it brings one.
    pub fn clock(&self) -> Option<&Arc<dyn Clock>> {
        self.shared.as_ref()?.clock.as_ref()
    }

    /// Where this call's output goes, where it brings a place.
    pub fn output(&self) -> Option<&Arc<dyn Output>> {
        self.shared.as_ref()?.output.as_ref()
    }

    /// The token that cancels the call.
    pub fn cancellation(&self) -> Option<&CancellationToken> {
        self.shared.as_ref()?.cancellation.as_ref()
    }

    /// The context of `function`, called under this one: the chain is one longer, the arguments are the callee's own.
    ///
    /// # Errors
    /// Kind `RateLimited`, reason `CallDepth`, when the chain would be longer than `max_depth`.
    pub fn enter(&self, function: &Arc<str>, max_depth: usize) -> Result<Self> {
        let depth = self.current.as_ref().map_or(0, |link| link.depth + 1);
        if depth >= max_depth.max(1) {
            return Err(self.too_deep(function, max_depth));
        }
        // The caller's link is shared only here: an outermost call has none, and allocates nothing.
        let caller = self.current.clone().map(Arc::new);
        Ok(Self {
            shared: self.shared.clone(),
            trace: self.trace.clone(),
            deadline: self.deadline,
            current: Some(Link { function: function.clone(), depth, holds: [None; 2], caller }),
            own: self.own.clone(),
        })
    }

    /// The context that a function hands to those it calls: everything but its own arguments and standard
    /// streams.
    #[must_use]
    pub fn nested(&self) -> Self {
        Self { own: None, ..self.clone() }
    }

    /// The call holds one more place.
    pub(crate) fn hold(&mut self, hold: Hold) {
        let holds = self.current.as_mut().map(|link| &mut link.holds);
        if let Some(free) = holds.and_then(|holds| holds.iter_mut().find(|hold| hold.is_none())) {
            *free = Some(hold);
        }
    }

    /// The functions of the chain and what each holds, innermost first.
    pub(crate) fn chain(&self) -> impl Iterator<Item = (&Arc<str>, &[Option<Hold>; 2])> {
        let links = std::iter::successors(self.current.as_ref(), |link| link.caller.as_deref());
        links.map(|link| (&link.function, &link.holds))
    }

    /// What the chain holds.
    pub(crate) fn holds(&self) -> impl Iterator<Item = Hold> {
        self.chain().flat_map(|(_, holds)| holds.iter().flatten().copied())
    }

    /// Whether an instance can serve the call that was made before it: the call brings no clock, output, arguments or
    /// standard streams of its own, which an instance may keep.
    pub(crate) fn is_plain(&self) -> bool {
        self.own.is_none()
            && self.shared.as_ref().is_none_or(|shared| shared.clock.is_none() && shared.output.is_none())
    }

    /// Whether nothing tells the call from another outermost call: it acts for nobody, belongs to no trace and brings nothing
    /// of its own but its deadline and its cancellation.
    pub(crate) fn is_anyones(&self) -> bool {
        let anonymous = self.shared.as_ref().is_none_or(|shared| {
            let Shared { actor, scope, values, cancellation: _, clock, output } = &**shared;
            actor.is_none() && scope.is_none() && values.is_empty() && clock.is_none() && output.is_none()
        });
        let untold = self.trace.as_ref().is_none_or(|trace| !trace.passes_on());
        anonymous && untold && self.current.is_none() && self.is_plain()
    }

    /// The context of an instance that serves several such calls: what the call holds, and neither its deadline nor its
    /// cancellation.
    pub(crate) fn for_many(self) -> Self {
        Self { current: self.current, ..Self::default() }
    }

    /// The same context with a deadline that is the earlier of its own and `deadline`.
    #[must_use]
    pub fn until(mut self, deadline: Option<Instant>) -> Self {
        self.end_by(deadline);
        self
    }

    /// As [`CallContext::until`], in its place.
    pub(crate) fn end_by(&mut self, deadline: Option<Instant>) {
        self.deadline = match (self.deadline, deadline) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
    }

    /// At most the outermost and the innermost eight functions are named.
    fn too_deep(&self, function: &str, max_depth: usize) -> Error {
        let mut names: Vec<&str> = vec![function];
        let mut link = self.current.as_ref();
        while let Some(current) = link {
            names.push(&current.function);
            link = current.caller.as_deref();
        }
        names.reverse();
        let shown = if names.len() > 16 {
            let (first, last) = (names.get(..8).unwrap_or_default(), names.get(names.len() - 8..).unwrap_or_default());
            format!("{} -> … -> {}", first.join(" -> "), last.join(" -> "))
        } else {
            names.join(" -> ")
        };
        Error::new(ErrorKind::RateLimited, format!("function call depth exceeded: {shown}"))
            .with_reason(Reason::CallDepth)
            .with_remedy(format!("the limit is {max_depth}; raise limits.max_call_depth if the recursion is meant"))
    }
}

/// Builds a [`CallContext`].
#[derive(Default)]
#[must_use]
pub struct CallContextBuilder {
    shared: Shared,
    trace: Option<Arc<Trace>>,
    deadline: Option<Instant>,
    current: Option<Link>,
    own: Own,
}

impl fmt::Debug for CallContextBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContextBuilder")
            .field("actor", &self.shared.actor)
            .field("scope", &self.shared.scope)
            .field("values", &Names(Some(&self.shared)))
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl CallContextBuilder {
    /// Who the call acts for; the policy sees it.
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.shared.actor = Some(actor.into());
        self
    }

    /// The scope it acts in; the policy sees it.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.shared.scope = Some(scope.into());
        self
    }

    /// A value of the request context.
    pub fn value(mut self, key: impl Into<String>, value: Json) -> Self {
        self.shared.values.insert(key.into(), value);
        self
    }

    /// Ends the call this long from now, whether it computes or waits. The entry's own limit stays in force.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let until = Instant::now().checked_add(timeout);
        // A deadline that is inherited can be brought forward, never put off.
        self.deadline = match (self.deadline, until) {
            (Some(inherited), Some(until)) => Some(inherited.min(until)),
            (inherited, until) => until.or(inherited),
        };
        self
    }

    /// Ends the call, with kind `Canceled`, when the token is cancelled.
    pub fn cancellation(mut self, token: CancellationToken) -> Self {
        self.shared.cancellation = Some(token);
        self
    }

    /// The clock that guests of this call see.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.shared.clock = Some(clock);
        self
    }

    /// Where guests of this call write.
    pub fn output(mut self, output: Arc<dyn Output>) -> Self {
        self.shared.output = Some(output);
        self
    }

    /// Command-line arguments for the function called, behind those of its entry.
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.own.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Standard streams for the function called, in the place of the log. Those that it calls do not have them.
    pub fn streams(mut self, streams: StandardStreams) -> Self {
        self.own.streams = Some(streams);
        self
    }

    /// The context.
    pub fn build(self) -> CallContext {
        let has_own = !self.own.arguments.is_empty() || self.own.streams.is_some();
        CallContext {
            shared: Some(Arc::new(self.shared)),
            trace: self.trace,
            deadline: self.deadline,
            current: self.current,
            own: has_own.then(|| Arc::new(self.own)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_that_is_too_deep_is_named_in_the_error() {
        let (first, second): (Arc<str>, Arc<str>) = ("a:x".into(), "b:y".into());
        let one = CallContext::new().enter(&first, 2).unwrap();
        let two = one.enter(&second, 2).unwrap();
        let error = two.enter(&first, 2).err().unwrap();
        assert_eq!(error.message(), "function call depth exceeded: a:x -> b:y -> a:x");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::CallDepth));
    }

    #[test]
    fn work_that_outlives_a_call_keeps_whom_it_is_for_and_not_when_it_ends() {
        let call = CallContext::builder().actor("ann").trace("t").value("key", 1.into());
        let call = call.cancellation(CancellationToken::new());
        let call = call.timeout(Duration::ZERO).build().enter(&"a:x".into(), 2).unwrap();
        let detached = call.detached().build();
        assert_eq!((detached.actor(), detached.value("key")), (Some("ann"), Some(&1.into())));
        assert_eq!((detached.trace(), call.nested().trace()), (Some("t"), Some("t")));
        assert!(detached.deadline().is_none() && detached.cancellation().is_none() && detached.function().is_none());
    }

    #[test]
    fn the_tighter_of_two_deadlines_holds() {
        let now = Instant::now();
        let (soon, late) = (now + Duration::from_secs(1), now + Duration::from_secs(9));
        let context = CallContext::new().until(Some(soon)).until(Some(late)).until(None);
        assert_eq!(context.deadline(), Some(soon));
    }
}
