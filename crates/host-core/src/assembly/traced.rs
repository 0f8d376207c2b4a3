//! Host functions with a span for each call.

use crate::instance::StoreData;
use crate::spans;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use wasmtime::StoreContextMut;
use wasmtime::component::{Accessor, ComponentNamedList, Lift, LinkerInstance, Lower};

/// An interface that is being linked, whose functions say when they are called: see [`traced`]. Whatever is not a function goes
/// to Wasmtime's own methods.
pub struct Traced<'i, 'l> {
    instance: &'i mut LinkerInstance<'l, StoreData>,
    interface: &'static str,
}

impl fmt::Debug for Traced<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").field("interface", &self.interface).finish_non_exhaustive()
    }
}

/// The same interface, with a [span](crate::spans) for each call of a function that is linked through it. Bindings that Wasmtime
/// generates have their own; this is for functions that are linked by hand.
///
/// ```
/// use wippy_host_core::{StoreData, traced};
///
/// fn link(linker: &mut wasmtime::component::Linker<StoreData>) -> wasmtime::Result<()> {
///     let mut instance = linker.instance("demo:counter/count@1.0.0")?;
///     traced(&mut instance, "demo:counter/count@1.0.0").func_wrap("one", |_, (): ()| Ok((1_u32,)))
/// }
/// # let _ = link;
/// ```
pub fn traced<'i, 'l>(instance: &'i mut LinkerInstance<'l, StoreData>, interface: &'static str) -> Traced<'i, 'l> {
    Traced { instance, interface }
}

impl<'l> Deref for Traced<'_, 'l> {
    type Target = LinkerInstance<'l, StoreData>;

    fn deref(&self) -> &Self::Target {
        self.instance
    }
}

impl DerefMut for Traced<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.instance
    }
}

impl Traced<'_, '_> {
    /// As Wasmtime's [`LinkerInstance::func_wrap`].
    ///
    /// # Errors
    /// As there.
    pub fn func_wrap<F, Params, Return>(&mut self, name: &'static str, function: F) -> wasmtime::Result<()>
    where
        F: Fn(StoreContextMut<'_, StoreData>, Params) -> wasmtime::Result<Return> + Send + Sync + 'static,
        Params: ComponentNamedList + Lift + 'static,
        Return: ComponentNamedList + Lower + 'static,
    {
        let interface = self.interface;
        self.instance.func_wrap(name, move |store: StoreContextMut<'_, StoreData>, arguments: Params| {
            if !spans::is_enabled() {
                return function(store, arguments);
            }
            let span = spans::host_call(interface, name);
            let returned = span.in_scope(|| function(store, arguments));
            spans::host_called(&span, &returned);
            returned
        })
    }

    /// As Wasmtime's [`LinkerInstance::func_wrap_async`].
    ///
    /// # Errors
    /// As there.
    pub fn func_wrap_async<F, Params, Return>(&mut self, name: &'static str, function: F) -> wasmtime::Result<()>
    where
        F: Fn(StoreContextMut<'_, StoreData>, Params) -> Box<dyn Future<Output = wasmtime::Result<Return>> + Send + '_>
            + Send
            + Sync
            + 'static,
        Params: ComponentNamedList + Lift + 'static,
        Return: ComponentNamedList + Lower + 'static,
    {
        let interface = self.interface;
        self.instance.func_wrap_async(name, move |store: StoreContextMut<'_, StoreData>, arguments: Params| {
            if !spans::is_enabled() {
                return function(store, arguments);
            }
            let span = spans::host_call(interface, name);
            let work = span.in_scope(|| function(store, arguments));
            Box::new(spans::in_host_call(span, Box::into_pin(work)))
        })
    }

    /// As Wasmtime's [`LinkerInstance::func_wrap_concurrent`].
    ///
    /// # Errors
    /// As there.
    pub fn func_wrap_concurrent<F, Params, Return>(&mut self, name: &'static str, function: F) -> wasmtime::Result<()>
    where
        F: Fn(&Accessor<StoreData>, Params) -> Pin<Box<dyn Future<Output = wasmtime::Result<Return>> + Send + '_>>
            + Send
            + Sync
            + 'static,
        Params: ComponentNamedList + Lift + 'static,
        Return: ComponentNamedList + Lower + 'static,
    {
        let interface = self.interface;
        self.instance.func_wrap_concurrent(name, move |accessor: &Accessor<StoreData>, arguments: Params| {
            if !spans::is_enabled() {
                return function(accessor, arguments);
            }
            let span = spans::host_call(interface, name);
            let work = span.in_scope(|| function(accessor, arguments));
            Box::pin(spans::in_host_call(span, work))
        })
    }
}
