//! The routes of one service.

use super::pattern::{Pattern, decoded, normal};
use http::Method;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use wippy_host_core::{Error, WasmFunction};

/// What answers a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Target {
    /// A WASM request handler, prepared as [`wippy_import_http::behind_http`] has it: it gets the whole request.
    Handler(Arc<WasmFunction>),
    /// The function of this id, looked up at each request: the body is its argument, its result the response.
    Function(Arc<str>),
}

/// One endpoint.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// Who it is, in logs and problems: the id of its entry.
    pub id: Arc<str>,
    /// The method; every one where there is none. A `HEAD` goes to `GET` where it has no endpoint of its own.
    pub method: Option<Method>,
    /// The router's prefix and the endpoint's path as [`Router::join`] puts them together. `{id}` is a segment,
    /// `{rest...}` at the end all that is left, also nothing. A trailing slash counts.
    pub path: String,
    /// What answers.
    pub target: Target,
}

impl Endpoint {
    /// What answers at `path`, whatever the method.
    pub fn new(id: impl Into<Arc<str>>, path: impl Into<String>, target: Target) -> Self {
        Self { id: id.into(), method: None, path: path.into(), target }
    }

    /// Answers this method alone. Default: every one.
    #[must_use]
    pub fn with_method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }
}

/// The routes of a service. A static segment goes before a parameter, a parameter before a rest: among the endpoints of the
/// request's method, so that `POST /users/me` reaches `POST /users/{id}` where `/users/me` has `GET` alone.
#[derive(Default)]
pub struct Router {
    /// For each method that an endpoint names.
    by_method: Vec<(Method, Matcher)>,
    /// For all other methods.
    other: Matcher,
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router")
            .field("methods", &self.by_method.iter().map(|(method, _)| method).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

type Matcher = matchit::Router<Arc<Route>>;

/// The endpoints of one path.
#[derive(Default)]
struct Node {
    by_method: Vec<(Method, Arc<Route>)>,
    any: Option<Arc<Route>>,
}

pub(crate) struct Route {
    pub(crate) endpoint: Endpoint,
    names: Vec<String>,
}

/// The parameters of a path, decoded.
pub(crate) type Params = Vec<(String, String)>;

/// Where a request leads.
pub(crate) enum Routed {
    To(Arc<Route>, Params),
    NotFound,
    /// The methods that the path has.
    WrongMethod(String),
    /// A parameter that cannot be decoded.
    Malformed,
}

/// Why an endpoint cannot be routed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteProblem {
    /// The endpoint's id.
    pub endpoint: Arc<str>,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub remedy: String,
}

/// All that is wrong with a set of endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteProblems(pub Vec<RouteProblem>);

impl fmt::Display for RouteProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, RouteProblem { endpoint, message, remedy }) in self.0.iter().enumerate() {
            let line = if index > 0 { "\n" } else { "" };
            write!(f, "{line}{endpoint}: {message}; {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RouteProblems {}

impl From<RouteProblems> for Error {
    fn from(problems: RouteProblems) -> Self {
        Self::invalid(problems.to_string())
    }
}

impl Router {
    /// A router of these endpoints.
    ///
    /// # Errors
    /// Every path that is none, and every method and path that two endpoints have.
    pub fn new(endpoints: impl IntoIterator<Item = Endpoint>) -> Result<Self, RouteProblems> {
        let mut problems = Vec::new();
        let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
        let mut rests: Vec<(String, Arc<Route>)> = Vec::new();
        for endpoint in endpoints {
            let pattern = match Pattern::parse(&endpoint.path) {
                Ok(pattern) => pattern,
                Err(why) => {
                    let message = format!("invalid path: {}: {why}", endpoint.path);
                    let remedy = "write a path as /users/{id} or /files/{rest...}".to_owned();
                    problems.push(RouteProblem { endpoint: endpoint.id, message, remedy });
                    continue;
                }
            };
            let route = Arc::new(Route { endpoint, names: pattern.names });
            if let Some(other) = nodes.entry(pattern.numbered).or_default().add(route.clone()) {
                let Endpoint { id, method, path, .. } = &route.endpoint;
                let method = method.as_ref().map_or("every method", Method::as_str);
                let (first, theirs) = (&other.endpoint.id, &other.endpoint.path);
                problems.push(RouteProblem {
                    endpoint: id.clone(),
                    message: format!("{method} {path} leads to {first} already ({theirs})"),
                    remedy: "change the method or the path of one of the two".to_owned(),
                });
            }
            rests.extend(pattern.before_rest.map(|before| (before, route)));
        }
        // A path of its own goes before an empty rest.
        for (before, route) in rests {
            nodes.entry(before).or_default().add(route);
        }
        let mut methods: Vec<Method> = nodes.values().flat_map(Node::methods).collect();
        methods.sort_unstable_by(|left, right| left.as_str().cmp(right.as_str()));
        methods.dedup();
        let mut matcher = |route: &dyn Fn(&Node) -> Option<Arc<Route>>| {
            let mut matcher = Matcher::new();
            for (path, route) in nodes.iter().filter_map(|(path, node)| Some((path, route(node)?))) {
                let Err(error) = matcher.insert(path, route.clone()) else { continue };
                let problem = RouteProblem {
                    endpoint: route.endpoint.id.clone(),
                    message: format!("{} cannot be routed beside the others: {error}", route.endpoint.path),
                    remedy: "change the path".to_owned(),
                };
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
            matcher
        };
        let by_method = methods.into_iter().map(|method| {
            let of_method = matcher(&|node| node.of(&method).cloned());
            (method, of_method)
        });
        let router = Self { by_method: by_method.collect(), other: matcher(&|node| node.any.clone()) };
        if problems.is_empty() { Ok(router) } else { Err(RouteProblems(problems)) }
    }

    /// A router's prefix before an endpoint's path, with one slash between them.
    pub fn join(prefix: &str, path: &str) -> String {
        let (prefix, path) = (prefix.trim_matches('/'), path.strip_prefix('/').unwrap_or(path));
        if prefix.is_empty() { format!("/{path}") } else { format!("/{prefix}/{path}") }
    }

    pub(crate) fn route(&self, method: &Method, path: &str) -> Routed {
        let path = &*normal(path);
        let own = self.by_method.iter().find(|(known, _)| known == method);
        let Ok(found) = own.map_or(&self.other, |(_, matcher)| matcher).at(path) else {
            let allowed = self.allowed(path);
            return if allowed.is_empty() { Routed::NotFound } else { Routed::WrongMethod(allowed) };
        };
        let route = found.value;
        let mut params = Params::with_capacity(route.names.len());
        let mut values = found.params.iter();
        for name in &route.names {
            // None for the rest, where it is empty.
            let value = values.next().map_or("", |(_, value)| value);
            match decoded(value) {
                Some(value) => params.push((name.clone(), value)),
                None => return Routed::Malformed,
            }
        }
        Routed::To(route.clone(), params)
    }

    /// The methods that a path has, in alphabetical order.
    fn allowed(&self, path: &str) -> String {
        let methods = self.by_method.iter().filter(|(_, matcher)| matcher.at(path).is_ok());
        methods.map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Node {
    /// The route that stands in the way, if one does.
    fn add(&mut self, route: Arc<Route>) -> Option<Arc<Route>> {
        match &route.endpoint.method {
            Some(method) => {
                if let Some((_, other)) = self.by_method.iter().find(|(known, _)| known == method) {
                    return Some(other.clone());
                }
                self.by_method.push((method.clone(), route));
                None
            }
            None => match &self.any {
                Some(other) => Some(other.clone()),
                None => {
                    self.any = Some(route);
                    None
                }
            },
        }
    }

    fn of(&self, method: &Method) -> Option<&Arc<Route>> {
        let exactly = |wanted: &Method| self.by_method.iter().find(|(m, _)| m == wanted).map(|(_, route)| route);
        let as_get = || (*method == Method::HEAD).then(|| exactly(&Method::GET)).flatten();
        exactly(method).or_else(as_get).or(self.any.as_ref())
    }

    /// The methods that it answers beside those that it answers alike.
    fn methods(&self) -> Vec<Method> {
        let mut methods: Vec<Method> = self.by_method.iter().map(|(method, _)| method.clone()).collect();
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        methods
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(method: &str, path: &str) -> Endpoint {
        let id: Arc<str> = format!("app:{method}{path}").into();
        let method = (method != "*").then(|| method.parse().unwrap());
        Endpoint { target: Target::Function(id.clone()), id, method, path: path.to_owned() }
    }

    fn lead(router: &Router, method: &str, path: &str) -> String {
        match router.route(&method.parse().unwrap(), path) {
            Routed::To(route, params) => format!("{} {params:?}", route.endpoint.id),
            Routed::NotFound => "404".to_owned(),
            Routed::WrongMethod(allow) => format!("405 {allow}"),
            Routed::Malformed => "400".to_owned(),
        }
    }

    #[test]
    fn requests_lead_where_method_and_path_say() {
        let router = Router::new([
            endpoint("GET", "/users/{id}"),
            endpoint("DELETE", "/users/{name}"),
            endpoint("GET", "/users/me"),
            endpoint("POST", "/users/{id}/posts/{post}"),
            endpoint("GET", "/files/{rest...}"),
            endpoint("*", "/any"),
        ])
        .unwrap();
        for (method, path, expected) in [
            ("GET", "/users/7", "app:GET/users/{id} [(\"id\", \"7\")]"),
            ("HEAD", "/users/7", "app:GET/users/{id} [(\"id\", \"7\")]"),
            ("DELETE", "/users/a%20b", "app:DELETE/users/{name} [(\"name\", \"a b\")]"),
            ("GET", "/users/a%2Fb", "app:GET/users/{id} [(\"id\", \"a/b\")]"),
            ("GET", "/users/me", "app:GET/users/me []"),
            ("DELETE", "/users/me", "app:DELETE/users/{name} [(\"name\", \"me\")]"),
            ("PUT", "/users/me", "405 DELETE, GET, HEAD"),
            ("POST", "/users/1/posts/2", "app:POST/users/{id}/posts/{post} [(\"id\", \"1\"), (\"post\", \"2\")]"),
            ("GET", "/files/a/b.txt", "app:GET/files/{rest...} [(\"rest\", \"a/b.txt\")]"),
            ("GET", "/files/", "app:GET/files/{rest...} [(\"rest\", \"\")]"),
            ("PATCH", "/any", "app:*/any []"),
            ("PUT", "/users/7", "405 DELETE, GET, HEAD"),
            ("GET", "/users/7/", "404"),
            ("GET", "/files", "404"),
            ("GET", "/users/%ff", "400"),
            ("GET", "*", "404"),
        ] {
            assert_eq!(lead(&router, method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn every_conflict_is_named_at_once() {
        let problems = Router::new([
            endpoint("GET", "/a/{id}"),
            endpoint("GET", "/a/{name}"),
            endpoint("POST", "b"),
            endpoint("*", "/c"),
            endpoint("*", "/c"),
        ])
        .err()
        .unwrap();
        let messages: Vec<_> = problems.0.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "GET /a/{name} leads to app:GET/a/{id} already (/a/{id})",
                "invalid path: b: a path starts with /",
                "every method /c leads to app:*/c already (/c)",
            ]
        );
    }

    #[test]
    fn a_prefix_and_a_path_meet_in_one_slash() {
        for (prefix, path, expected) in
            [("/api/", "/users", "/api/users"), ("api", "users/", "/api/users/"), ("/", "/a", "/a"), ("", "", "/")]
        {
            assert_eq!(Router::join(prefix, path), expected);
        }
    }
}
