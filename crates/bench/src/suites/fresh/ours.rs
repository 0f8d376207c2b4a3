//! The host's side: what an embedder writes.

use crate::plain::Surroundings;
use std::path::PathBuf;
use std::sync::Arc;
use wippy_host::policy::network::NetworkRules;
use wippy_host::value::Signature;
use wippy_host::{CallContext, Directories, ENABLED, EntrySpec, Environment, FunctionRegistry, Host, Result, Value};

/// One call through the registry.
pub(crate) struct Ours {
    functions: FunctionRegistry,
    id: String,
    arguments: Vec<Value>,
}

impl Ours {
    /// A function that has every group granted.
    pub(crate) async fn prepare(
        host: &Host,
        guest: &[u8],
        method: &str,
        arguments: Vec<Value>,
        surroundings: &Surroundings,
    ) -> Self {
        let id = format!("bench:number-{}", host.functions().ids().len());
        let mut section = serde_json::Map::new();
        if !surroundings.variables.is_empty() {
            let variable = |(name, _): &(String, _)| serde_json::json!({ "id": "bench:variable", "name": name });
            section.insert("env".into(), surroundings.variables.iter().map(variable).collect());
        }
        let (_, places) = &surroundings.mounts;
        if !places.is_empty() {
            let mount = |place| serde_json::json!({ "fs": "bench:data", "guest": place, "read_only": true });
            section.insert("mounts".into(), places.iter().map(mount).collect());
        }
        let mut entry = EntrySpec::new(id.as_str(), method)
            .with_imports(ENABLED.iter().copied())
            .with_section("wasi", section.into());
        if surroundings.network {
            entry = entry.with_network(NetworkRules::public());
        }
        let function = host.prepare(entry, &host.compile(guest).unwrap()).await.unwrap();
        host.functions().replace(&id, Arc::new(function));
        Self { functions: host.functions().clone(), id, arguments }
    }

    pub(crate) async fn call(&self) -> Value {
        let function = self.functions.get(&self.id).unwrap();
        function.call(&CallContext::new(), self.arguments.clone()).await.unwrap()
    }

    pub(crate) fn signature(&self) -> Signature {
        self.functions.get(&self.id).unwrap().signature().unwrap().clone()
    }
}

/// A host that has what the surroundings name.
pub(crate) fn host(surroundings: &Surroundings) -> Host {
    let value = surroundings.variables.first().map_or("", |(_, value)| value);
    let directory = surroundings.mounts.0.clone();
    let builder = wippy_host::builder().unwrap();
    builder.environment(OneVariable(value)).directories(OneDirectory(directory)).build().unwrap()
}

struct OneVariable(&'static str);

impl Environment for OneVariable {
    fn get(&self, _id: &str) -> Result<Option<String>> {
        Ok(Some(self.0.to_owned()))
    }

    fn contains(&self, _id: &str) -> bool {
        true
    }

    /// It never changes: the baseline has it in its template, too.
    fn generation(&self) -> u64 {
        1
    }
}

struct OneDirectory(PathBuf);

impl Directories for OneDirectory {
    fn get(&self, _id: &str) -> Result<Option<PathBuf>> {
        Ok(Some(self.0.clone()))
    }
}
