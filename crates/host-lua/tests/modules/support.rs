//! A Lua function with all modules, and the host that it runs in.

use serde_json::Value as Json;
use std::time::Duration;
use wippy_host_core::policy::network::NetworkRules;
use wippy_host_core::{CallContext, Function, FunctionRegistry, Limits, Result, Services};
use wippy_host_lua::{LuaFunction, LuaSpec, MODULES};

/// What a test may set.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) services: Services,
    pub(crate) context: CallContext,
    pub(crate) limits: Limits,
    pub(crate) allow: Option<Vec<String>>,
}

/// The result of a function with this body, in which each module is a local of its name.
pub(crate) async fn run_in(setting: Setting, body: &str) -> Result<Json> {
    let locals: String = MODULES.iter().map(|name| format!("local {name} = require(\"{name}\") ")).collect();
    let mut spec = LuaSpec::new("app:test", format!("{locals} return function()\n{body}\nend"), "");
    spec.file = "test.lua".to_owned();
    spec.modules = MODULES.iter().map(|name| (*name).to_owned()).collect();
    spec.limits = setting.limits;
    if let Some(allow) = setting.allow {
        spec.network = NetworkRules::parse(&allow).unwrap();
    }
    let function = LuaFunction::new(spec, setting.services, FunctionRegistry::new())?;
    Ok(function.call(&setting.context, Vec::new()).await?.into_json().unwrap())
}

pub(crate) async fn run(body: &str) -> Json {
    run_in(Setting::default(), body).await.unwrap()
}

/// Limits with this much time.
pub(crate) fn within(time: Duration) -> Limits {
    let mut limits = Limits::default();
    limits.max_execution = Some(time);
    limits
}
