//! Plain Wasmtime, written by hand for the guest `values`, which imports nothing: calls of known types, whose values are made
//! and taken apart for just these.

use super::loops::in_time;
use super::wasi::Baseline;
use super::{bound, engine, limits};
use crate::guests::guest;
use wasmtime::component::{Component, ComponentNamedList, InstancePre, Lift, Linker, Lower, Val};
use wasmtime::{Store, StoreLimits};
use wippy_host::Value;
use wippy_host::value::Object;

/// The guest, ready for calls of a fresh instance each.
pub(crate) struct Values {
    pre: InstancePre<StoreLimits>,
}

/// The record of the guest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) age: u32,
    pub(crate) email: Option<String>,
    pub(crate) tag_count: u8,
}

impl Values {
    pub(crate) fn new() -> Self {
        let component = Component::new(&engine(), guest("values")).unwrap();
        Self { pre: Linker::new(&engine()).instantiate_pre(&component).unwrap() }
    }

    pub(crate) async fn echo_users(&self, users: Vec<User>) -> Vec<User> {
        users_from_val(self.dynamic("echo-users", Val::List(users.into_iter().map(User::into_val).collect())).await)
    }

    /// The same from the host's own values and to them.
    pub(crate) async fn echo_values(&self, users: Value) -> Value {
        values_from_val(self.dynamic("echo-users", values_to_val(users)).await)
    }

    pub(crate) async fn typed<T>(&self, method: &str, value: T) -> T
    where
        T: Lift + Lower + Send + Sync + 'static,
        (T,): ComponentNamedList + Lift + Lower,
    {
        in_time(async {
            let mut store = self.store();
            let instance = self.pre.instantiate_async(&mut store).await?;
            let function = instance.get_func(&mut store, method).unwrap().typed::<(T,), (T,)>(&store)?;
            Ok(function.call_async(&mut store, (value,)).await?.0)
        })
        .await
    }

    async fn dynamic(&self, method: &str, value: Val) -> Val {
        in_time(async {
            let mut store = self.store();
            let instance = self.pre.instantiate_async(&mut store).await?;
            let function = instance.get_func(&mut store, method).unwrap();
            let mut results = [Val::Bool(false)];
            function.call_async(&mut store, &[value], &mut results).await?;
            let [result] = results;
            Ok(result)
        })
        .await
    }

    fn store(&self) -> Store<StoreLimits> {
        let mut store = Store::new(self.pre.engine(), limits());
        bound(&mut store, |limits| limits);
        store
    }
}

impl Baseline {
    /// A call of `echo-users` in an instance with WASI, from the host's own values and to them.
    pub(crate) async fn echo_values(&self, users: &Value) -> Value {
        values_from_val(self.call_with(&[values_to_val(users.clone())]).await.unwrap())
    }
}

impl User {
    fn into_val(self) -> Val {
        Val::Record(vec![
            ("name".to_owned(), Val::String(self.name)),
            ("age".to_owned(), Val::U32(self.age)),
            ("email".to_owned(), Val::Option(self.email.map(|email| Box::new(Val::String(email))))),
            ("tag-count".to_owned(), Val::U8(self.tag_count)),
        ])
    }
}

/// Fields come in the order of the type.
fn fields(val: Val) -> [(String, Val); 4] {
    let Val::Record(fields) = val else { panic!("no record: {val:?}") };
    fields.try_into().unwrap()
}

fn users_from_val(users: Val) -> Vec<User> {
    let Val::List(users) = users else { panic!("no list: {users:?}") };
    let user = |user| match fields(user) {
        [(_, Val::String(name)), (_, Val::U32(age)), (_, Val::Option(email)), (_, Val::U8(tag_count))] => {
            let email = email.map(|email| match *email {
                Val::String(email) => email,
                other => panic!("no text: {other:?}"),
            });
            User { name, age, email, tag_count }
        }
        other => panic!("no user: {other:?}"),
    };
    users.into_iter().map(user).collect()
}

/// Names and texts move.
pub(crate) fn values_to_val(users: Value) -> Val {
    let Value::List(users) = users else { panic!("no list: {users:?}") };
    let user = |user| {
        let Value::Object(object) = user else { panic!("no object: {user:?}") };
        match <[(String, Value); 4]>::try_from(object.into_pairs()) {
            Ok(
                [
                    (a, Value::Text(name)),
                    (b, Value::Integer(age)),
                    (c, email @ (Value::Null | Value::Text(_))),
                    (d, Value::Integer(tags)),
                ],
            ) if (&*a, &*b, &*c, &*d) == ("name", "age", "email", "tag-count") => {
                let email = match email {
                    Value::Text(email) => Some(Box::new(Val::String(email))),
                    _ => None,
                };
                Val::Record(vec![
                    (a, Val::String(name)),
                    (b, Val::U32(age.try_into().unwrap())),
                    (c, Val::Option(email)),
                    (d, Val::U8(tags.try_into().unwrap())),
                ])
            }
            other => panic!("no user: {other:?}"),
        }
    };
    Val::List(users.into_iter().map(user).collect())
}

/// Names and texts move.
pub(crate) fn values_from_val(users: Val) -> Value {
    let Val::List(users) = users else { panic!("no list: {users:?}") };
    let user = |user| {
        let [(a, Val::String(name)), (b, Val::U32(age)), (c, Val::Option(email)), (d, Val::U8(tags))] = fields(user)
        else {
            panic!("no user")
        };
        let email = match email.map(|email| *email) {
            Some(Val::String(email)) => Value::Text(email),
            _ => Value::Null,
        };
        // One name after the other is cheaper here than `from_pairs`, which sorts them.
        let mut object = Object::new();
        object.insert(a, name);
        object.insert(b, age);
        object.insert(c, email);
        object.insert(d, tags);
        Value::Object(object)
    };
    Value::List(users.into_iter().map(user).collect())
}
