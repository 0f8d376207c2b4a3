//! Requests and their responses.

use crate::wasi::http::client;
use crate::wasi::http::types::{Fields, Method, Request, RequestOptions, Response, Scheme};
use crate::{text, utf8, wit_future, wit_stream, Pairs};

const MILLISECOND: u64 = 1_000_000;

pub async fn fetch(authority: &str, path: &str) -> Result<(u16, String), String> {
    let (trailers, without) = wit_future::new(|| Ok(None));
    let (request, _sent) = Request::new(Fields::new(), None, without, None);
    drop(trailers);
    aim(&request, Scheme::Http, authority, path)?;
    let response = client::send(request).await.map_err(text)?;
    let (status, body, _) = read(response).await?;
    Ok((status, body))
}

pub async fn post(
    url: &str,
    body: String,
    trailers: &Pairs,
    patience: Option<u64>,
) -> Result<(u16, String, Pairs), String> {
    let (scheme, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => (Scheme::Http, rest),
        (_, Some(rest)) => (Scheme::Https, rest),
        _ => return Err(format!("not a URL: {url}")),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (fields, last) = (Fields::new(), Fields::new());
    for (name, value) in trailers {
        fields.append("trailer", name.as_bytes()).map_err(text)?;
        last.append(name, value.as_bytes()).map_err(text)?;
    }
    let (mut sender, contents) = wit_stream::new();
    let (end, trailers) = wit_future::new(|| Ok(None));
    let (request, _sent) = Request::new(fields, Some(contents), trailers, options(patience)?);
    request.set_method(&Method::Post).map_err(text)?;
    aim(&request, scheme, authority, path)?;
    let sending = async {
        sender.write_all(body.into_bytes()).await;
        drop(sender);
        // Nobody reads them of a request that has failed: the response says why.
        let _ = end.write(Ok(Some(last))).await;
    };
    let receiving = async { read(client::send(request).await.map_err(text)?).await };
    futures::future::join(receiving, sending).await.0
}

fn aim(request: &Request, scheme: Scheme, authority: &str, path: &str) -> Result<(), String> {
    request.set_scheme(Some(&scheme)).map_err(text)?;
    request.set_authority(Some(authority)).map_err(text)?;
    request.set_path_with_query(Some(path)).map_err(text)
}

fn options(patience: Option<u64>) -> Result<Option<RequestOptions>, String> {
    let Some(patience) = patience.map(|milliseconds| milliseconds * MILLISECOND) else { return Ok(None) };
    let options = RequestOptions::new();
    options.set_connect_timeout(Some(patience)).map_err(text)?;
    options.set_first_byte_timeout(Some(patience)).map_err(text)?;
    options.set_between_bytes_timeout(Some(patience)).map_err(text)?;
    Ok(Some(options))
}

async fn read(response: Response) -> Result<(u16, String, Pairs), String> {
    let status = response.get_status_code();
    let (_done, read) = wit_future::new(|| Ok(()));
    let (body, trailers) = Response::consume_body(response, read);
    let bytes = body.collect().await;
    let trailers = trailers.await.map_err(text)?;
    let shown = |(name, value): (String, Vec<u8>)| (name, String::from_utf8_lossy(&value).into_owned());
    let trailers = trailers.map(|fields| fields.copy_all().into_iter().map(shown).collect());
    Ok((status, utf8(bytes)?, trailers.unwrap_or_default()))
}
