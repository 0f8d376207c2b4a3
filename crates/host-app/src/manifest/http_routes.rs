//! `http.router` and `http.endpoint`: which function answers which request.

use super::entry::{Kind, Meta};
use super::fields::Fields;
use super::function::FUNCTIONS;
use super::http_path::{self, RouteSegment};
use super::id::EntryId;
use super::problem::quoted;
use super::source::Located;
use super::suggest::did_you_mean;

/// An `http.router`: endpoints below one prefix.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpRouter {
    /// `meta.server`: the service that it belongs to.
    pub server: Located<EntryId>,
    prefix: Option<Located<String>>,
}

impl HttpRouter {
    /// What stands before the path of each endpoint, without a slash at the end: empty, or `/api`.
    pub fn prefix(&self) -> &str {
        self.prefix.as_ref().map_or("", |prefix| prefix.value.trim_end_matches('/'))
    }
}

/// An `http.endpoint`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpEndpoint {
    /// `meta.router`: the router that it belongs to.
    pub router: Located<EntryId>,
    /// The method that it answers.
    pub method: Located<HttpMethod>,
    /// The path that it answers, below the router's prefix.
    pub path: Located<RoutePath>,
    /// The function that answers.
    pub func: Located<EntryId>,
}

/// A path with names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoutePath {
    text: String,
    /// Its segments; `/` has an empty one alone.
    pub segments: Vec<RouteSegment>,
}

impl std::fmt::Display for RoutePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

/// The methods that an endpoint may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpMethod {
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

impl HttpMethod {
    /// All methods.
    pub const ALL: &'static [HttpMethod] =
        &[Self::Delete, Self::Get, Self::Head, Self::Options, Self::Patch, Self::Post, Self::Put];

    /// The name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

pub(super) const ROUTER_KEYS: &[&str] = &["kind", "meta", "name", "prefix"];
pub(super) const ENDPOINT_KEYS: &[&str] = &["func", "kind", "meta", "method", "name", "path"];

/// What Wippy has on both besides.
pub(super) const WITHOUT_EFFECT: &[&str] = &["options", "post_middleware", "post_options"];

pub(super) fn router(fields: &Fields<'_>, meta: &Meta) -> Option<HttpRouter> {
    let server = fields.required_meta_reference(meta, "server", &[Kind::HttpService]);
    let prefix = fields.text("prefix").filter(|text| !text.value.is_empty());
    let prefix = prefix.map(|text| text.map(|text| text.to_string())).filter(|prefix| {
        let wrong = match http_path::parse(&prefix.value) {
            Err(wrong) => Some(wrong),
            Ok(segments) if segments.iter().all(|segment| matches!(segment, RouteSegment::Literal(_))) => None,
            Ok(_) => Some(("cannot have names in it".to_owned(), "put them into the `path` of an endpoint".to_owned())),
        };
        if let Some((message, remedy)) = &wrong {
            fields.error(&prefix.span, format!("prefix {} {message}", quoted(&prefix.value)), remedy);
        }
        wrong.is_none()
    });
    Some(HttpRouter { server: server?, prefix })
}

pub(super) fn endpoint(fields: &Fields<'_>, meta: &Meta) -> Option<HttpEndpoint> {
    let router = fields.required_meta_reference(meta, "router", &[Kind::HttpRouter]);
    let method = method(fields);
    let path = path(fields);
    let func = fields.required_reference("func", FUNCTIONS);
    Some(HttpEndpoint { router: router?, method: method?, path: path?, func: func? })
}

fn method(fields: &Fields<'_>) -> Option<Located<HttpMethod>> {
    let text = fields.required_text("method")?;
    let known: Vec<_> = HttpMethod::ALL.iter().map(|method| method.as_str()).collect();
    match HttpMethod::ALL.iter().copied().find(|method| method.as_str() == &*text.value) {
        Some(method) => Some(text.map(|_| method)),
        None => {
            let near = did_you_mean(&text.value, known.iter().copied());
            let message = format!("unknown HTTP method: {}", quoted(&text.value));
            fields.error(&text.span, message, format!("{near}known methods: {}", known.join(", ")));
            None
        }
    }
}

fn path(fields: &Fields<'_>) -> Option<Located<RoutePath>> {
    let text = fields.required_text("path")?;
    match http_path::parse(&text.value) {
        Ok(segments) => Some(text.map(|text| RoutePath { text: text.to_string(), segments })),
        Err((message, remedy)) => {
            fields.error(&text.span, format!("path {} {message}", quoted(&text.value)), remedy);
            None
        }
    }
}
