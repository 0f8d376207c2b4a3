//! An imported function that is a function of the registry: typed on the guest's side, dynamic in between.

use super::component_imports::ImportedFunction;
use crate::error::{Error, Result};
use crate::instance::{HostShare, StoreData};
use crate::spans;
use crate::value::{Object, ResultShape, Signature, Value, failure, size};
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, Type, Val};

/// What a bound function leads to.
pub(super) struct Bound {
    entry: Arc<str>,
    /// The function as the component imports it: `demo:math/ops@1.0.0#add`.
    name: String,
    target: String,
    signature: Signature,
    shape: ResultShape,
}

impl Bound {
    pub(super) fn new(entry: &Arc<str>, name: String, target: String, function: &ImportedFunction) -> Self {
        let signature = function.ty.clone();
        let shape = ResultShape::of(signature.result());
        Self { entry: entry.clone(), name, target, signature, shape }
    }

    /// Puts it into its place.
    pub(super) fn link(self, instance: &mut LinkerInstance<'_, StoreData>, function: &str) -> wasmtime::Result<()> {
        let asynchronous = self.signature.is_async();
        let bound = Arc::new(self);
        if asynchronous {
            return instance.func_new_concurrent(function, move |accessor, _, arguments, results| {
                let bound = bound.clone();
                let span = spans::host_call_of(&bound.name);
                Box::pin(spans::in_host_call(span, async move {
                    let (call, held) = accessor.with(|mut store| bound.begin_beside(store.data_mut(), arguments))?;
                    let result = call.await;
                    drop(held);
                    put(results, result?)
                }))
            });
        }
        instance.func_new_async(function, move |store, _, arguments, results| {
            let span = spans::host_call_of(&bound.name);
            let call = span.in_scope(|| bound.begin(store.data(), arguments));
            Box::new(spans::in_host_call(span, async move { put(results, call?.await?) }))
        })
    }

    /// The same for a call that others may run beside: what it holds counts with theirs.
    fn begin_beside(
        self: &Arc<Self>,
        store: &mut StoreData,
        arguments: &[Val],
    ) -> Result<(impl Future<Output = Result<Option<Val>>> + Send + use<>, HostShare)> {
        let held = store.host_bytes().take(arguments.iter().map(held).sum());
        let held = held.map_err(|error| self.wrapped(&error))?;
        Ok((self.begin(store, arguments)?, held))
    }

    fn begin(
        self: &Arc<Self>,
        store: &StoreData,
        arguments: &[Val],
    ) -> Result<impl Future<Output = Result<Option<Val>>> + Send + use<>> {
        if spans::is_enabled() {
            spans::copied(arguments.iter().map(size).sum(), 0);
        }
        let call = store.nested_call(self.target.clone());
        let values = self.signature.to_values(arguments).map_err(|error| self.failed(error))?;
        let bound = self.clone();
        Ok(async move { bound.answer(call.with_values(values).await) })
    }

    fn answer(&self, answer: Result<(Value, ResultShape)>) -> Result<Option<Val>> {
        let Some(ty) = self.signature.result() else {
            return match answer.map(|(value, shape)| shape.outcome(value)) {
                Ok(Ok(_)) => Ok(None),
                Ok(Err(payload)) => Err(self.failed(failure(payload)?)),
                Err(error) => Err(self.wrapped(&error)),
            };
        };
        let value = match answer {
            Ok((value, shape)) if shape == self.shape => value,
            Ok((value, shape)) => match shape.outcome(value) {
                Ok(value) => self.shape.wrap(value),
                Err(payload) if self.shape.is_result() => Value::Object(Object::case("err", payload)),
                Err(payload) => return Err(self.failed(failure(payload)?)),
            },
            Err(error) if has_text_for_errors(ty) => {
                return Ok(Some(Val::Result(Err(Some(Box::new(Val::String(error.to_string())))))));
            }
            Err(error) => return Err(self.wrapped(&error)),
        };
        self.signature.to_result(value).map_err(|error| self.failed(error))
    }

    fn failed(&self, why: impl std::fmt::Display) -> Error {
        Error::internal(format!("{}: {}, bound to {}, failed: {why}", self.entry, self.name, self.target))
    }

    /// The callee's failure in its own words. What ended the callee is not what ended this guest.
    fn wrapped(&self, error: &Error) -> Error {
        let Self { entry, name, target, .. } = self;
        let wrapped =
            Error::new(error.kind(), format!("{entry}: {name}, bound to {target}, failed: {}", error.message()));
        let wrapped = match error.remedy() {
            Some(remedy) => wrapped.with_remedy(remedy),
            None => wrapped,
        };
        wrapped.with_source(error.clone())
    }
}

/// What a value holds on the host, in bytes.
fn held(value: &Val) -> usize {
    let inside = match value {
        Val::String(text) => text.len(),
        Val::List(items) | Val::Tuple(items) | Val::FixedLengthList(items) => items.iter().map(held).sum(),
        Val::Map(pairs) => pairs.iter().map(|(key, value)| held(key) + held(value)).sum(),
        Val::Record(fields) => fields.iter().map(|(name, value)| name.len() + held(value)).sum(),
        Val::Variant(name, payload) => name.len() + payload.as_deref().map_or(0, held),
        Val::Option(payload) | Val::Result(Ok(payload) | Err(payload)) => payload.as_deref().map_or(0, held),
        Val::Enum(name) => name.len(),
        Val::Flags(names) => names.iter().map(|name| size_of::<String>() + name.len()).sum(),
        _ => 0,
    };
    size_of::<Val>() + inside
}

fn has_text_for_errors(ty: &Type) -> bool {
    matches!(ty, Type::Result(result) if result.err() == Some(Type::String))
}

fn put(results: &mut [Val], result: Option<Val>) -> wasmtime::Result<()> {
    if spans::is_enabled() {
        spans::copied(0, result.as_ref().map_or(0, size));
    }
    if let (Some(place), Some(result)) = (results.first_mut(), result) {
        *place = result;
    }
    Ok(())
}
