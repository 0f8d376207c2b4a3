//! An authority made for a test, and what it vouches for.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;

pub(super) struct Authority {
    /// In PEM.
    pub(super) root: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
pub(super) struct Certified {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = authority.self_signed(&key).unwrap().pem();
        Self { root, issuer: Issuer::new(authority, key) }
    }

    pub(super) fn certify(&self, name: &str) -> Certified {
        let key = KeyPair::generate().unwrap();
        let subject = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = subject.signed_by(&key, &self.issuer).unwrap();
        Certified { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// The settings of a server called `localhost` that offers these protocols.
    pub(super) fn server(&self, protocols: &[&str]) -> ServerConfig {
        self.settings(false, protocols)
    }

    /// The same for a server that demands a certificate of this authority from its clients.
    pub(super) fn demanding_server(&self) -> ServerConfig {
        self.settings(true, &["http/1.1"])
    }

    fn settings(&self, demanding: bool, protocols: &[&str]) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let settings = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let settings = if demanding {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(self.root.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            settings.unwrap().with_client_cert_verifier(verifier.unwrap())
        } else {
            settings.unwrap().with_no_client_auth()
        };
        let own = self.certify("localhost");
        let chain = vec![CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
        let mut settings = settings.with_single_cert(chain, key).unwrap();
        settings.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        settings
    }
}
