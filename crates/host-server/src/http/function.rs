//! Functions that know nothing of HTTP: the body is the argument, the result the response.

use super::OutBody;
use super::answer::{TEXT, kind_named, plain, status_of, status_of_kind, text};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value as Json};
use wasmtime::component::Type;
use wippy_host_core::value::{CallShape, InputShape, Signature, TextOrBytes, ValueError, call_input_to_args};
use wippy_host_core::{CallContext, CallContextBuilder, Function, Value};

/// Adds what a function may want to know of the request.
pub(super) fn with_request(
    context: CallContextBuilder,
    head: &Parts,
    params: Vec<(String, String)>,
) -> CallContextBuilder {
    let params: Map<String, Json> = params.into_iter().map(|(name, value)| (name, value.into())).collect();
    let query = head.uri.query().map(|query| {
        grouped(url::form_urlencoded::parse(query.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())))
    });
    context
        .value("http.method", head.method.as_str().into())
        .value("http.path", head.uri.path().into())
        .value("http.params", params.into())
        .value("http.query", query.unwrap_or_default().into())
        .value("http.headers", headers(&head.headers).into())
}

fn headers(headers: &HeaderMap) -> Map<String, Json> {
    grouped(
        headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())),
    )
}

/// Text for a name that comes once, an array of texts for one that comes again.
fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Json> {
    let mut map = Map::new();
    for (name, value) in pairs {
        match map.get_mut(&name) {
            None => drop(map.insert(name, value.into())),
            Some(Json::Array(values)) => values.push(value.into()),
            Some(first) => *first = Json::Array(vec![first.take(), value.into()]),
        }
    }
    map
}

/// Calls it, and makes a response of whatever comes of that.
pub(super) async fn call(
    id: &str,
    function: &dyn Function,
    context: &CallContext,
    body: Option<Bytes>,
) -> Response<OutBody> {
    let arguments = match arguments(function.signature(), body) {
        Ok(arguments) => arguments,
        Err(why) => return text(StatusCode::BAD_REQUEST, why),
    };
    match function.call(context, arguments).await {
        Ok(value) => response(function.signature(), value),
        Err(error) => {
            let status = status_of(&error);
            if error.is_refusal_alone() {
                // The host has logged it, and counts how often.
                tracing::debug!(endpoint = id, %error, status = status.as_u16(), "the function lacks a grant");
            } else if status.is_server_error() {
                tracing::error!(endpoint = id, %error, status = status.as_u16(), "the function failed");
            } else {
                tracing::info!(endpoint = id, %error, status = status.as_u16(), "the function refused the request");
            }
            // What does not fit the parameters is the client's to mend.
            let unfit = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<ValueError>());
            match unfit.filter(|_| status == StatusCode::BAD_REQUEST) {
                Some(unfit) => text(status, unfit.to_string()),
                None => plain(status),
            }
        }
    }
}

/// The one argument that the body is, or why it is none. No body is no argument.
fn arguments(signature: Option<&Signature>, body: Option<Bytes>) -> Result<Vec<Value>, String> {
    let Some(body) = body else { return Ok(Vec::new()) };
    let takes_text = signature.is_some_and(|signature| matches!(signature.params(), [(_, Type::String)]));
    let input = if takes_text {
        let text = String::from_utf8(body.into()).map_err(|error| format!("the body is not UTF-8: {error}"))?;
        TextOrBytes::Text(text)
    } else {
        TextOrBytes::Bytes(body)
    };
    let shape = signature.map_or(CallShape::UNTYPED, Signature::shape).input;
    call_input_to_args(input, shape).map_err(|error| match shape {
        InputShape::Empty => "this takes no body".to_owned(),
        _ => error.to_string(),
    })
}

/// The response for a result: nothing, bytes, text, or JSON.
fn response(signature: Option<&Signature>, mut value: Value) -> Response<OutBody> {
    let mut ty = signature.and_then(Signature::result).cloned();
    while let Some(Type::Result(result)) = ty {
        match unwrapped(value) {
            Ok(ok) => value = ok,
            Err(err) => return failed(err),
        }
        ty = result.ok();
    }
    content(StatusCode::OK, value)
}

fn content(status: StatusCode, value: Value) -> Response<OutBody> {
    let (kind, bytes) = match value {
        Value::Null => {
            let mut response = Response::new(OutBody::full(Bytes::new()));
            *response.status_mut() = if status == StatusCode::OK { StatusCode::NO_CONTENT } else { status };
            return response;
        }
        Value::Bytes(bytes) => (HeaderValue::from_static("application/octet-stream"), bytes),
        Value::Text(text) => (TEXT, Bytes::from(text)),
        other => match other.into_json_text() {
            Ok(json) => (HeaderValue::from_static("application/json"), Bytes::from(json)),
            Err(error) => {
                tracing::error!(%error, "the result of a function has no form as JSON");
                return plain(StatusCode::INTERNAL_SERVER_ERROR);
            }
        },
    };
    let mut response = Response::new(OutBody::full(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The `ok` of a `result`, or its `err`.
fn unwrapped(value: Value) -> Result<Value, Value> {
    let Value::Object(object) = value else { return Ok(value) };
    match object.into_iter().next() {
        Some((name, payload)) if name == "err" => Err(payload),
        Some((_, payload)) => Ok(payload),
        None => Ok(Value::Null),
    }
}

/// An `err` is the function's answer, and goes to the client as it is. It names its kind, or is an internal error.
fn failed(err: Value) -> Response<OutBody> {
    let kind = match &err {
        Value::Text(text) => kind_named(text),
        Value::Object(object) => match object.get("kind") {
            Some(kind) => kind.as_str().and_then(kind_named),
            None if object.len() == 1 => object.iter().next().and_then(|(name, _)| kind_named(name)),
            None => None,
        },
        _ => None,
    };
    content(kind.map_or(StatusCode::INTERNAL_SERVER_ERROR, status_of_kind), err)
}
