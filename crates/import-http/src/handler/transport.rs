//! What makes an entry a request handler.

use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;
use wippy_host_core::{EntrySpec, track};

/// What a handler's transport gives it: the types of requests and responses, and no way to send a request of its own.
pub const HANDLER_INTERFACES: &[&str] = &["wasi:http/types@0.2"];

/// The method of the handler that a component exports, `wasi:http/incoming-handler@0.2.12#handle` for example, if it
/// exports one of the 0.2 track.
pub fn handler_method(engine: &Engine, component: &Component) -> Option<String> {
    component.component_type().exports(engine).find_map(|(name, export)| {
        let (interface, version) = name.split_once('@')?;
        let is_handler = interface == "wasi:http/incoming-handler" && track(version) == "0.2";
        (is_handler && matches!(export.ty, ComponentItem::ComponentInstance(_))).then(|| format!("{name}#handle"))
    })
}

/// The entry as the transport `wasi-http` has it. Of a component that exports a handler, that is the method, whatever
/// the entry names, and [`HANDLER_INTERFACES`] are given; any other entry stays as it is. The second value says which.
pub fn behind_http(mut spec: EntrySpec, engine: &Engine, component: &Component) -> (EntrySpec, bool) {
    match handler_method(engine, component) {
        Some(method) => {
            spec.method = method;
            (spec.with_transport_interfaces(HANDLER_INTERFACES.iter().copied()), true)
        }
        None => (spec, false),
    }
}
