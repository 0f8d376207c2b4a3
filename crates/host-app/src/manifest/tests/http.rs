//! `http.service`, `http.router` and `http.endpoint`.

use super::*;
use crate::manifest::{HttpMethod, ListenAddress, RouteSegment};
use std::path::Path;
use std::time::Duration;

const FUNCTION: &str = "  - { name: f, kind: function.wat, source: (component), method: run }\n";

/// An application of these entries, which begin in line 4.
fn app(entries: &str) -> App {
    App::new(&[("_index.yaml", &format!("namespace: demo\nentries:\n{FUNCTION}{entries}"))])
}

#[test]
fn a_service_has_typed_fields() {
    let Declaration::HttpService(it) = declared(
        "kind: http.service
addr: \"127.0.0.1:8080\"
timeouts: { read: 30s, write: 1m30s, idle: 500ms, header: 5000 }
lifecycle: { auto_start: false }
tls: { certificate: ./tls/cert.pem, key: tls/key.pem }
limits: { max_header_bytes: 1, max_body_bytes: 2, max_connections: 3 }",
    ) else {
        panic!()
    };
    assert_eq!(it.addr.value, ListenAddress { host: Some("127.0.0.1".to_owned()), port: 8080 });
    let timeouts = [&it.timeouts.read, &it.timeouts.write, &it.timeouts.idle, &it.timeouts.header];
    let milliseconds = timeouts.map(|timeout| timeout.as_ref().unwrap().value.as_millis());
    assert_eq!(milliseconds, [30_000, 90_000, 500, 5_000]);
    assert!(!it.auto_start.as_ref().unwrap().value);
    let tls = it.tls.as_ref().unwrap();
    assert_eq!((&*tls.certificate.value, &*tls.key.value), (Path::new("tls/cert.pem"), Path::new("tls/key.pem")));
    let limits = [&it.limits.max_header_bytes, &it.limits.max_body_bytes, &it.limits.max_connections];
    assert_eq!(limits.map(|limit| limit.as_ref().unwrap().value), [1, 2, 3]);
}

#[test]
fn a_service_that_says_nothing_more_has_the_defaults() {
    let Declaration::HttpService(it) =
        declared("kind: http.service\naddr: \":0\"\ntimeouts:\ntls:\nlimits:\nlifecycle:")
    else {
        panic!()
    };
    assert_eq!(it.addr.value, ListenAddress { host: None, port: 0 });
    assert!(it.timeouts.read.is_none() && it.tls.is_none() && it.auto_start.is_none());
}

#[test]
fn a_service_with_wrong_fields_says_which() {
    assert_eq!(problems_of("kind: http.service"), ["4:5: demo:it: addr is required\n  help: add `addr: \":8080\"`"]);
    assert_eq!(
        problems_of(
            "kind: http.service
addr: localhost
timeouts: { read: 30, write: soon, idle: -1, header: 9000h, reed: 1s }
lifecycle: { auto_start: yes, auto_stop: true }
tls: { certificate: ../cert.pem, cert: x }
limits: { max_body_bytes: -1, max_connections: 0, max_header_bytes: 64K }"
        ),
        [
            "6:11: demo:it: `addr` must be an address with a port, found `localhost`\n  help: write `addr: \":8080\"`, or \
             `addr: \"127.0.0.1:8080\"`",
            "7:34: demo:it: `timeouts.write` must be a length of time, found the text `soon`\n  help: write `write: 30s`, or \
             with the units h, m, s, ms; a number is milliseconds",
            "7:46: demo:it: `timeouts.idle` must be a length of time, found the number `-1`\n  help: write `idle: 30s`, or \
             with the units h, m, s, ms; a number is milliseconds",
            "7:58: demo:it: timeouts.header is longer than a year\n  help: write `header: 30s`",
            "7:65: demo:it: unknown key `timeouts.reed`\n  help: did you mean `read`? known keys: header, idle, read, write",
            "8:30: demo:it: `lifecycle.auto_start` must be true or false, found the text `yes`\n  help: write `auto_start: \
             true`",
            "8:35: demo:it: unknown key `lifecycle.auto_stop`\n  help: did you mean `auto_start`? known keys: auto_start",
            "9:10: demo:it: tls.key is required\n  help: add `key: ./key.pem`, a path relative to the application",
            "9:25: demo:it: tls.certificate leaves the application's directory: `../cert.pem`\n  help: put the file into the \
             application's directory, and write its path relative to the application's root",
            "9:38: demo:it: unknown key `tls.cert`\n  help: did you mean `certificate`? known keys: certificate, key",
            "10:31: demo:it: limits.max_body_bytes cannot be negative\n  help: leave `max_body_bytes` out for the host's \
             default",
            "10:52: demo:it: limits.max_connections must be at least 1\n  help: leave `max_connections` out for the host's \
             default",
            "10:73: demo:it: `limits.max_header_bytes` must be a whole number, found the text `64K`\n  help: write \
             `max_header_bytes: 65536`, in bytes",
        ]
    );
}

#[test]
fn what_only_wippy_does_with_a_service_is_a_remark() {
    let effect =
        "has no effect: Wippy knows it, and this host does not act on it\n  help: leave it for Wippy, or remove it";
    assert_eq!(
        problems_of(
            "kind: http.service\naddr: \":0\"\nlifecycle: { auto_start: true, depends_on: [x], start_timeout: 5s }\nhost: { worker_count: 4 }\nmiddleware: []"
        ),
        [
            format!("7:36: remark: demo:it: `lifecycle.depends_on` {effect}"),
            format!("7:53: remark: demo:it: `lifecycle.start_timeout` {effect}"),
            format!("8:5: remark: demo:it: `host.worker_count` {effect}"),
            format!("9:5: remark: demo:it: `middleware` {effect}"),
        ]
    );
}

#[test]
fn routers_and_endpoints_have_typed_fields() {
    let app = app("  - { name: web, kind: http.service, addr: \":0\" }
  - { name: api, kind: http.router, meta: { server: web, comment: x }, prefix: /api/ }
  - { name: root, kind: http.router, meta: { server: demo:web } }
  - { name: user, kind: http.endpoint, meta: { router: api }, method: GET, path: \"/users/{id}/{rest...}\", func: f }
");
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let declaration = |name: &str| loaded.declarations.get(&id(name)).unwrap().declaration.clone();
    let (Declaration::HttpRouter(api), Declaration::HttpRouter(root)) =
        (declaration("demo:api"), declaration("demo:root"))
    else {
        panic!()
    };
    assert_eq!((api.prefix(), root.prefix()), ("/api", ""));
    assert_eq!((api.server.value, root.server.value), (id("demo:web"), id("demo:web")));
    let Declaration::HttpEndpoint(user) = declaration("demo:user") else { panic!() };
    assert_eq!((user.router.value, user.func.value), (id("demo:api"), id("demo:f")));
    assert_eq!((user.method.value, user.path.value.to_string().as_str()), (HttpMethod::Get, "/users/{id}/{rest...}"));
    assert_eq!(
        user.path.value.segments,
        [
            RouteSegment::Literal("users".to_owned()),
            RouteSegment::Parameter("id".to_owned()),
            RouteSegment::Rest("rest".to_owned())
        ]
    );
}

#[test]
fn a_router_and_a_server_may_stand_in_the_meta_of_the_file() {
    let app = App::new(&[
        (
            "a.yaml",
            "namespace: demo\nmeta: { server: demo:web }\nentries:\n  - { name: web, kind: http.service, addr: \":0\" }\n  - { name: api, kind: http.router }\n",
        ),
        (
            "b.yaml",
            &format!(
                "namespace: demo\nmeta: {{ router: api }}\nentries:\n{FUNCTION}  - {{ name: e, kind: http.endpoint, method: GET, path: /, func: f }}\n"
            ),
        ),
        ("c.yaml", "namespace: demo\nname: single\nkind: http.router\nmeta: { server: web }\n"),
        (
            "d.yaml",
            "namespace: demo\nmeta: { router: apy }\nentries:\n  - { name: g, kind: http.endpoint, method: GET, path: /g, func: f }\n",
        ),
    ]);
    assert_eq!(
        app.problems(),
        [
            "d.yaml:2:17: demo:g: `meta.router` names demo:apy, and there is no such entry\n  help: did you mean `demo:api`?"
        ]
    );
    let loaded = app.load();
    for name in ["demo:api", "demo:e", "demo:single"] {
        assert!(loaded.declarations.get(&id(name)).is_some(), "{name}");
    }
}

#[test]
fn what_routers_and_endpoints_must_have_is_named() {
    assert_eq!(
        problems_of("kind: http.router\nprefix: api"),
        [
            "4:5: demo:it: meta.server is required\n  help: add `meta: { server: <id of an http.service entry> }`",
            "6:13: demo:it: prefix `api` must begin with `/`\n  help: write `/api`",
        ]
    );
    assert_eq!(
        problems_of("kind: http.router\nmeta: { server: \"\" }\nprefix: /{x}\noptions: {}\npost_middleware: []"),
        [
            "6:21: demo:it: meta.server is required\n  help: add `meta: { server: <id of an http.service entry> }`",
            "7:13: demo:it: prefix `/{x}` cannot have names in it\n  help: put them into the `path` of an endpoint",
            "8:5: remark: demo:it: `options` has no effect: Wippy knows it, and this host does not act on it\n  help: leave \
             it for Wippy, or remove it",
            "9:5: remark: demo:it: `post_middleware` has no effect: Wippy knows it, and this host does not act on it\n  \
             help: leave it for Wippy, or remove it",
        ]
    );
    assert_eq!(
        problems_of("kind: http.endpoint"),
        [
            "4:5: demo:it: meta.router is required\n  help: add `meta: { router: <id of an http.router entry> }`",
            "4:5: demo:it: method is required\n  help: add `method: GET`",
            "4:5: demo:it: path is required\n  help: add `path: /users/{id}`",
            "4:5: demo:it: func is required\n  help: add `func: <id of a function.* entry>`",
        ]
    );
}

#[test]
fn what_routers_and_endpoints_name_must_be_there() {
    let app = app("  - { name: web, kind: http.service, addr: \":0\" }
  - { name: api, kind: http.router, meta: { server: f } }
  - { name: e, kind: http.endpoint, meta: { router: web }, method: GET, path: /, func: web }
");
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:5:53: demo:api: `meta.server` must name an entry of kind http.service, and demo:f is of kind \
             function.wat\n  help: there are: demo:web",
            "_index.yaml:6:53: demo:e: `meta.router` must name an entry of kind http.router, and demo:web is of kind \
             http.service\n  help: there are: demo:api",
            "_index.yaml:6:88: demo:e: `func` must name an entry of kind function.wasm or function.wat or function.lua, and \
             demo:web is of kind http.service\n  help: there are: demo:f",
        ]
    );
}

#[test]
fn methods_are_those_of_http() {
    let endpoint = |method: &str| {
        let app = app(&format!(
            "  - {{ name: web, kind: http.service, addr: \":0\" }}\n  - {{ name: api, kind: http.router, meta: {{ server: web }} }}\n  - {{ name: e, kind: http.endpoint, meta: {{ router: api }}, path: /, func: f, method: {method} }}\n"
        ));
        app.problems()
    };
    let known = "known methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";
    assert_eq!(
        endpoint("get"),
        [format!("_index.yaml:6:86: demo:e: unknown HTTP method: `get`\n  help: did you mean `GET`? {known}")]
    );
    assert_eq!(endpoint("FETCH"), [format!("_index.yaml:6:86: demo:e: unknown HTTP method: `FETCH`\n  help: {known}")]);
    for method in HttpMethod::ALL {
        assert_eq!(endpoint(method.as_str()), Vec::<String>::new());
    }
}

#[test]
fn a_path_is_segments_of_text_or_one_name() {
    let braces = "write `{name}` or, at the end, `{name...}`, each between slashes";
    for (path, message, remedy) in [
        ("users", "must begin with `/`", "write `/users`"),
        ("/a//b", "has an empty segment", "write one `/` between two segments"),
        ("/{id", "has unbalanced braces, or text beside them, in `{id`", braces),
        ("/a-{id}", "has unbalanced braces, or text beside them, in `a-{id}`", braces),
        ("/{}", "has the name `` in it: a name is letters, digits and `_`", braces),
        ("/{a b}", "has the name `a b` in it: a name is letters, digits and `_`", braces),
        ("/{1}", "has the name `1` in it: a name is letters, digits and `_`", braces),
        ("/{id}/x/{id}", "has the name `id` twice", "give one of the two another name"),
        ("/{r...}/x", "has something behind `{r...}`, which takes all that is left", "put `{r...}` last"),
        ("/a b", "has ` ` in it, which a path cannot have", "write it percent-encoded"),
        ("/a?b", "has `?` in it, which a path cannot have", "write it percent-encoded"),
    ] {
        let app = app(&format!(
            "  - {{ name: web, kind: http.service, addr: \":0\" }}\n  - {{ name: api, kind: http.router, meta: {{ server: web }} }}\n  - {{ name: e, kind: http.endpoint, meta: {{ router: api }}, func: f, method: GET, path: \"{path}\" }}\n"
        ));
        assert_eq!(
            app.problems(),
            [format!("_index.yaml:6:88: demo:e: path `{path}` {message}\n  help: {remedy}")],
            "{path}"
        );
    }
}

#[test]
fn two_endpoints_do_not_answer_the_same_requests() {
    let app = app("  - { name: web, kind: http.service, addr: \":0\" }
  - { name: other, kind: http.service, addr: \":0\" }
  - { name: api, kind: http.router, meta: { server: web }, prefix: /api }
  - { name: root, kind: http.router, meta: { server: web } }
  - { name: elsewhere, kind: http.router, meta: { server: other } }
  - { name: z, kind: http.endpoint, meta: { router: api }, func: f, method: GET, path: \"/users/{id}\" }
  - { name: a, kind: http.endpoint, meta: { router: root }, func: f, method: GET, path: \"/api/users/{name}\" }
  - { name: b, kind: http.endpoint, meta: { router: root }, func: f, method: POST, path: \"/api/users/{name}\" }
  - { name: c, kind: http.endpoint, meta: { router: elsewhere }, func: f, method: GET, path: \"/api/users/{name}\" }
  - { name: d, kind: http.endpoint, meta: { router: root }, func: f, method: GET, path: \"/api/users/{name...}\" }
  - { name: e, kind: http.endpoint, meta: { router: root }, func: f, method: GET, path: \"/api/users/me\" }
");
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:10:89: demo:a: GET `/api/users/{name}` of demo:web is answered by demo:z already\n  help: give one of \
          the two another `method` or `path`, or remove it"
        ]
    );
}

#[test]
fn a_length_of_time_may_come_from_a_variable() {
    let mut app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: it, kind: http.service, addr: \"${env:ADDR}\", timeouts: { read: \"${env:READ}\", write: \"${env:WRITE}\" } }\n",
    )]);
    app.options = LoadOptions::new(|name| {
        Some(match name {
            "ADDR" => "[::1]:80".to_owned(),
            "READ" => "2s".to_owned(),
            _ => "2500".to_owned(),
        })
    });
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let Declaration::HttpService(it) = &loaded.declarations.get(&id("demo:it")).unwrap().declaration else { panic!() };
    assert_eq!(it.addr.value, ListenAddress { host: Some("::1".to_owned()), port: 80 });
    assert_eq!(it.timeouts.read.as_ref().unwrap().value, Duration::from_secs(2));
    assert_eq!(it.timeouts.write.as_ref().unwrap().value, Duration::from_millis(2_500));
}
