//! A request that can be sent again where a redirect asks for it.

use super::options::{Options, invalid};
use crate::errors::LuaError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use url::Url;
use url::form_urlencoded::Serializer;

/// What all header fields of a request may take, in bytes: as much as a guest's may.
const MAX_HEADER_BYTES: usize = 128 << 10;
/// The longest URL, in bytes.
const MAX_URL: usize = 64 << 10;

pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Outgoing {
    pub(super) fn new(method: &str, url: &str, options: &mut Options) -> Result<Self, LuaError> {
        let method = method.to_ascii_uppercase();
        let method =
            Method::from_bytes(method.as_bytes()).map_err(|_| invalid(format!("{method:.32?} is no method")))?;
        let mut url = absolute(url)?;
        if !options.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&options.query);
        }
        if url.as_str().len() > MAX_URL {
            return Err(invalid(format!("the URL has more than {MAX_URL} bytes")));
        }
        let headers = fields(options)?;
        let mut outgoing = Self { method, url, headers, body: Bytes::new() };
        if let Some(form) = options.form.take() {
            outgoing.body = Serializer::new(String::new()).extend_pairs(form).finish().into();
            let urlencoded = HeaderValue::from_static("application/x-www-form-urlencoded");
            outgoing.headers.entry(CONTENT_TYPE).or_insert(urlencoded);
        } else if let Some(body) = options.body.take() {
            outgoing.body = body.into();
        }
        Ok(outgoing)
    }

    pub(super) fn request(&self) -> Result<Request<Full<Bytes>>, LuaError> {
        let request = Request::builder().method(self.method.clone()).uri(self.url.as_str());
        let mut request = request
            .body(Full::new(self.body.clone()))
            .map_err(|error| invalid(format!("the URL cannot be used: {error}")))?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

/// The URL of a request: absolute, `http` or `https`, without a fragment, which is not sent.
fn absolute(text: &str) -> Result<Url, LuaError> {
    let mut url = Url::parse(text).map_err(|error| invalid(format!("{text:.256?} is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(format!("the URL's scheme is {:.32}; use http or https", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("the URL holds a user name; use the option auth = { user = …, pass = … }"));
    }
    url.set_fragment(None);
    Ok(url)
}

fn fields(options: &Options) -> Result<HeaderMap, LuaError> {
    let mut headers = HeaderMap::new();
    let mut size = 0_usize;
    for (name, value) in &options.headers {
        size = size.saturating_add(name.len()).saturating_add(value.len()).saturating_add(32);
        if size > MAX_HEADER_BYTES {
            return Err(invalid(format!("the header fields take more than {MAX_HEADER_BYTES} bytes")));
        }
        let field = HeaderName::from_bytes(name.as_bytes());
        let field = field.map_err(|_| invalid(format!("{name:.64?} is no name of a header field")))?;
        let value = HeaderValue::from_bytes(value);
        let value =
            value.map_err(|_| invalid(format!("the header field {name:.64} has a character that none may have")))?;
        headers.append(field, value);
    }
    if let Some((user, pass)) = &options.auth {
        if user.contains(':') {
            return Err(invalid("auth.user cannot have a colon"));
        }
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{pass}")));
        let mut basic = HeaderValue::try_from(basic).map_err(|error| invalid(error.to_string()))?;
        basic.set_sensitive(true);
        headers.insert(AUTHORIZATION, basic);
    }
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static("wippy-host"));
    Ok(headers)
}
