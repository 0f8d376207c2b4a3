//! TLS: whom a guest's requests trust, which protocol they speak, and what the host shows of itself.

use super::authority::Authority;
use super::server::{Server, echo, tell};
use super::{header, local, request};
use crate::support::{Guest, component, host};
use serde_json::{Value as Json, json};

/// A guest that trusts the authority.
fn trusting(authority: &Authority) -> Guest {
    local().config("wasi:http", json!({"roots": authority.root}))
}

/// What a server of [`tell`] saw of a GET.
async fn seen(guest: &Guest, server: &Server) -> Json {
    let response = guest.ok("get", json!([server.secure_url("/a?b")])).await;
    serde_json::from_str(response["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_configured_root_is_trusted_and_http2_is_spoken_where_it_is_offered() {
    let authority = Authority::new();
    for (offers, version) in [(&["h2", "http/1.1"][..], "HTTP/2.0"), (&["http/1.1"], "HTTP/1.1"), (&[], "HTTP/1.1")] {
        let server = Server::secure(authority.server(offers), tell).await;
        let seen = seen(&trusting(&authority), &server).await;
        assert_eq!(seen["version"], version, "{offers:?}");
        // HTTP/2 has the authority in the URI.
        let named = seen["uri"].as_str().unwrap().contains("localhost") || header(&seen["headers"], "host").is_some();
        assert!(named, "{seen}");
    }
}

#[tokio::test]
async fn bodies_and_trailers_go_both_ways_over_http2() {
    let authority = Authority::new();
    let server = Server::secure(authority.server(&["h2"]), echo).await;
    // The guest sends all of it before it reads, so that it has to fit into what client and server may hold.
    let chunks = vec!["0123456789".repeat(1000); 20];
    let trailers = json!([["x-sum", "42"], ["x-end", "yes"]]);
    let arguments = request("POST", &server.secure_url("/"), json!([]), json!(chunks), trailers.clone());
    let response = trusting(&authority).ok("send", arguments).await;
    assert_eq!(response["body"].as_str().unwrap(), chunks.concat());
    assert_eq!(response["trailers"], trailers);
    let chunks = json!(["one", "two and more", "x".repeat(50_000), "last"]);
    let conversation = json!([server.secure_url("/"), chunks]);
    assert_eq!(trusting(&authority).ok("converse", conversation).await, chunks);
}

#[tokio::test]
async fn each_failure_of_tls_has_its_code() {
    let authority = Authority::new();
    let server = Server::secure(authority.server(&["h2"]), tell).await;
    // The platform's roots do not vouch for it, and another authority does not either.
    for guest in [local(), trusting(&Authority::new())] {
        assert_eq!(guest.err("get", json!([server.secure_url("/")])).await, json!("TlsCertificateError"));
    }
    let elsewhere = format!("https://{}/", server.address);
    assert_eq!(trusting(&authority).err("get", json!([elsewhere])).await, json!("TlsCertificateError"));

    let demanding = Server::secure(authority.demanding_server(), tell).await;
    let error = trusting(&authority).err("get", json!([demanding.secure_url("/")])).await;
    let error = error.as_str().unwrap();
    assert!(error.starts_with("TlsAlertReceived") && error.contains("Some(116)"), "{error}");

    let plain = Server::telling().await;
    assert_eq!(trusting(&authority).err("get", json!([plain.secure_url("/")])).await, json!("TlsProtocolError"));
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_the_hosts_of_the_configuration_alone() {
    let authority = Authority::new();
    let server = Server::secure(authority.demanding_server(), tell).await;
    let own = authority.certify("client");
    let identified = |hosts: &[&str]| {
        let identity = json!({"certificate": own.certificate, "key": own.key, "hosts": hosts});
        local().config("wasi:http", json!({"roots": authority.root, "identity": identity}))
    };
    let port = server.address.port();
    for hosts in [&["localhost"][..], &["other.test", &format!("localhost:{port}")]] {
        assert_eq!(seen(&identified(hosts), &server).await["method"], "GET", "{hosts:?}");
    }
    for hosts in [&["other.test"][..], &["localhost:1"], &["*.localhost"]] {
        let error = identified(hosts).err("get", json!([server.secure_url("/")])).await;
        assert!(error.as_str().unwrap().contains("Some(116)"), "{hosts:?}: {error}");
    }
    // To be shown the certificate is no permission to be reached.
    let denied = identified(&["localhost"]).allow(&["other.test"]);
    assert_eq!(denied.err("get", json!([server.secure_url("/")])).await, json!("HttpRequestDenied"));
}

#[tokio::test]
async fn a_configuration_that_cannot_be_used_makes_no_entry() {
    let authority = Authority::new();
    let (one, other) = (authority.certify("one"), authority.certify("other"));
    let identity = |certificate: &str, key: &str, hosts: &[&str]| json!({"identity": {"certificate": certificate, "key": key, "hosts": hosts}});
    for (section, problem) in [
        (json!({"roots": "no PEM"}), "roots cannot be used"),
        (json!({"roots": one.key}), "roots cannot be used"),
        (identity(&one.certificate, &one.key, &[]), "identity.hosts is required"),
        (identity(&one.certificate, &one.key, &["a b"]), "a b"),
        (identity("", &one.key, &["a.test"]), "the certificate holds none"),
        (identity(&one.certificate, "", &["a.test"]), "the key is not a private key in PEM"),
        (identity(&one.certificate, &other.key, &["a.test"]), "cannot be used together"),
    ] {
        let guest = local().config("wasi:http", section.clone());
        let problems = host().prepare(guest.spec("get"), &component("probe-http")).await.err().unwrap();
        let said = format!("{problems:?}");
        assert!(said.contains(problem), "{section}: {said}");
        let secret = one.key.lines().nth(1).unwrap();
        assert!(!said.contains(secret), "{said}");
    }
}
