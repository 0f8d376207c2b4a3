//! The functions of a host, by id. Looking one up takes no lock.

use super::{CallContext, Function};
use crate::error::{Error, ErrorKind, Result};
use crate::value::TextOrBytes;
use arc_swap::ArcSwap;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::{Arc, Weak};

/// Ids are the operator's, so that nobody chooses them to collide.
type Map = FxHashMap<Arc<str>, Arc<dyn Function>>;

/// Functions by id, `namespace:name`. Clones share one registry, which is there as long as one of them is: functions that call others
/// hold it weakly, so that they and the registry do not keep each other for ever. Replacing a function leaves the calls that already run
/// on the old one alone.
#[derive(Clone, Default)]
pub struct FunctionRegistry(Arc<ArcSwap<Map>>, Origin);

/// Where a registry comes from.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Origin {
    #[default]
    Own,
    /// It stands for one that is gone, and is empty.
    Gone,
}

impl fmt::Debug for FunctionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FunctionRegistry").field(&self.ids()).finish()
    }
}

/// A registry that may be gone: what a function holds of the one that it is in.
#[derive(Clone)]
pub struct WeakFunctionRegistry(Weak<ArcSwap<Map>>);

impl fmt::Debug for WeakFunctionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WeakFunctionRegistry").field(&self.upgrade().ids()).finish()
    }
}

impl WeakFunctionRegistry {
    /// The registry; where it is gone, one without functions, of which each call is an error that says so.
    pub fn upgrade(&self) -> FunctionRegistry {
        match self.0.upgrade() {
            Some(functions) => FunctionRegistry(functions, Origin::Own),
            None => FunctionRegistry(Arc::default(), Origin::Gone),
        }
    }
}

impl FunctionRegistry {
    /// A registry without functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same for a function to hold.
    pub fn downgrade(&self) -> WeakFunctionRegistry {
        WeakFunctionRegistry(Arc::downgrade(&self.0))
    }

    /// Adds functions, all of them or none.
    ///
    /// # Errors
    /// Kind `AlreadyExists` where an id is taken, kind `Invalid` where an id is not `namespace:name`.
    pub fn register_all(&self, functions: Vec<(Arc<str>, Arc<dyn Function>)>) -> Result<()> {
        for (id, _) in &functions {
            if !is_id(id) {
                return Err(Error::invalid(format!("invalid function id: {id}"))
                    .with_remedy("an id is namespace:name, for example app:report"));
            }
        }
        let mut taken = None;
        self.0.rcu(|current| {
            let mut next = Map::clone(current);
            taken = functions
                .iter()
                .find_map(|(id, function)| next.insert(id.clone(), function.clone()).map(|_| id.clone()));
            if taken.is_some() { current.clone() } else { Arc::new(next) }
        });
        match taken {
            Some(id) => Err(Error::new(ErrorKind::AlreadyExists, format!("a function {id} is registered already"))),
            None => Ok(()),
        }
    }

    /// Adds one function: see [`FunctionRegistry::register_all`].
    ///
    /// # Errors
    /// As `register_all`.
    pub fn register(&self, id: &str, function: impl Function) -> Result<()> {
        self.register_all(vec![(id.into(), Arc::new(function))])
    }

    /// Puts a function in the place of the one registered under `id`, or adds it.
    pub fn replace(&self, id: &str, function: Arc<dyn Function>) {
        let id: Arc<str> = id.into();
        self.0.rcu(|current| {
            let mut next = Map::clone(current);
            next.insert(id.clone(), function.clone());
            next
        });
    }

    /// Puts a set of functions in the place of another, at one moment: the ids of `gone` that are not among `functions`
    /// lead nowhere afterwards. Calls that run on a function which is replaced or removed end as they would have.
    pub fn exchange(&self, gone: &[Arc<str>], functions: Vec<(Arc<str>, Arc<dyn Function>)>) {
        self.0.rcu(|current| {
            let mut next = Map::clone(current);
            gone.iter().for_each(|id| drop(next.remove(id)));
            next.extend(functions.iter().cloned());
            next
        });
    }

    /// Takes a function out and gives it back; `None` where there is none of this id.
    ///
    /// Nothing is cancelled: calls that run on it, or wait in the queue of its pool, end as they would have, and so do those of whoever
    /// holds it from before ([`FunctionRegistry::get`]). A later call by its id is told `NotFound`, `no handler registered for target`.
    /// What the function keeps (prepared instances, its numbers in the metrics) is released when the last of its calls has ended and
    /// what this gives back is dropped. To end its calls, cancel the token of their
    /// [context](crate::CallContextBuilder::cancellation); [`Host::drain`](crate::Host::drain) waits for them as for all.
    pub fn remove(&self, id: &str) -> Option<Arc<dyn Function>> {
        let mut removed = None;
        self.0.rcu(|current| {
            let mut next = Map::clone(current);
            removed = next.remove(id);
            if removed.is_none() { current.clone() } else { Arc::new(next) }
        });
        removed
    }

    /// The function of this id.
    pub fn get(&self, id: &str) -> Option<Arc<dyn Function>> {
        self.0.load().get(id).cloned()
    }

    /// All ids, sorted.
    pub fn ids(&self) -> Vec<Arc<str>> {
        let mut ids: Vec<_> = self.0.load().keys().cloned().collect();
        ids.sort();
        ids
    }

    /// Calls a function by id, with one text or byte string: see [`Function::call_payload`]. Dropping the future cancels the call.
    ///
    /// # Errors
    /// Those of [`find`](Self::find), beside the function's own.
    pub async fn call_payload(&self, context: &CallContext, target: &str, input: TextOrBytes) -> Result<TextOrBytes> {
        self.find(target)?.call_payload(context, input).await
    }

    /// The function that a call names.
    ///
    /// # Errors
    /// Kind `Invalid`, `invalid function target: <target>`; kind `NotFound`, `no handler registered for target: <target>`; kind
    /// `Unavailable` where the host is gone that the caller was prepared by.
    pub fn find(&self, target: &str) -> Result<Arc<dyn Function>> {
        if !is_id(target) {
            return Err(Error::invalid(format!("invalid function target: {target}")));
        }
        if self.1 == Origin::Gone {
            let message = format!("{target} cannot be called: the host of its caller is gone");
            return Err(Error::new(ErrorKind::Unavailable, message)
                .with_remedy("keep the Host, or its FunctionRegistry, for as long as its functions are called"));
        }
        let missing = || Error::new(ErrorKind::NotFound, format!("no handler registered for target: {target}"));
        self.get(target).ok_or_else(missing)
    }
}

/// Whether `id` has both parts, split at the first colon.
fn is_id(id: &str) -> bool {
    id.split_once(':').is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty())
}
