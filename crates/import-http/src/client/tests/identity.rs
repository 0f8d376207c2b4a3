//! Certificates made for a test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::support::Speaks;
use crate::client::{self, ClientOptions};

/// An authority of its own and a certificate for `service.test` by it.
pub(super) struct Identity {
    pub(super) root: CertificateDer<'static>,
    pub(super) root_pem: String,
    pub(super) certificate_pem: String,
    pub(super) key_pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With a server certificate that `change` has changed.
    pub(super) fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let mut server = CertificateParams::new(vec!["service.test".to_owned()]).unwrap();
        change(&mut server);
        let key = KeyPair::generate().unwrap();
        let certificate = server.signed_by(&key, &issuer).unwrap();
        Self {
            root: root.der().clone(),
            root_pem: root.pem(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        }
    }

    /// A server's configuration that offers the given protocols.
    pub(super) fn config(&self, protocols: &[&str]) -> ServerConfig {
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }

    /// The same for a server that asks for a client's certificate, with the given versions of TLS.
    pub(super) fn config_for_clients(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.certificate.clone()], self.key.clone_key())
            .unwrap()
    }

    pub(super) fn speaks(&self, protocols: &[&str]) -> Speaks {
        Speaks::Tls(Arc::new(self.config(protocols)))
    }

    /// Its certificate as a client's, shown to one host.
    pub(super) fn shown_to(&self, host: &'static str) -> client::Identity {
        client::Identity::new(&self.certificate_pem, &self.key_pem, move |asked, _| asked == host).unwrap()
    }

    /// Options that trust the authority.
    pub(super) fn trusted(&self) -> ClientOptions {
        ClientOptions { extra_roots: vec![self.root.clone()], ..ClientOptions::default() }
    }
}
