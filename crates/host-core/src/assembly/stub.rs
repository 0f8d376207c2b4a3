//! Stubs: functions that end the call in words, for what a component imports and its entry does not grant.

use crate::instance::{NotGranted, StoreData};
use crate::spans;
use wasmtime::component::LinkerInstance;

/// Puts a stub in the place of `name`, or where nothing stands yet.
pub(super) fn stub(
    instance: &mut LinkerInstance<'_, StoreData>,
    name: &str,
    denial: NotGranted,
) -> wasmtime::Result<()> {
    instance.func_new(name, move |_, _, _, _| refused(&denial))
}

/// The same for a function that is asynchronous.
pub(super) fn concurrent_stub(
    instance: &mut LinkerInstance<'_, StoreData>,
    name: &str,
    denial: NotGranted,
) -> wasmtime::Result<()> {
    instance.func_new_concurrent(name, move |_, _, _, _| {
        let refused = refused(&denial);
        Box::pin(async move { refused })
    })
}

/// What every call of a stub ends in.
pub(super) fn refused(denial: &NotGranted) -> wasmtime::Result<()> {
    let refused = Err(denial.clone().into());
    spans::host_called(&spans::host_call_of(&denial.function), &refused);
    refused
}

/// The resource type behind a resource that no import of the host knows. No function can ever make one.
pub(super) enum Unprovided {}
