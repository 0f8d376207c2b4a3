//! The host's side: what an embedder writes.

use super::{LARGE, NAMES, WRITTEN};
use crate::guests::guest;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use wippy_host::{CallContext, Directories, ENABLED, EntrySpec, Function as _, Program, Result, Value, WasmFunction};

/// Functions with a mount of the directory, by guest and method.
pub(super) struct Ours {
    functions: HashMap<String, WasmFunction>,
    commands: Vec<WasmFunction>,
}

impl Ours {
    pub(super) async fn new(directory: &Path, commands: [&str; 2]) -> Self {
        let builder = wippy_host::builder().unwrap().directories(OneDirectory(directory.to_owned()));
        let host = builder.build().unwrap();
        let prepare = async |method: &str, program: Program, imports: &[&str]| {
            let mounts = serde_json::json!({ "mounts": [{ "fs": "bench:data", "guest": "/data" }] });
            let entry = EntrySpec::new("bench:files", method)
                .with_imports(imports.iter().copied())
                .with_section("wasi", mounts);
            host.prepare(entry, program).await.unwrap()
        };
        let mut ours = Self { functions: HashMap::new(), commands: Vec::new() };
        for name in ["loops", "loops-p3"] {
            let component = host.compile(guest(name)).unwrap();
            for method in ["read-file", "write-file", "count-names"] {
                let function = prepare(method, Program::from(&component), ENABLED).await;
                ours.functions.insert(format!("{name} {method}"), function);
            }
        }
        for text in commands {
            let program = host.compile_program(text).unwrap();
            ours.commands.push(prepare("_start", program, &["preview1"]).await);
        }
        ours
    }

    pub(super) async fn read(&self, guest: &str) -> u64 {
        self.call(guest, "read-file", vec![LARGE.into()]).await
    }

    pub(super) async fn write(&self, guest: &str, pieces: u32) -> u64 {
        self.call(guest, "write-file", vec![WRITTEN.into(), pieces.into()]).await
    }

    pub(super) async fn list(&self, guest: &str) -> u64 {
        self.call(guest, "count-names", vec![NAMES.into()]).await
    }

    /// The command of this number, and what it is said to have done.
    pub(super) async fn command(&self, number: usize, done: u64) -> u64 {
        self.commands[number].call(&CallContext::new(), Vec::new()).await.unwrap();
        done
    }

    async fn call(&self, guest: &str, method: &str, arguments: Vec<Value>) -> u64 {
        let function = &self.functions[&format!("{guest} {method}")];
        function.call(&CallContext::new(), arguments).await.unwrap().as_u64().unwrap()
    }
}

struct OneDirectory(PathBuf);

impl Directories for OneDirectory {
    fn get(&self, _id: &str) -> Result<Option<PathBuf>> {
        Ok(Some(self.0.clone()))
    }
}
