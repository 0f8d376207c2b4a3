//! Text and bytes without the detour through Wasmtime's dynamic values, which take 40 bytes for each byte of a
//! `list<u8>`: for functions of one such parameter, which are those that `funcs`, files and HTTP bodies meet.

use super::StoreData;
use crate::value::{Object, Value};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Func, Lower, Type, TypedFunc};

/// The shape of a function that can be called directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Direct {
    parameter: Plain,
    result: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plain {
    Text,
    Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Nothing,
    Plain(Plain),
    /// A `result` of text or bytes whose `err` is text.
    Fallible(Plain),
}

/// The argument of a direct call.
pub(super) enum Input {
    Text(String),
    Bytes(Vec<u8>),
}

impl Input {
    /// Its bytes in the guest's memory, with pointer and length.
    pub(super) fn size(&self) -> usize {
        8 + match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

impl From<Input> for Value {
    fn from(input: Input) -> Self {
        match input {
            Input::Text(text) => Self::Text(text),
            Input::Bytes(bytes) => Self::from(bytes),
        }
    }
}

impl Plain {
    fn of(ty: &Type) -> Option<Self> {
        match ty {
            Type::String => Some(Self::Text),
            Type::List(list) if list.ty() == Type::U8 => Some(Self::Bytes),
            _ => None,
        }
    }
}

impl Direct {
    pub(super) fn of(parameters: &[(String, Type)], result: Option<&Type>) -> Option<Self> {
        let [(_, parameter)] = parameters else { return None };
        let result = match result {
            None => Output::Nothing,
            Some(Type::Result(result)) => match (result.ok(), result.err()) {
                (Some(ok), Some(Type::String)) => Output::Fallible(Plain::of(&ok)?),
                _ => return None,
            },
            Some(ty) => Output::Plain(Plain::of(ty)?),
        };
        Some(Self { parameter: Plain::of(parameter)?, result })
    }

    /// The argument, where it is what the parameter takes as it is; otherwise the arguments come back, for the general
    /// conversion with its rules and its errors.
    pub(super) fn input(self, mut arguments: Vec<Value>) -> Result<Input, Vec<Value>> {
        if arguments.len() != 1 {
            return Err(arguments);
        }
        match (self.parameter, arguments.pop()) {
            (Plain::Text, Some(Value::Text(text))) => Ok(Input::Text(text)),
            (Plain::Bytes, Some(Value::Text(text))) => Ok(Input::Bytes(text.into_bytes())),
            (Plain::Bytes, Some(Value::Bytes(bytes))) => Ok(Input::Bytes(bytes.into())),
            (_, other) => Err(other.into_iter().collect()),
        }
    }

    /// The function of an instance, which has this shape.
    ///
    /// # Errors
    /// Where it has not.
    pub(super) fn of_instance(self, store: &Store<StoreData>, function: Func) -> wasmtime::Result<Typed> {
        Ok(match self.parameter {
            Plain::Text => Typed::Text(Returning::of(self.result, store, function)?),
            Plain::Bytes => Typed::Bytes(Returning::of(self.result, store, function)?),
        })
    }
}

/// A function of one instance, compared with its types once for all calls in it.
pub(super) enum Typed {
    Text(Returning<(String,)>),
    Bytes(Returning<(Vec<u8>,)>),
}

/// The same by its result.
pub(super) enum Returning<P> {
    Nothing(TypedFunc<P, ()>),
    Text(TypedFunc<P, (String,)>),
    Bytes(TypedFunc<P, (Vec<u8>,)>),
    FallibleText(TypedFunc<P, (Result<String, String>,)>),
    FallibleBytes(TypedFunc<P, (Result<Vec<u8>, String>,)>),
}

impl Typed {
    pub(super) async fn call(&self, store: &mut Store<StoreData>, input: Input) -> wasmtime::Result<Value> {
        match (self, input) {
            (Self::Text(function), Input::Text(text)) => function.call(store, (text,)).await,
            (Self::Text(function), Input::Bytes(bytes)) => {
                function.call(store, (String::from_utf8(bytes).map_err(wasmtime::Error::new)?,)).await
            }
            (Self::Bytes(function), Input::Bytes(bytes)) => function.call(store, (bytes,)).await,
            (Self::Bytes(function), Input::Text(text)) => function.call(store, (text.into_bytes(),)).await,
        }
    }
}

impl<P: ComponentNamedList + Lower + Send + Sync + 'static> Returning<P> {
    fn of(result: Output, store: &Store<StoreData>, function: Func) -> wasmtime::Result<Self> {
        Ok(match result {
            Output::Nothing => Self::Nothing(function.typed(store)?),
            Output::Plain(Plain::Text) => Self::Text(function.typed(store)?),
            Output::Plain(Plain::Bytes) => Self::Bytes(function.typed(store)?),
            Output::Fallible(Plain::Text) => Self::FallibleText(function.typed(store)?),
            Output::Fallible(Plain::Bytes) => Self::FallibleBytes(function.typed(store)?),
        })
    }

    async fn call(&self, store: &mut Store<StoreData>, input: P) -> wasmtime::Result<Value> {
        Ok(match self {
            Self::Nothing(function) => {
                function.call_async(store, input).await?;
                Value::Null
            }
            Self::Text(function) => Value::Text(function.call_async(store, input).await?.0),
            Self::Bytes(function) => Value::from(function.call_async(store, input).await?.0),
            Self::FallibleText(function) => fallible(function.call_async(store, input).await?.0),
            Self::FallibleBytes(function) => fallible(function.call_async(store, input).await?.0),
        })
    }
}

fn fallible<T: Into<Value>>(result: Result<T, String>) -> Value {
    let mut object = Object::new();
    match result {
        Ok(value) => object.insert("ok", value),
        Err(message) => object.insert("err", message),
    };
    Value::Object(object)
}
