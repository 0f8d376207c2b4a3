//! The service over HTTP.

use crate::users;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, StatusCode, header::CONTENT_TYPE};
use axum::routing::{post, put};
use axum::{Router, body::Bytes};
use serde_json::{Value as Json, json};
use std::time::Duration;
use wippy_host::{CallContext, Error, ErrorKind, Host, Reason, Value};

/// How large an uploaded component may be.
const MAX_UPLOAD: usize = 8 << 20;
/// How long a whole call may take, the calls below it included.
const MAX_CALL: Duration = Duration::from_secs(5);

/// The body is JSON.
type Answer = (StatusCode, [(HeaderName, &'static str); 1], String);

pub(crate) fn router(host: Host) -> Router {
    Router::new()
        .route("/users/{user}/functions/{name}", put(upload).delete(remove))
        .route("/users/{user}/functions/{name}/call", post(call))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .with_state(host)
}

/// The body is a component, binary or text, and exports a function of the name.
async fn upload(State(host): State<Host>, Path((user, name)): Path<(String, String)>, code: Bytes) -> Answer {
    let installed = async { users::install(&host, users::id(&user, &name)?, name, code.into()).await };
    match installed.await {
        Ok(()) => answer(StatusCode::CREATED, &json!({"function": "ready"})),
        Err(error) => refused(&error),
    }
}

/// Calls that run on it end as they would have; later ones find nothing.
async fn remove(State(host): State<Host>, Path((user, name)): Path<(String, String)>) -> Answer {
    let removed = users::id(&user, &name).and_then(|id| host.functions().remove(&id).ok_or_else(|| missing(&name)));
    match removed {
        Ok(_) => answer(StatusCode::OK, &json!({"function": "removed"})),
        Err(error) => refused(&error),
    }
}

fn missing(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("no function {name}"))
}

/// The body is an array of arguments. Who the user is would be asked of a session or a token.
async fn call(State(host): State<Host>, Path((user, name)): Path<(String, String)>, body: String) -> Answer {
    let called = async {
        let function = host.functions().get(&users::id(&user, &name)?).ok_or_else(|| missing(&name))?;
        let context = CallContext::builder().actor(&user).timeout(MAX_CALL).build();
        let no_array = || Error::invalid("the body is no array").with_remedy("write the arguments as an array: [1, 2]");
        let Value::List(arguments) = Value::from_json_text(&body)? else { return Err(no_array()) };
        // Where the client goes away, axum drops this future: the call ends, and all that it held is released.
        Ok::<_, Error>(function.call(&context, arguments).await?.into_json()?)
    };
    match called.await {
        Ok(value) => answer(StatusCode::OK, &json!({"value": value})),
        Err(error) => refused(&error),
    }
}

/// The error as its user may see it: the functions are the user's own, and so is what they do wrong.
fn refused(error: &Error) -> Answer {
    let status = match (error.kind(), error.reason()) {
        (ErrorKind::NotFound, _) => StatusCode::NOT_FOUND,
        (ErrorKind::Invalid, _) => StatusCode::BAD_REQUEST,
        (ErrorKind::PermissionDenied, _) => StatusCode::FORBIDDEN,
        (ErrorKind::Unavailable, Reason::PoolQueueFull) => StatusCode::TOO_MANY_REQUESTS,
        (ErrorKind::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    answer(status, &json!({"kind": error.kind().as_str(), "error": error.message(), "remedy": error.remedy()}))
}

fn answer(status: StatusCode, body: &Json) -> Answer {
    (status, [(CONTENT_TYPE, "application/json")], body.to_string())
}
