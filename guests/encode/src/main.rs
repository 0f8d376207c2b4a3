//! Turns a core module into a component, for guests whose toolchain stops at the module.
//!
//! `encode MODULE OUTPUT`. The module carries its WIT in a custom section, as bindings of `wit-bindgen` leave it there;
//! preview 1 imports go through Wasmtime's adapter.

use std::path::Path;
use std::process::ExitCode;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, output] = arguments.as_slice() else {
        eprintln!("usage: encode MODULE OUTPUT");
        return ExitCode::from(2);
    };
    match encode(module.as_ref(), output.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("encode {module}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn encode(module: &Path, output: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&std::fs::read(module)?)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?
        .encode()?;
    std::fs::write(output, component)?;
    Ok(())
}
