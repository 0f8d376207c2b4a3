//! What a component is for, by what it exports.

use wippy_host::{CodeKind, Inspection};

/// The method that handles whole HTTP requests, where there is one.
pub(super) fn http_handler(inspection: &Inspection) -> Option<&str> {
    let handlers = ["wasi:http/incoming-handler", "wasi:http/handler"];
    handlers.iter().find_map(|interface| inspection.method_of(interface, "handle"))
}

/// The method that runs it as a command, where there is one.
pub(super) fn command(inspection: &Inspection) -> Option<&str> {
    if inspection.kind == CodeKind::Preview1 {
        return inspection.exports.iter().map(|export| &*export.method).find(|method| *method == "_start");
    }
    inspection.method_of("wasi:cli/run", "run")
}
