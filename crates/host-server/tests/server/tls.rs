//! TLS from PEM files.

use crate::client::{Body, request, text};
use crate::support::{handler, options, serve, within};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wippy_host_core::FunctionRegistry;
use wippy_host_server::{Service, ServiceOptions, TlsFiles, single};

/// A service with a certificate of its own, and what a client needs to trust it.
fn secured(folder: &tempfile::TempDir) -> (ServiceOptions, rustls::ClientConfig) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles::new(folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&files.certificates, signed.cert.pem()).unwrap();
    std::fs::write(&files.key, signed.signing_key.serialize_pem()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut options = options();
    options.tls = Some(files);
    (options, client)
}

#[tokio::test]
async fn both_versions_of_http_are_offered_and_the_guest_sees_https() {
    let folder = tempfile::tempdir().unwrap();
    let (options, client) = secured(&folder);
    let server = serve(options, single(handler("t:tls").await).unwrap(), FunctionRegistry::new()).await;
    let address = server.local_addr();
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let mut client = client.clone();
        client.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = within(TlsConnector::from(Arc::new(client)).connect(name, stream)).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        let asked = request("GET", address, "/request", "");
        let io = TokioIo::new(stream);
        let response = if protocol == b"h2" {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), io).await.unwrap();
            tokio::spawn(connection);
            within(sender.send_request(asked)).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, Body>(io).await.unwrap();
            tokio::spawn(connection);
            within(sender.send_request(asked)).await.unwrap()
        };
        assert!(text(response).await.unwrap().contains("scheme https"));
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (mut options, _) = secured(&folder);
    options.timeouts.header = Duration::from_millis(100);
    let server = serve(options, single(handler("t:handshake").await).unwrap(), FunctionRegistry::new()).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let mut rest = Vec::new();
    let _ = within(stream.read_to_end(&mut rest)).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (good, _) = secured(&folder);
    let other = folder.path().join("other.pem");
    let foreign = rcgen::generate_simple_self_signed(["other".to_owned()]).unwrap();
    std::fs::write(&other, foreign.signing_key.serialize_pem()).unwrap();
    let with = |change: &dyn Fn(&mut TlsFiles)| {
        let mut options = good.clone();
        change(options.tls.as_mut().unwrap());
        options
    };
    for (options, expected) in [
        (with(&|files| files.certificates = folder.path().join("none.pem")), "none.pem: "),
        (with(&|files| files.certificates = other.clone()), "other.pem: there is no certificate in it"),
        (with(&|files| files.key = files.certificates.clone()), "cert.pem: "),
        (with(&|files| files.key = other.clone()), "other.pem: "),
    ] {
        let error = Service::bind(options).await.err().unwrap();
        assert!(error.message().starts_with("tls: ") && error.message().contains(expected), "{error}");
    }
}
