//! The host's side: what an embedder writes.

use crate::cases::Surroundings;
use std::path::PathBuf;
use std::sync::Arc;
use wippy_host::policy::network::NetworkRules;
use wippy_host::value::Signature;
use wippy_host::{CallContext, Directories, ENABLED, EntrySpec, Environment, FunctionRegistry, Result, Value};

const ID: &str = "bench:call";

/// One call through the registry.
pub(crate) struct Ours {
    functions: FunctionRegistry,
    arguments: Vec<Value>,
}

impl Ours {
    pub(crate) async fn call(&self) -> Value {
        let function = self.functions.get(ID).unwrap();
        function.call(&CallContext::new(), self.arguments.clone()).await.unwrap()
    }

    pub(crate) fn signature(&self) -> Signature {
        self.functions.get(ID).unwrap().signature().unwrap().clone()
    }
}

/// A host with one function that has every group granted.
pub(crate) async fn prepare(guest: &[u8], method: &str, arguments: Vec<Value>, surroundings: &Surroundings) -> Ours {
    let mut builder = wippy_host::builder().unwrap();
    let mut section = serde_json::Map::new();
    if let Some((name, value)) = surroundings.variable {
        builder = builder.environment(OneVariable(value));
        section.insert("env".into(), serde_json::json!([{ "id": "bench:variable", "name": name }]));
    }
    if let Some(directory) = &surroundings.mount {
        builder = builder.directories(OneDirectory(directory.clone()));
        section
            .insert("mounts".into(), serde_json::json!([{ "fs": "bench:data", "guest": "/data", "read_only": true }]));
    }
    let mut entry =
        EntrySpec::new(ID, method).with_imports(ENABLED.iter().copied()).with_section("wasi", section.into());
    if surroundings.network {
        entry = entry.with_network(NetworkRules::public());
    }
    let host = builder.build().unwrap();
    let function = host.prepare(entry, &host.compile(guest).unwrap()).await.unwrap();
    host.functions().replace(ID, Arc::new(function));
    Ours { functions: host.functions().clone(), arguments }
}

struct OneVariable(&'static str);

impl Environment for OneVariable {
    fn get(&self, _id: &str) -> Result<Option<String>> {
        Ok(Some(self.0.to_owned()))
    }

    fn contains(&self, _id: &str) -> bool {
        true
    }
}

struct OneDirectory(PathBuf);

impl Directories for OneDirectory {
    fn get(&self, _id: &str) -> Result<Option<PathBuf>> {
        Ok(Some(self.0.clone()))
    }
}
