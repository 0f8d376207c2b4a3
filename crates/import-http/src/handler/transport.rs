//! What makes an entry a request handler.

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;
use wippy_host_core::{EntrySpec, track};

/// What a handler's transport gives it: the types of requests and responses, and no way to send a request of its own.
pub const HANDLER_INTERFACES: &[&str] = &["wasi:http/types@0.2", "wasi:http/types@0.3"];

/// The method of the handler that a component exports, `wasi:http/incoming-handler@0.2.12#handle` or
/// `wasi:http/handler@0.3.0#handle` for example, if it exports one of a track that this build has; of two the newer.
pub fn handler_method(component: &Component) -> Option<String> {
    let exports = component.component_type();
    let handlers = exports.exports(component.engine()).filter_map(|(name, export)| {
        let (interface, version) = name.split_once('@')?;
        let is_handler = match interface {
            "wasi:http/incoming-handler" => track(version) == "0.2",
            "wasi:http/handler" => cfg!(feature = "p3") && track(version) == "0.3",
            _ => false,
        };
        (is_handler && matches!(export.ty, ComponentItem::ComponentInstance(_))).then(|| (version.to_owned(), name))
    });
    handlers.max().map(|(_, name)| format!("{name}#handle"))
}

/// The entry as the transport `wasi-http` has it. Of a component that exports a handler, that is the method, whatever
/// the entry names, and [`HANDLER_INTERFACES`] are given; any other entry stays as it is. The second value says which.
pub fn behind_http(mut spec: EntrySpec, component: &Component) -> (EntrySpec, bool) {
    match handler_method(component) {
        Some(method) => {
            spec.method = method;
            (spec.with_transport_interfaces(HANDLER_INTERFACES.iter().copied()), true)
        }
        None => (spec, false),
    }
}
