//! Text and bytes without the detour through Wasmtime's dynamic values, which take 40 bytes for each byte of a
//! `list<u8>`: for functions of one such parameter, which are those that `funcs`, files and HTTP bodies meet.

use super::StoreData;
use crate::value::{Object, Value};
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Func, Lift, Lower, Type};

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

    pub(super) async fn call(
        self,
        store: &mut Store<StoreData>,
        function: Func,
        input: Input,
    ) -> wasmtime::Result<Value> {
        match input {
            Input::Text(text) => self.call_with(store, function, (text,)).await,
            Input::Bytes(bytes) => self.call_with(store, function, (bytes,)).await,
        }
    }

    async fn call_with<P>(self, store: &mut Store<StoreData>, function: Func, input: P) -> wasmtime::Result<Value>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
    {
        Ok(match self.result {
            Output::Nothing => {
                typed::<P, ()>(store, function, input).await?;
                Value::Null
            }
            Output::Plain(Plain::Text) => Value::Text(typed::<P, (String,)>(store, function, input).await?.0),
            Output::Plain(Plain::Bytes) => Value::from(typed::<P, (Vec<u8>,)>(store, function, input).await?.0),
            Output::Fallible(Plain::Text) => {
                fallible(typed::<P, (Result<String, String>,)>(store, function, input).await?.0)
            }
            Output::Fallible(Plain::Bytes) => {
                fallible(typed::<P, (Result<Vec<u8>, String>,)>(store, function, input).await?.0)
            }
        })
    }
}

async fn typed<P, R>(store: &mut Store<StoreData>, function: Func, input: P) -> wasmtime::Result<R>
where
    P: ComponentNamedList + Lower + Send + Sync + 'static,
    R: ComponentNamedList + Lift + Send + Sync + 'static,
{
    function.typed::<P, R>(&*store)?.call_async(&mut *store, input).await
}

fn fallible<T: Into<Value>>(result: Result<T, String>) -> Value {
    let mut object = Object::new();
    match result {
        Ok(value) => object.insert("ok", value),
        Err(message) => object.insert("err", message),
    };
    Value::Object(object)
}
