//! Trust, negotiation, and what goes wrong with them.

use std::sync::Arc;

use http::Version;
use rcgen::date_time_ymd;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, SupportedProtocolVersion};
use tokio::io::AsyncWriteExt;

use super::identity::Identity;
use super::support::*;
use crate::client::identity::IdentityError;
use crate::client::tls::CertificatesError;
use crate::client::{ClientError, ClientOptions, certificates};

const URI: &str = "https://service.test/";

#[tokio::test]
async fn the_server_chooses_the_protocol_and_http2_is_preferred() {
    let identity = Identity::new();
    for (offers, version) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1", "h2"], Version::HTTP_11),
        (&["http/1.1"], Version::HTTP_11),
        (&[], Version::HTTP_11),
    ] {
        let server = http_server(identity.speaks(offers), echo).await;
        let response = send(&client_with(&server, identity.trusted()), post(URI, "hello")).await.unwrap();
        assert_eq!(response.version(), version, "{offers:?}");
        assert_eq!(read(response.into_body()).await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn an_unknown_authority_is_an_error_of_the_certificate() {
    let server = http_server(Identity::new().speaks(&["h2"]), echo).await;
    let error = send(&client(&server), get(URI)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "https://service.test has a certificate that cannot be trusted: invalid peer certificate: UnknownIssuer; \
         check its name, dates and issuer, or configure the issuer as a root"
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_an_error_of_the_certificate() {
    let identity = Identity::new();
    let server = http_server(identity.speaks(&["h2"]), echo).await;
    let client = client_with(&server, identity.trusted());
    for uri in ["https://other.test/", "https://127.0.0.1/"] {
        let error = send(&client, get(uri)).await.unwrap_err();
        assert!(matches!(error, ClientError::TlsCertificate { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_expired_certificate_is_an_error_of_the_certificate() {
    let identity = Identity::with(|certificate| certificate.not_after = date_time_ymd(2001, 1, 1));
    let server = http_server(identity.speaks(&["h2"]), echo).await;
    let error = send(&client_with(&server, identity.trusted()), get(URI)).await.unwrap_err();
    assert!(matches!(error, ClientError::TlsCertificate { .. }), "{error:?}");
}

/// A server that wants a certificate of the client, by the same authority as its own. TLS 1.3 says so after the
/// handshake, TLS 1.2 within it.
async fn demanding(identity: &Identity, version: &'static SupportedProtocolVersion) -> Server {
    let mut roots = RootCertStore::empty();
    roots.add(identity.root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let config = identity.config_for_clients(&[version], verifier);
    http_server(Speaks::Tls(Arc::new(config)), echo).await
}

#[tokio::test]
async fn an_alert_keeps_its_number() {
    let identity = Identity::new();
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = demanding(&identity, version).await;
        let error = send(&client_with(&server, identity.trusted()), get(URI)).await.unwrap_err();
        assert_eq!(error.to_string(), "https://service.test ended TLS with alert 116 (CertificateRequired)");
    }
}

#[tokio::test]
async fn the_clients_certificate_is_shown_to_its_hosts_and_to_no_other() {
    let identity = Identity::with(|certificate| {
        let names = ["service.test", "other.test"].map(|name| rcgen::SanType::DnsName(name.try_into().unwrap()));
        certificate.subject_alt_names = names.to_vec();
    });
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = demanding(&identity, version).await;
        let options = ClientOptions { identity: Some(identity.shown_to("service.test")), ..identity.trusted() };
        let client = client_with(&server, options);
        for _ in 0..2 {
            assert_eq!(fetch(&client, post(URI, "hello")).await.unwrap(), "hello");
            let error = send(&client, get("https://other.test/")).await.unwrap_err();
            assert!(matches!(error, ClientError::TlsAlert { id: 116, .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_the_server_does_not_trust_is_an_alert() {
    let identity = Identity::new();
    let server = demanding(&identity, &rustls::version::TLS13).await;
    let options = ClientOptions { identity: Some(Identity::new().shown_to("service.test")), ..identity.trusted() };
    let error = send(&client_with(&server, options), get(URI)).await.unwrap_err();
    // 48: the authority is unknown. 51: its name is known, and the signature is not its own.
    assert!(matches!(error, ClientError::TlsAlert { id: 48 | 51, .. }), "{error:?}");
}

#[test]
fn what_is_no_identity_is_told_without_its_key() {
    let (one, other) = (Identity::new(), Identity::new());
    let error = |certificate: &str, key: &str| client_identity(certificate, key).unwrap_err();
    assert_eq!(error("", &one.key_pem), IdentityError::NoCertificate);
    assert_eq!(error(&one.certificate_pem, ""), IdentityError::Key);
    assert_eq!(error(&one.certificate_pem, &one.certificate_pem), IdentityError::Key);
    let many = one.certificate_pem.repeat(101);
    assert_eq!(error(&many, &one.key_pem), IdentityError::LongChain);
    assert!(matches!(error(&one.certificate_pem, &other.key_pem), IdentityError::Unusable(_)));
    let broken = one.key_pem.replace("\n-----END", "?\n-----END");
    let error = error(&one.certificate_pem, &broken);
    let secret = one.key_pem.lines().nth(1).unwrap();
    assert!(!error.to_string().contains(secret) && !format!("{error:?}").contains(secret), "{error:?}");
    let sound = client_identity(&one.certificate_pem, &one.key_pem).unwrap();
    assert_eq!(format!("{sound:?}"), "Identity { .. }");
}

fn client_identity(certificate: &str, key: &str) -> Result<crate::client::Identity, IdentityError> {
    crate::client::Identity::new(certificate, key, |_, _| true)
}

#[tokio::test]
async fn a_port_without_tls_is_an_error_of_the_protocol() {
    let server = raw_server(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        drain(stream).await;
    })
    .await;
    let error = send(&client(&server), get(URI)).await.unwrap_err();
    assert!(matches!(error, ClientError::TlsProtocol { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_closed_within_the_handshake_is_terminated() {
    let server = raw_server(|_, stream| async move { drop(stream) }).await;
    let error = send(&client(&server), get(URI)).await.unwrap_err();
    assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
}

#[tokio::test]
async fn a_host_that_is_no_name_for_tls_is_an_invalid_uri() {
    let server = http_server(Identity::new().speaks(&["h2"]), echo).await;
    let error = send(&client(&server), get("https://a..test/")).await.unwrap_err();
    assert!(matches!(error, ClientError::UriInvalid { .. }), "{error:?}");
}

#[tokio::test]
async fn roots_are_read_from_pem_and_der() {
    let identity = Identity::new();
    let pem = format!("# a comment\n{}{}", identity.root_pem, Identity::new().root_pem);
    let from_pem = certificates(pem.as_bytes()).unwrap();
    assert_eq!(from_pem.len(), 2);
    assert_eq!(from_pem[0], identity.root);
    assert_eq!(certificates(&identity.root).unwrap(), std::slice::from_ref(&identity.root));
    let server = http_server(identity.speaks(&["h2"]), echo).await;
    let options = ClientOptions { extra_roots: from_pem, ..ClientOptions::default() };
    assert_eq!(fetch(&client_with(&server, options), post(URI, "hello")).await.unwrap(), "hello");
}

#[test]
fn what_is_no_root_is_told() {
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(matches!(certificates(key.as_bytes()), Err(CertificatesError::Empty)));
    let broken = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n";
    assert!(matches!(certificates(broken.as_bytes()), Err(CertificatesError::Pem(_))));
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(certificates(damaged.as_bytes()), Err(CertificatesError::Unusable { number: 1, .. })));
    assert!(matches!(certificates(b""), Err(CertificatesError::Unusable { number: 1, .. })));
}
