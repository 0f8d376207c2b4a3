//! The host's side: what an embedder writes.

use crate::guests::guest;
use std::path::{Path, PathBuf};
use wippy_host::{
    CallContext, Directories, ENABLED, EntrySpec, Environment, Function as _, Limits, Output, OutputStream, Result,
    Value, WasmFunction,
};

/// What guests find in their environment.
pub(super) const VARIABLE: (&str, &str) = ("RATE_KEY", "s3cret");

/// The guest `loops` with every group granted.
pub(super) struct Ours(WasmFunction);

impl Ours {
    pub(super) async fn new(directory: &Path) -> Self {
        let builder = wippy_host::builder().unwrap().environment(OneVariable).output(LineSink);
        let host = builder.directories(OneDirectory(directory.to_owned())).build().unwrap();
        let section = serde_json::json!({
            "env": [{ "id": "bench:variable", "name": VARIABLE.0 }],
            "mounts": [{ "fs": "bench:data", "guest": "/data" }],
        });
        let mut limits = Limits::default();
        // What is counted instead of written is another path.
        limits.max_log_bytes = u64::MAX;
        let entry = EntrySpec::new("bench:loops", "repeat")
            .with_imports(ENABLED.iter().copied())
            .with_limits(limits)
            .with_section("wasi", section);
        Self(host.prepare(entry, host.compile(guest("loops")).unwrap()).await.unwrap())
    }

    pub(super) async fn repeat(&self, what: &str, times: u32) -> Value {
        self.0.call(&CallContext::new(), vec![what.into(), times.into()]).await.unwrap()
    }
}

/// Where the lines of both programs go.
pub(super) struct LineSink;

impl Output for LineSink {
    fn line(&self, _: &str, _: OutputStream, line: &str) {
        std::hint::black_box(line);
    }
}

struct OneVariable;

impl Environment for OneVariable {
    fn get(&self, _id: &str) -> Result<Option<String>> {
        Ok(Some(VARIABLE.1.to_owned()))
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
