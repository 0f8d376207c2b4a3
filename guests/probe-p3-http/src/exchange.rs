//! One exchange.

use crate::parts::{body, read};
use crate::wasi::http::client;
use crate::wasi::http::types::{Fields, Method, Request, Response, Scheme};
use crate::{name, wit_future};

pub async fn post(authority: &str, text: String) -> Result<Vec<String>, String> {
    let headers = Fields::new();
    for (name, value) in [("x-sent", "yes"), ("trailer", "x-sum"), ("te", "trailers")] {
        headers.append(name, value.as_bytes()).map_err(crate::name)?;
    }
    let (contents, trailers) = body(text);
    let (request, sent) = Request::new(headers, Some(contents), trailers, None);
    request.set_method(&Method::Post).map_err(name)?;
    request.set_scheme(Some(&Scheme::Http)).map_err(name)?;
    request.set_authority(Some(authority)).map_err(name)?;
    request.set_path_with_query(Some("/")).map_err(name)?;
    let response = client::send(request).await.map_err(name)?;
    let mut report = vec![format!("get-status-code: {}", response.get_status_code())];
    let seen = response.get_headers().get("x-seen").concat();
    report.push(format!("get-headers: {}", seen.escape_ascii()));
    let (result, read_to_end) = wit_future::new(|| Ok(()));
    let (text, trailers) = read(Response::consume_body(response, read_to_end)).await;
    let _ = result.write(Ok(())).await;
    sent.await.map_err(name)?;
    report.push(format!("consume-body: {text}, {trailers}"));
    Ok(report)
}
