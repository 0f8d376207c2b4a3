//! The parts of messages of wasi:http 0.3, and one exchange.

wit_bindgen::generate!({
    world: "demo:probe-p3-http/probe-p3-http",
    path: [
        "../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/random.wit", "../../wit/wasi-0.3/filesystem.wit",
        "../../wit/wasi-0.3/sockets.wit", "../../wit/wasi-0.3/cli.wit", "../../wit/wasi-0.3/http.wit", "wit",
    ],
    generate_all,
});

mod exchange;
mod parts;

use std::fmt::Debug;
use wasi::http::types::Fields;

struct Probe;
export!(Probe);

/// `HeaderError::InvalidSyntax` as `InvalidSyntax`.
fn name(error: impl Debug) -> String {
    let shown = format!("{error:?}");
    shown.rsplit_once("::").map_or(shown.clone(), |(_, name)| name.to_owned())
}

fn done<T>(outcome: Result<T, impl Debug>) -> String {
    outcome.map_or_else(name, |_| "ok".to_owned())
}

fn entries(fields: &Fields) -> String {
    let shown = fields.copy_all().into_iter().map(|(name, value)| format!("{name}={}", value.escape_ascii()));
    shown.collect::<Vec<_>>().join(", ")
}

impl Guest for Probe {
    fn fields() -> Vec<String> {
        parts::fields()
    }

    fn request_options() -> Vec<String> {
        parts::request_options()
    }

    async fn request() -> Vec<String> {
        parts::request().await
    }

    async fn response() -> Vec<String> {
        parts::response().await
    }

    async fn post(authority: String, text: String) -> Result<Vec<String>, String> {
        exchange::post(&authority, text).await
    }
}
