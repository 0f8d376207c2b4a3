//! Reads a response to nothing.

wit_bindgen::generate!({
    world: "demo:download/download",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "../../wit/wasi-0.2/http.wit",
        "wit",
    ],
    generate_all,
});

use wasi::http::outgoing_handler;
use wasi::http::types::{Fields, OutgoingRequest, Scheme};
use wasi::io::streams::StreamError;

struct Download;
export!(Download);

impl Guest for Download {
    fn count(authority: String, path: String, piece: u64) -> Result<u64, String> {
        let request = OutgoingRequest::new(Fields::new());
        request.set_scheme(Some(&Scheme::Http)).map_err(|()| "scheme")?;
        request.set_authority(Some(&authority)).map_err(|()| "authority")?;
        request.set_path_with_query(Some(&path)).map_err(|()| "path")?;
        let response = outgoing_handler::handle(request, None).map_err(|code| code.to_string())?;
        response.subscribe().block();
        let response = response.get().ok_or("no response")?.map_err(|()| "the response was taken")?;
        let response = response.map_err(|code| code.to_string())?;
        let body = response.consume().map_err(|()| "the body was taken")?;
        let input = body.stream().map_err(|()| "the stream was taken")?;
        let mut count = 0;
        loop {
            match input.blocking_read(piece) {
                Ok(bytes) => count += bytes.len() as u64,
                Err(StreamError::Closed) => return Ok(count),
                Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
            }
        }
    }
}
