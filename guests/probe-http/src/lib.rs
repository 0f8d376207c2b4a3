//! Every function of wasi:http that a client has.

wit_bindgen::generate!({
    world: "demo:probe-http/probe-http",
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

mod exchange;
mod parts;

use wasi::http::types::{ErrorCode, Fields, HeaderError};

type Answer<T> = Result<T, String>;
type Pairs = Vec<(String, String)>;

/// `ConnectionRefused`, `InternalError(Some("..."))`.
fn name(code: ErrorCode) -> String {
    code.to_string().replace("ErrorCode::", "")
}

fn header_name(error: HeaderError) -> String {
    match error {
        HeaderError::InvalidSyntax => "invalid-syntax",
        HeaderError::Forbidden => "forbidden",
        HeaderError::Immutable => "immutable",
    }
    .into()
}

fn fields_of(pairs: &Pairs) -> Answer<Fields> {
    let entries: Vec<_> = pairs.iter().map(|(name, value)| (name.clone(), value.as_bytes().to_vec())).collect();
    Fields::from_list(&entries).map_err(header_name)
}

fn pairs_of(fields: &Fields) -> Pairs {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    fields.entries().into_iter().map(|(name, value)| (name, text(value))).collect()
}

struct Probe;
export!(Probe);

impl Guest for Probe {
    fn fields() -> Vec<String> {
        parts::fields()
    }

    fn outgoing_request() -> Vec<String> {
        parts::outgoing_request()
    }

    fn request_options() -> Vec<String> {
        parts::request_options()
    }

    fn outgoing_response() -> Vec<String> {
        parts::outgoing_response()
    }

    fn get(url: String) -> Answer<Response> {
        exchange::get(url)
    }

    fn send(request: Request) -> Answer<Response> {
        exchange::send(&request)
    }

    fn converse(url: String, chunks: Vec<String>) -> Answer<Vec<String>> {
        exchange::converse(&url, &chunks)
    }

    fn pour(url: String, first_byte_timeout: u64) -> (u64, Answer<Response>) {
        exchange::pour(url, first_byte_timeout)
    }

    fn get_together(urls: Vec<String>) -> Vec<Answer<u16>> {
        exchange::get_together(urls)
    }

    fn http_error_code(url: String) -> Answer<String> {
        exchange::broken(url)
    }

    fn consume_twice(url: String) -> Answer<Vec<String>> {
        exchange::consume_twice(url)
    }
}
