//! One request of Lua's, with the redirects that it leads to.

use super::body::{Stream, late, whole};
use super::options::{Options, invalid};
use super::redirect::{MAX_REDIRECTS, follow};
use super::request::Outgoing;
use super::response;
use crate::errors::LuaError;
use crate::running;
use http::Response;
use mlua::{Lua, Table};
use std::time::Duration;
use tracing::Instrument;
use wippy_host_core::spans;
use wippy_import_http::{HttpBody, HttpClient, Trace};

type Exchanged<T> = std::result::Result<T, LuaError>;

/// The response as Lua gets it, or why there is none: one host call, with the redirects that it follows.
pub(super) async fn exchange(
    lua: &Lua,
    method: &str,
    url: &str,
    options: Option<&Table>,
) -> mlua::Result<Exchanged<Table>> {
    let span = spans::host_call("http_client", "request");
    let exchanged = exchanged(lua, method, url, options).instrument(span.clone()).await;
    spans::host_called(&span, &exchanged);
    exchanged
}

async fn exchanged(lua: &Lua, method: &str, url: &str, options: Option<&Table>) -> mlua::Result<Exchanged<Table>> {
    let prepared = Options::read(options).and_then(|mut options| {
        let outgoing = Outgoing::new(method, url, &mut options)?;
        Ok((options, outgoing))
    });
    let (options, mut outgoing) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(error)),
    };
    let running = running::of(lua)?;
    let shared = &running.shared().http.0;
    let client = shared.get_or_init(|| HttpClient::new(running.network().clone(), running.services().resolver.clone()));
    if let Some(trace) = Trace::of(running.context()) {
        trace.tell(&mut outgoing.headers);
    }
    let wait = options.timeout;
    let answered = async {
        // The client's own limits speak of options that Lua does not have: the one around it all comes first.
        let response = match last(client, &mut outgoing, wait.saturating_mul(2)).await {
            Ok(response) => response,
            Err(error) => return Ok(Err(error)),
        };
        let (head, body) = response.into_parts();
        let table = lua.create_table()?;
        table.raw_set("status_code", head.status.as_u16())?;
        table.raw_set("headers", response::headers(lua, &head.headers)?)?;
        table.raw_set("url", outgoing.url.as_str())?;
        if options.stream {
            table.raw_set("stream", Stream::new(body, options.limit(), wait))?;
            return Ok(Ok(table));
        }
        match whole(lua, body, options.limit()).await? {
            Ok(body) => table.raw_set("body", lua.create_string(body)?)?,
            Err(error) => return Ok(Err(error)),
        }
        Ok(Ok(table))
    };
    tokio::time::timeout(wait, answered).await.unwrap_or_else(|_| Ok(Err(late(wait))))
}

/// The response that is no redirect.
async fn last(client: &HttpClient, outgoing: &mut Outgoing, wait: Duration) -> Exchanged<Response<HttpBody>> {
    for _ in 0..=MAX_REDIRECTS {
        let response = client.send(outgoing.request()?, wait).await?;
        if !follow(outgoing, response.status(), response.headers())? {
            return Ok(response);
        }
    }
    Err(invalid(format!("more than {MAX_REDIRECTS} redirects, the last to {:.256}", outgoing.url)))
}
