//! `env`: variables of the environment registry by id, as far as the policy lets the function.

use crate::errors;
use crate::running::{self, Running};
use mlua::{Lua, Result, Table};
use wippy_host_core::{EnvironmentRequest, Error, ErrorKind, VariableAccess};

/// `get(id)`, `set(id, value)` and `get_all()`, each → value, err. A bare name is one of the entry's own namespace.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    let get = |lua: &Lua, id: String| errors::pair(lua, get(&*running::of(lua)?, &id));
    let set = |lua: &Lua, (id, value): (String, String)| {
        errors::pair(lua, set(&*running::of(lua)?, &id, &value).map(|()| true))
    };
    let all = |lua: &Lua, ()| {
        let running = running::of(lua)?;
        let table = lua.create_table()?;
        for id in running.services().environment.ids() {
            if allowed(&running, &id, VariableAccess::Read).is_err() {
                continue;
            }
            match running.services().environment.get(&id) {
                Ok(Some(value)) => table.raw_set(id, value)?,
                Ok(None) => {}
                Err(error) => return errors::pair::<Table>(lua, Err(error)),
            }
        }
        errors::pair(lua, Ok::<_, Error>(table))
    };
    module.raw_set("get", lua.create_function(get)?)?;
    module.raw_set("set", lua.create_function(set)?)?;
    module.raw_set("get_all", lua.create_function(all)?)?;
    Ok(module)
}

/// A variable that is not set is an error, also where its entry exists: `nil` without an error would be a value.
fn get(running: &Running, id: &str) -> std::result::Result<String, Error> {
    let id = resolved(running, id);
    allowed(running, &id, VariableAccess::Read)?;
    let environment = &running.services().environment;
    match environment.get(&id)? {
        Some(value) => Ok(value),
        None if environment.contains(&id) => {
            Err(Error::new(ErrorKind::NotFound, format!("the environment variable {id} is not set"))
                .with_remedy(format!("set it, or give its env.variable entry a default: {id}")))
        }
        None => Err(Error::new(ErrorKind::NotFound, format!("there is no environment variable {id}"))
            .with_remedy(format!("add an entry of kind env.variable with the id {id}"))),
    }
}

fn set(running: &Running, id: &str, value: &str) -> std::result::Result<(), Error> {
    let id = resolved(running, id);
    allowed(running, &id, VariableAccess::Write)?;
    running.services().environment.set(&id, value)
}

fn resolved(running: &Running, id: &str) -> String {
    match running.id().split_once(':') {
        Some((namespace, _)) if !id.contains(':') => format!("{namespace}:{id}"),
        _ => id.to_owned(),
    }
}

fn allowed(running: &Running, id: &str, access: VariableAccess) -> std::result::Result<(), Error> {
    let context = running.context();
    let request = EnvironmentRequest::new(running.id(), id, access).for_actor(context.actor(), context.scope());
    running.allowed(running.services().policy.environment(&request))
}
