//! One handler for everything: `wippy-host serve <file.wasm>`.

use crate::route::{Endpoint, Router, Target};
use std::sync::Arc;
use wippy_host_core::{Result, WasmFunction};

/// A router that gives every request to one handler, prepared as [`wippy_import_http::behind_http`] has it.
///
/// # Errors
/// None that a prepared handler could cause.
pub fn single(handler: Arc<WasmFunction>) -> Result<Router> {
    let id = handler.entry().id().clone();
    let endpoint = Endpoint::new(id, "/{path...}", Target::Handler(handler));
    Ok(Router::new([endpoint])?)
}
