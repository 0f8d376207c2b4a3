//! An entry as the host takes it: what to call, what it may use, how much of it.

use crate::Limits;
use crate::policy::network::NetworkRules;
use crate::pool::PoolSpec;
use serde_json::{Map, Value as Json};
use std::fmt;
use std::sync::Arc;

/// Where an entry was written, which is where its errors say to add a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Declared {
    /// In the files of an application, or by an embedder.
    #[default]
    Entry,
    /// With the options of a command: `--import`, `--max-memory-bytes`.
    CommandLine,
}

impl Declared {
    /// Why the import `name` is not there, and what grants it.
    pub(crate) fn not_granted(self, entry: &str, name: &str) -> String {
        match self {
            Self::Entry => format!("entry {entry} does not import it; add \"{name}\" to its imports"),
            Self::CommandLine => format!("it is not granted; add --import {name}"),
        }
    }

    /// The setting of a limit, for example `limits.max_memory_bytes`.
    pub(crate) fn limit(self, name: &str) -> String {
        match self {
            Self::Entry => format!("limits.{name}"),
            Self::CommandLine => format!("--{}", name.replace('_', "-")),
        }
    }

    /// What to raise, for example `limits.max_memory_bytes of the entry`.
    pub(crate) fn limit_to_raise(self, name: &str) -> String {
        match self {
            Self::Entry => format!("{} of the entry", self.limit(name)),
            Self::CommandLine => self.limit(name),
        }
    }
}

/// What an entry asks for. The loader of an application makes one of each function entry; an embedder writes it by hand.
///
/// ```
/// use wippy_host_core::EntrySpec;
///
/// let spec = EntrySpec::new("app:report", "run").with_imports(["wasi:clocks", "funcs"]);
/// assert_eq!(spec.imports.len(), 2);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct EntrySpec {
    /// `namespace:name`.
    pub id: Arc<str>,
    /// The exported function: `run`, or `iface#func` for one inside an exported interface.
    pub method: String,
    /// The names of what the component may use. Default none.
    pub imports: Vec<String>,
    /// Functions that the component imports, and what of the registry each of them is. Default none.
    pub bindings: Vec<Binding>,
    /// Interfaces that the entry's transport gives besides, without version or on one track (`acme:web/types@0.2`): what a
    /// component must have to be called in that way. Those that the build does not have give nothing. Default none.
    pub transport_interfaces: Vec<String>,
    /// Whether an import that is not granted stops the load, instead of ending the call that uses it. Default false.
    pub strict_imports: bool,
    /// Where it was written. Default: in an entry.
    pub declared: Declared,
    /// Default: see [`Limits`].
    pub limits: Limits,
    /// Default: any public address. See [`NetworkRules`].
    pub network: NetworkRules,
    /// How many calls run at one time, and how long an instance lives. Default [`PoolSpec::INLINE`]: the caller's affair,
    /// and a fresh instance each.
    pub pool: PoolSpec,
    /// The sections that hold the imports' configuration, by name: `wasi`, and `config` for third parties.
    pub sections: Map<String, Json>,
}

impl fmt::Debug for EntrySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of the sections the names alone: they hold keys and tokens.
        f.debug_struct("EntrySpec")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("imports", &self.imports)
            .field("bindings", &self.bindings)
            .field("limits", &self.limits)
            .field("network", &self.network)
            .field("pool", &self.pool)
            .field("sections", &self.sections.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl EntrySpec {
    /// An entry with every default.
    pub fn new(id: impl Into<Arc<str>>, method: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            method: method.into(),
            imports: Vec::new(),
            bindings: Vec::new(),
            transport_interfaces: Vec::new(),
            strict_imports: false,
            declared: Declared::Entry,
            limits: Limits::default(),
            network: NetworkRules::public(),
            pool: PoolSpec::INLINE,
            sections: Map::new(),
        }
    }

    /// Sets the names of what the component may use.
    #[must_use]
    pub fn with_imports<S: Into<String>>(mut self, imports: impl IntoIterator<Item = S>) -> Self {
        self.imports = imports.into_iter().map(Into::into).collect();
        self
    }

    /// Binds a function that the component imports, `demo:math/ops#add` or a plain `add`, to the function `target` of the
    /// registry: see [`Binding`].
    #[must_use]
    pub fn with_binding(mut self, import: &str, target: impl Into<String>) -> Self {
        self.bindings.push(match import.rsplit_once('#') {
            Some((interface, function)) => Binding::new(function, target).with_interface(interface),
            None => Binding::new(import, target),
        });
        self
    }

    /// Sets the interfaces that the transport gives.
    #[must_use]
    pub fn with_transport_interfaces<S: Into<String>>(mut self, interfaces: impl IntoIterator<Item = S>) -> Self {
        self.transport_interfaces = interfaces.into_iter().map(Into::into).collect();
        self
    }

    /// Says where it was written.
    #[must_use]
    pub fn with_declared(mut self, declared: Declared) -> Self {
        self.declared = declared;
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the network rules.
    #[must_use]
    pub fn with_network(mut self, network: NetworkRules) -> Self {
        self.network = network;
        self
    }

    /// Sets the pool.
    #[must_use]
    pub fn with_pool(mut self, pool: PoolSpec) -> Self {
        self.pool = pool;
        self
    }

    /// Sets one section of configuration, for example `wasi`.
    #[must_use]
    pub fn with_section(mut self, name: &str, value: Json) -> Self {
        self.sections.insert(name.to_owned(), value);
        self
    }

    /// Whether an import that is not granted stops the load. Default false.
    #[must_use]
    pub fn with_strict_imports(mut self, strict: bool) -> Self {
        self.strict_imports = strict;
        self
    }
}

/// A function that a component imports and that no import of the host provides, bound to a function of the registry: the
/// guest calls it like any other import, with its own types.
///
/// Arguments and result are converted at the call, as those of any call (`docs/book/src/reference/values.md`). Where the
/// import returns a `result` with text as its error, a failure of the call is that error; where the import returns something
/// else, the failure ends the guest's call. The policy is asked at each call, as for `funcs`. Resources, streams and futures
/// cannot be passed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binding {
    /// The interface, `demo:math/ops`, with a version where that matters; `None` for a function outside any interface.
    pub interface: Option<String>,
    /// The function.
    pub function: String,
    /// The id of the function to call; a bare name is one of the entry's own namespace.
    pub target: String,
}

impl Binding {
    /// Binds a function outside any interface to the function `target` of the registry.
    pub fn new(function: impl Into<String>, target: impl Into<String>) -> Self {
        Self { interface: None, function: function.into(), target: target.into() }
    }

    /// The interface of the function, `demo:math/ops`. Default none.
    #[must_use]
    pub fn with_interface(mut self, interface: impl Into<String>) -> Self {
        self.interface = Some(interface.into());
        self
    }
}

/// What imports and errors say about the entry that an instance belongs to.
#[derive(Debug)]
pub struct EntryInfo {
    id: Arc<str>,
    limits: Limits,
    declared: Declared,
}

impl EntryInfo {
    pub(crate) fn new(id: Arc<str>, limits: Limits, declared: Declared) -> Self {
        Self { id, limits, declared }
    }

    pub(crate) fn declared(&self) -> Declared {
        self.declared
    }

    /// `namespace:name`.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The part of the id before the first colon.
    pub fn namespace(&self) -> &str {
        self.id.split_once(':').map_or("", |(namespace, _)| namespace)
    }

    /// The limits of its calls.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The id that `text` means in this entry: a bare name is one of the entry's own namespace.
    pub fn resolve_id(&self, text: &str) -> String {
        if text.contains(':') { text.to_owned() } else { format!("{}:{text}", self.namespace()) }
    }
}
