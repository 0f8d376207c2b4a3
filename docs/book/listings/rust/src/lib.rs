//! The guest of the book: a call, a file, a request.

wit_bindgen::generate!({ world: "guide", path: "wit", generate_all });

use wasi::http::outgoing_handler;
use wasi::http::types::{Fields, OutgoingRequest, Scheme};
use wippy::runtime::funcs;

struct Component;

export!(Component);

impl Guest for Component {
    fn ask(target: String, text: String) -> Result<String, String> {
        funcs::call_string(&target, &text)
    }

    // The standard library knows files, and finds those that the entry mounts.
    fn read_file(path: String) -> Result<String, String> {
        std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
    }

    // It knows no HTTP: that goes through the bindings.
    fn fetch(authority: String, path: String) -> Result<String, String> {
        let request = OutgoingRequest::new(Fields::new());
        request.set_scheme(Some(&Scheme::Http)).map_err(|()| "no such scheme")?;
        request.set_authority(Some(&authority)).map_err(|()| "no such authority")?;
        request.set_path_with_query(Some(&path)).map_err(|()| "no such path")?;
        let sent = outgoing_handler::handle(request, None).map_err(|code| format!("{code:?}"))?;
        sent.subscribe().block();
        let response = match sent.get() {
            Some(Ok(Ok(response))) => response,
            Some(Ok(Err(code))) => return Err(format!("{code:?}")),
            _ => return Err("no response".to_owned()),
        };
        let body = response.consume().map_err(|()| "no body")?;
        let stream = body.stream().map_err(|()| "no stream")?;
        let mut bytes = Vec::new();
        // The stream is closed at its end.
        while let Ok(more) = stream.blocking_read(64 * 1024) {
            bytes.extend(more);
        }
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }
}
