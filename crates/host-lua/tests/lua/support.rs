//! A host with Lua functions.

use serde_json::{Value as Json, json};
use std::sync::Arc;
use wippy_host_core::{CallContext, CapturedOutput, FunctionRegistry, Limits, Result, Services, Value};
use wippy_host_lua::{LuaFunction, LuaSpec};

/// The registry, services and output of a small application.
#[derive(Clone, Default)]
pub(crate) struct App {
    pub(crate) functions: FunctionRegistry,
    pub(crate) output: CapturedOutput,
    pub(crate) services: Services,
}

impl App {
    pub(crate) fn new() -> Self {
        let output = CapturedOutput::default();
        let services = Services::default().with_output(output.clone());
        Self { functions: FunctionRegistry::new(), output, services }
    }

    pub(crate) fn make(&self, spec: LuaSpec) -> Result<LuaFunction> {
        LuaFunction::new(spec, self.services.clone(), self.functions.clone())
    }

    /// Adds the function of `spec`.
    pub(crate) fn add(&self, spec: LuaSpec) {
        let id = spec.id.clone();
        let function = self.make(spec).unwrap();
        self.functions.replace(&id, Arc::new(function));
    }

    /// Adds a function whose source returns it.
    pub(crate) fn lua(&self, id: &str, source: &str) {
        self.add(spec(id, source));
    }

    pub(crate) async fn call(&self, id: &str, arguments: Vec<Value>) -> Result<Value> {
        self.call_in(&CallContext::new(), id, arguments).await
    }

    pub(crate) async fn call_in(&self, context: &CallContext, id: &str, arguments: Vec<Value>) -> Result<Value> {
        self.functions.get(id).unwrap().call(context, arguments).await
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.output.lines().into_iter().map(|line| line.text).collect()
    }
}

/// A function with all modules.
pub(crate) fn spec(id: &str, source: &str) -> LuaSpec {
    let mut spec = LuaSpec::new(id, source, "run");
    spec.modules = wippy_host_lua::MODULES.iter().map(|&name| name.to_owned()).collect();
    spec.file = "test.lua".to_owned();
    spec
}

/// Calls a function of this source with no arguments, within a second unless it says otherwise.
pub(crate) async fn run(source: &str) -> Result<Json> {
    let app = App::new();
    app.lua("app:f", source);
    app.call("app:f", Vec::new()).await.map(to_json)
}

/// The body of a function, called under these limits.
pub(crate) async fn limited(body: &str, limits: Limits) -> Result<Json> {
    let app = App::new();
    let mut spec = spec("app:f", &format!("return function(...)\n{body}\nend"));
    spec.limits = limits;
    app.add(spec);
    app.call("app:f", Vec::new()).await.map(to_json)
}

/// The result of a function with this body.
pub(crate) async fn body(body: &str) -> Json {
    run(&format!("return function(...)\n{body}\nend")).await.unwrap()
}

pub(crate) fn to_json(value: Value) -> Json {
    value.into_json().unwrap_or_else(|error| json!(error.to_string()))
}
