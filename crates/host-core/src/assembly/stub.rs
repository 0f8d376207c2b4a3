//! Stubs: functions that end the call in words, for what a component imports and its entry does not grant. They learn of
//! the entry when they are called, so that entries may share a linker.

use crate::EntryInfo;
use crate::entry::Declared;
use crate::instance::{NotGranted, StoreData};
use crate::spans;
use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Val};

/// A function that is not granted.
#[derive(Clone)]
pub(super) struct Denial {
    /// In full: `wasi:filesystem/types#[method]descriptor.open-at`.
    function: String,
    why: Why,
    /// The line that binds it to a function, where that would be an answer too.
    binding: Option<String>,
}

/// Why a function is not granted.
#[derive(Clone)]
pub(super) enum Why {
    /// The import of this name provides it, and the entry does not list that.
    NotListed(&'static str),
    /// The import that provides it is behind a Cargo feature that this build has off.
    FeatureOff(String),
    /// No import of this host provides it.
    Nobody,
}

impl Denial {
    pub(super) fn new(function: String, why: Why) -> Self {
        Self { function, why, binding: None }
    }

    pub(super) fn or_bind(mut self, line: String) -> Self {
        self.binding = Some(line);
        self
    }

    pub(super) fn function(&self) -> &str {
        &self.function
    }

    fn to(&self, entry: &EntryInfo) -> NotGranted {
        let id = entry.id();
        let mut hint = match &self.why {
            Why::NotListed(import) => entry.declared().not_granted(id, import),
            Why::FeatureOff(feature) => {
                format!("this build has the Cargo feature \"{feature}\" off; build with --features {feature}")
            }
            Why::Nobody => format!("no import of this host provides it to entry {id}"),
        };
        if let Some(line) = self.binding.as_ref().filter(|_| entry.declared() == Declared::Entry) {
            hint.push_str(&format!("; bind it, bindings: {line}"));
        }
        NotGranted { function: self.function.clone(), entry: id.to_string(), hint, said: None }
    }

    /// What every call of a stub ends in.
    pub(super) fn refuse(&self, store: &StoreData) -> wasmtime::Result<()> {
        self.refused(self.to(store.entry()))
    }

    /// The same of a call whose arguments may be a guest's last words.
    fn refuse_with(&self, store: StoreContextMut<'_, StoreData>, arguments: &[Val]) -> wasmtime::Result<()> {
        let mut refused = self.to(store.data().entry());
        refused.said = store.data().last_words().and_then(|last_words| last_words(store, arguments));
        self.refused(refused)
    }

    fn refused(&self, refused: NotGranted) -> wasmtime::Result<()> {
        let refused = Err(refused.into());
        spans::host_called(&spans::host_call_of(&self.function), &refused);
        refused
    }
}

/// Puts a stub in the place of `name`, or where nothing stands yet.
pub(super) fn stub(instance: &mut LinkerInstance<'_, StoreData>, name: &str, denial: Denial) -> wasmtime::Result<()> {
    instance.func_new(name, move |store, _, arguments, _| denial.refuse_with(store, arguments))
}

/// The same for a function that is asynchronous.
pub(super) fn concurrent_stub(
    instance: &mut LinkerInstance<'_, StoreData>,
    name: &str,
    denial: Denial,
) -> wasmtime::Result<()> {
    instance.func_new_concurrent(name, move |accessor, _, _, _| {
        let refused = accessor.with(|mut access| denial.refuse(access.data_mut()));
        Box::pin(async move { refused })
    })
}

/// The resource type behind a resource that no import of the host knows. No function can ever make one.
pub(super) enum Unprovided {}
