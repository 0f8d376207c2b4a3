//! `wasi:http`: requests of a guest to servers on the loopback.

mod authority;
#[cfg(all(feature = "all", feature = "p3"))]
mod client_p3;
mod codes;
mod failures;
#[cfg(all(feature = "all", feature = "p3"))]
mod handler_p3;
mod messages;
#[cfg(feature = "p3")]
mod p3;
mod pressure;
mod secure;
mod server;

use crate::support::Guest;
use serde_json::{Value as Json, json};

fn guest() -> Guest {
    Guest::new("probe-http").imports(["wasi:http", "wasi:io"])
}

/// A guest that may reach the loopback, and nothing else.
fn local() -> Guest {
    guest().allow(&["localhost:*"])
}

/// The value of a header in the form of the guest's and of the server's reports.
fn header<'a>(headers: &'a Json, name: &str) -> Option<&'a str> {
    headers.as_array().unwrap().iter().find(|pair| pair[0] == name).and_then(|pair| pair[1].as_str())
}

fn request(method: &str, url: &str, headers: Json, body: Json, trailers: Json) -> Json {
    json!([{"method": method, "url": url, "headers": headers, "body": body, "trailers": trailers}])
}

/// What the server of [`Server::telling`] saw.
async fn told(arguments: Json) -> Json {
    let response = local().ok("send", arguments).await;
    assert_eq!(response["status"], 200);
    serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
}
