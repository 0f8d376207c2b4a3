//! Reads a response to nothing, over WASI 0.3.

wit_bindgen::generate!({
    world: "demo:download-p3/download-p3",
    path: ["../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/random.wit", "../../wit/wasi-0.3/filesystem.wit",
        "../../wit/wasi-0.3/sockets.wit", "../../wit/wasi-0.3/cli.wit", "../../wit/wasi-0.3/http.wit", "wit"],
    generate_all,
});

use wasi::http::client;
use wasi::http::types::{Fields, Request, Response, Scheme};
use wit_bindgen::rt::async_support::StreamResult;

struct Download;
export!(Download);

impl Guest for Download {
    async fn count(authority: String, path: String, piece: u64) -> Result<u64, String> {
        let (trailers, without) = wit_future::new(|| Ok(None));
        let (request, _) = Request::new(Fields::new(), None, without, None);
        drop(trailers);
        request.set_scheme(Some(&Scheme::Http)).map_err(|()| "scheme")?;
        request.set_authority(Some(&authority)).map_err(|()| "authority")?;
        request.set_path_with_query(Some(&path)).map_err(|()| "path")?;
        let response = client::send(request).await.map_err(|code| code.to_string())?;
        let (done, read) = wit_future::new(|| Ok(()));
        let (mut body, trailers) = Response::consume_body(response, read);
        drop(done);
        let (mut count, mut buffer) = (0, Vec::with_capacity(piece as usize));
        loop {
            let (result, bytes) = body.read(buffer).await;
            count += bytes.len() as u64;
            buffer = bytes;
            buffer.clear();
            if result == StreamResult::Dropped {
                break;
            }
        }
        trailers.await.map_err(|code| code.to_string())?;
        Ok(count)
    }
}
