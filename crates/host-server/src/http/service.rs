//! One request: routed, held to the limits, answered.

use super::answer::{plain, status_of};
use super::body::RequestBody;
use super::{OutBody, function};
use crate::connection::Activity;
use crate::route::{Params, Routed, Router, Target};
use crate::{Requests, ServiceLimits, Timeouts};
use arc_swap::ArcSwap;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{ALLOW, CONNECTION, CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wippy_host_core::{
    CallContext, CallContextBuilder, Finding, FunctionRegistry, WasmFunction, is_traceparent, is_tracestate,
};
use wippy_import_http::{RequestBodyError, handle};

/// What all connections of a service share.
pub(crate) struct App {
    pub(crate) router: ArcSwap<Router>,
    pub(crate) functions: FunctionRegistry,
    pub(crate) timeouts: Timeouts,
    pub(crate) limits: ServiceLimits,
    pub(crate) requests: Option<Arc<Requests>>,
    /// Everything that runs for a client.
    pub(crate) tasks: TaskTracker,
    /// Ends everything that runs for a client.
    pub(crate) cancel: CancellationToken,
}

/// The service of one connection.
#[derive(Clone)]
pub(crate) struct Connected {
    pub(crate) app: Arc<App>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) local: SocketAddr,
    pub(crate) secure: bool,
}

impl hyper::service::Service<Request<Incoming>> for Connected {
    type Response = Response<OutBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<OutBody>, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let in_flight = self.activity.begin(request.version() == Version::HTTP_2);
        let this = self.clone();
        Box::pin(async move {
            // A panic of a function in Rust, or of a host function, is that request's affair: other requests of its connection go on.
            let responded = AssertUnwindSafe(this.respond(request)).catch_unwind().await;
            let response = responded.unwrap_or_else(|_| {
                tracing::error!("a function panicked while it answered a request: see the panic's own message");
                plain(StatusCode::INTERNAL_SERVER_ERROR)
            });
            if let Some(requests) = &this.app.requests {
                requests.count(response.status());
            }
            Ok(response.map(|body| body.held_by(in_flight)))
        })
    }
}

impl Connected {
    async fn respond(&self, request: Request<Incoming>) -> Response<OutBody> {
        let (mut head, body) = request.into_parts();
        // The protocols have limits of their own, of which the least that can be had is larger.
        if size(&head) > self.app.limits.max_header_bytes {
            return plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        match self.absolute(&head) {
            Some(uri) => head.uri = uri,
            None => return plain(StatusCode::BAD_REQUEST),
        }
        // A router that is exchanged meanwhile is of no concern to this request.
        let routed = self.app.router.load().route(&head.method, head.uri.path());
        let (route, params) = match routed {
            Routed::To(route, params) => (route, params),
            Routed::NotFound => return plain(StatusCode::NOT_FOUND),
            Routed::Malformed => return plain(StatusCode::BAD_REQUEST),
            Routed::WrongMethod(allow) => {
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED);
                if let Ok(allow) = HeaderValue::try_from(allow) {
                    response.headers_mut().insert(ALLOW, allow);
                }
                return response;
            }
        };
        let context = CallContext::builder().cancellation(self.app.cancel.clone());
        let trace = traceparent(&head);
        let told = |context: CallContextBuilder, trace: String| match tracestate(&head) {
            Some(state) => context.trace(trace).trace_state(state),
            None => context.trace(trace),
        };
        let id = &route.endpoint.id;
        match &route.endpoint.target {
            Target::Handler(function) => {
                // A call with a trace to pass on shares no instance with others.
                let context = match trace {
                    Some(trace) if passes_on(function) => told(context, trace),
                    Some(trace) => context.trace_for_span(trace),
                    None => context,
                };
                self.to_handler(id, function.clone(), context.build(), head, body).await
            }
            Target::Function(target) => {
                let context = match trace {
                    Some(trace) => told(context, trace),
                    None => context,
                };
                self.to_function(id, target, context, head, params, body).await
            }
        }
    }

    /// The URI with scheme and authority. HTTP/1.1 has to name the host, and once.
    fn absolute(&self, head: &Parts) -> Option<Uri> {
        let mut parts = head.uri.clone().into_parts();
        let mut hosts = head.headers.get_all(HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() || (host.is_none() && head.version == Version::HTTP_11) {
            return None;
        }
        if parts.authority.is_none() {
            parts.authority = Some(match host {
                Some(host) => Authority::try_from(host.as_bytes()).ok()?,
                None => Authority::try_from(self.local.to_string()).ok()?,
            });
        }
        // The client's word on it is worth nothing.
        parts.scheme = Some(if self.secure { Scheme::HTTPS } else { Scheme::HTTP });
        if head.method == Method::CONNECT || parts.path_and_query.is_none() {
            parts.path_and_query = Some(PathAndQuery::from_static("/"));
        }
        Uri::from_parts(parts).ok()
    }

    async fn to_handler(
        &self,
        id: &str,
        function: Arc<WasmFunction>,
        context: CallContext,
        head: Parts,
        body: Incoming,
    ) -> Response<OutBody> {
        let limit = self.app.limits.max_stream_bytes;
        if announced(&head).is_some_and(|length| length > limit) {
            return refused(&RequestBodyError::TooLarge { limit });
        }
        let body = RequestBody::new(body, limit, self.app.timeouts.read);
        let request = Request::from_parts(head, body);
        match handle(function, &context, request, &self.app.tasks).await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                if head.status.is_informational() {
                    tracing::error!(
                        endpoint = id,
                        status = head.status.as_u16(),
                        "the guest set a response that is none"
                    );
                    return plain(StatusCode::INTERNAL_SERVER_ERROR);
                }
                let (body, pending) = OutBody::guest(body);
                if !body.is_end_stream() {
                    self.activity.watch(&pending);
                }
                Response::from_parts(head, body)
            }
            Err(error) => {
                let status = status_of(&error);
                if error.is_refusal_alone() {
                    // The host has logged it, and counts how often.
                    tracing::debug!(endpoint = id, %error, status = status.as_u16(), "the request handler lacks a grant");
                } else {
                    tracing::error!(endpoint = id, %error, status = status.as_u16(), "the request handler failed");
                }
                plain(status)
            }
        }
    }

    async fn to_function(
        &self,
        id: &str,
        target: &str,
        context: CallContextBuilder,
        head: Parts,
        params: Params,
        body: Incoming,
    ) -> Response<OutBody> {
        let Some(function) = self.app.functions.get(target) else {
            tracing::error!(endpoint = id, function = target, "the endpoint's function does not exist");
            return plain(StatusCode::SERVICE_UNAVAILABLE);
        };
        let limit = self.app.limits.max_body_bytes;
        if announced(&head).is_some_and(|length| length > limit) {
            return refused(&RequestBodyError::TooLarge { limit });
        }
        let body = if body.is_end_stream() {
            None
        } else {
            match RequestBody::new(body, limit, self.app.timeouts.read).collected().await {
                Ok(body) => Some(body).filter(|body| !body.is_empty()),
                Err(error) => return refused(&error),
            }
        };
        let context = function::with_request(context, &head, params).build();
        function::call(id, &*function, &context, body).await
    }
}

/// The bytes of a head, as HTTP/1.1 writes it.
fn size(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(1, |target| target.as_str().len());
    let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    head.method.as_str().len() + target + "  HTTP/1.1\r\n\r\n".len() + fields.sum::<usize>()
}

/// The client's trace, where it names one, and one alone.
fn traceparent(head: &Parts) -> Option<String> {
    let mut given = head.headers.get_all("traceparent").iter();
    let trace = given.next()?.to_str().ok()?;
    (given.next().is_none() && is_traceparent(trace)).then(|| trace.to_owned())
}

/// What others say of that trace: all headers of the name are one.
fn tracestate(head: &Parts) -> Option<String> {
    let given: Option<Vec<_>> = head.headers.get_all("tracestate").iter().map(|state| state.to_str().ok()).collect();
    let state = given.filter(|given| !given.is_empty())?.join(",");
    is_tracestate(&state).then_some(state)
}

/// Whether a handler may call or ask anybody, for whom a trace would be.
fn passes_on(function: &WasmFunction) -> bool {
    const OUT: [&str; 3] = ["wasi:http/outgoing-handler", "wasi:http/client", "wippy:runtime/"];
    function.preflight().findings.iter().any(|finding| match finding {
        Finding::Used { interface, .. } => OUT.iter().any(|name| interface.starts_with(name)),
        Finding::Bound { .. } => true,
        _ => false,
    })
}

fn announced(head: &Parts) -> Option<u64> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The answer to a body that did not arrive. What is left of it stands in the way of another request.
fn refused(error: &RequestBodyError) -> Response<OutBody> {
    let mut response = plain(match error {
        RequestBodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        RequestBodyError::TimedOut => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::BAD_REQUEST,
    });
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
