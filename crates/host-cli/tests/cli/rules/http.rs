//! `http.service`, `http.router` and `http.endpoint`.

use super::each;

#[test]
fn a_service_has_an_address_and_sound_settings() {
    each(&[
        ("kind: http.service", "addr is required", "add `addr: \":8080\"`"),
        (
            "kind: http.service\naddr: ▸localhost",
            "`addr` must be an address with a port, found `localhost`",
            "write `addr: \":8080\"`, or `addr: \"127.0.0.1:8080\"`",
        ),
        (
            "kind: http.service\naddr: \":0\"\ntimeouts: { read: ▸soon }",
            "`timeouts.read` must be a length of time, found the text `soon`",
            "write `read: 30s`, or with the units h, m, s, ms; a number is milliseconds",
        ),
        (
            "kind: http.service\naddr: \":0\"\ntimeouts: { ▸wriet: 1s }",
            "unknown key `timeouts.wriet`",
            "did you mean `write`? known keys: header, idle, read, write",
        ),
        (
            "kind: http.service\naddr: \":0\"\ntls: ▸{ certificate: cert.pem }",
            "tls.key is required",
            "add `key: ./key.pem`, a path relative to the application",
        ),
        (
            "kind: http.service\naddr: \":0\"\ntls: ▸{ key: key.pem }",
            "tls.certificate is required",
            "add `certificate: ./cert.pem`, a path relative to the application",
        ),
        (
            "kind: http.service\naddr: \":0\"\ntls: { certificate: cert.pem, key: ▸/etc/key.pem }",
            "tls.key leaves the application's directory: `/etc/key.pem`",
            "put the file into the application's directory, and write its path relative to the application's root",
        ),
        (
            "kind: http.service\naddr: \":0\"\ntls: { certificate: _index.yaml, key: ▸key.pem }",
            "tls.key: there is no file key.pem",
            "put the PEM file there; the path is relative to the application",
        ),
        (
            "kind: http.service\naddr: \":0\"\nlimits: { max_connections: ▸0 }",
            "limits.max_connections must be at least 1",
            "leave `max_connections` out for the host's default",
        ),
        (
            "kind: http.service\naddr: \":0\"\nlifecycle: { ▸autostart: true }",
            "unknown key `lifecycle.autostart`",
            "did you mean `auto_start`? known keys: auto_start",
        ),
    ]);
}

#[test]
fn a_router_belongs_to_a_service() {
    each(&[
        ("kind: http.router", "meta.server is required", "add `meta: { server: <id of an http.service entry> }`"),
        (
            "kind: http.router\nmeta: { server: ▸wep }",
            "`meta.server` names demo:wep, and there is no such entry",
            "did you mean `demo:web`?",
        ),
        ("kind: http.router\nmeta: { server: web }\nprefix: ▸v1", "prefix `v1` must begin with `/`", "write `/v1`"),
    ]);
}

#[test]
fn an_endpoint_answers_one_path_with_one_function() {
    each(&[
        (
            "kind: http.endpoint\nmethod: GET\npath: /\nfunc: add",
            "meta.router is required",
            "add `meta: { router: <id of an http.router entry> }`",
        ),
        ("kind: http.endpoint\nmeta: { router: api }\npath: /\nfunc: add", "method is required", "add `method: GET`"),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\nfunc: add",
            "path is required",
            "add `path: /users/{id}`",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: /",
            "func is required",
            "add `func: <id of a function.* entry>`",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: ▸GTE\npath: /\nfunc: add",
            "unknown HTTP method: `GTE`",
            "did you mean `GET`? known methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: ▸users\nfunc: add",
            "path `users` must begin with `/`",
            "write `/users`",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: ▸\"/{a...}/b\"\nfunc: add",
            "path `/{a...}/b` has something behind `{a...}`, which takes all that is left",
            "put `{a...}` last",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: ▸\"/{a}/{a}\"\nfunc: add",
            "path `/{a}/{a}` has the name `a` twice",
            "give one of the two another name",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: ▸\"/{a\"\nfunc: add",
            "path `/{a` has unbalanced braces, or text beside them, in `{a`",
            "write `{name}` or, at the end, `{name...}`, each between slashes",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: /\nfunc: ▸web",
            "`func` must name an entry of kind function.wasm or function.wat or function.lua, and demo:web is of kind \
             http.service",
            "there are: demo:add",
        ),
        (
            "kind: http.endpoint\nmeta: { router: api }\nmethod: GET\npath: ▸\"/known/{name}\"\nfunc: add",
            "GET `/api/known/{name}` of demo:web is answered by demo:known already",
            "give one of the two another `method` or `path`, or remove it",
        ),
    ]);
}
