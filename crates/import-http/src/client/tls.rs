//! Trust and TLS settings: the platform's roots once per process, the configuration once per client.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::sync::OnceCell;

use super::Identity;

/// Certificate authorities that one file may hold; the largest public collections have fewer than 200.
const MAX_CERTIFICATES: usize = 1_000;

/// Why text or bytes are not certificate authorities.
#[derive(Debug, Error)]
pub(crate) enum CertificatesError {
    /// The PEM text is damaged.
    #[error("not valid PEM: {0}")]
    Pem(String),
    /// There is PEM text without a certificate.
    #[error("holds no certificate; it needs at least one block that starts with -----BEGIN CERTIFICATE-----")]
    Empty,
    /// There are more than can be meant.
    #[error("holds more than {MAX_CERTIFICATES} certificates")]
    TooMany,
    /// A block or the whole is not a certificate that can be a root; the number counts from 1.
    #[error("certificate {number} cannot be used as a root: {detail}")]
    Unusable { number: usize, detail: String },
}

/// Reads certificate authorities, for [`ClientOptions::extra_roots`](super::ClientOptions::extra_roots), from PEM text
/// (any number, up to 1,000) or from one in DER.
pub(crate) fn certificates(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificatesError> {
    // A certificate in DER is a SEQUENCE, whose tag is 0x30; PEM text may start with any comment but not with a "0"
    // that is not text, so the marker decides.
    let found = if bytes.windows(11).any(|window| window == b"-----BEGIN ") {
        CertificateDer::pem_slice_iter(bytes)
            .take(MAX_CERTIFICATES + 1)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CertificatesError::Pem(error.to_string()))?
    } else {
        vec![CertificateDer::from(bytes.to_vec())]
    };
    match found.len() {
        0 => return Err(CertificatesError::Empty),
        count if count > MAX_CERTIFICATES => return Err(CertificatesError::TooMany),
        _ => {}
    }
    let mut trial = RootCertStore::empty();
    for (index, certificate) in found.iter().enumerate() {
        trial
            .add(certificate.clone())
            .map_err(|error| CertificatesError::Unusable { number: index + 1, detail: error.to_string() })?;
    }
    Ok(found)
}

/// Why there is no TLS configuration. It is the host's fault, never the guest's.
#[derive(Debug, Error)]
pub(super) enum TlsSetupError {
    #[error("the root certificates were not loaded: {0}")]
    Roots(#[from] tokio::task::JoinError),
    #[error("the TLS settings are not usable: {0}")]
    Config(#[from] rustls::Error),
}

/// The TLS configurations of one client, each made when the first `https` request needs it: for the hosts that are shown
/// the client's certificate, and for the others.
///
/// Each client has its own: it holds the sessions to resume, which must not tell a server that two entries run on one
/// host.
pub(super) struct Tls {
    extra_roots: Vec<CertificateDer<'static>>,
    identity: Option<Identity>,
    nameless: OnceCell<Arc<ClientConfig>>,
    named: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(extra_roots: Vec<CertificateDer<'static>>, identity: Option<Identity>) -> Self {
        Self { extra_roots, identity, nameless: OnceCell::new(), named: OnceCell::new() }
    }

    /// The configuration for connections to `host` at `port`.
    pub(super) async fn config(&self, host: &str, port: u16) -> Result<Arc<ClientConfig>, TlsSetupError> {
        let identity = self.identity.as_ref().filter(|identity| identity.is_for(host, port));
        let config = if identity.is_some() { &self.named } else { &self.nameless };
        let config = config.get_or_try_init(|| async {
            // Reading a few hundred files takes milliseconds, in which no worker thread may stand still.
            let platform = tokio::task::spawn_blocking(platform_roots).await?;
            Ok::<_, TlsSetupError>(Arc::new(self.configure(platform, identity)?))
        });
        Ok(Arc::clone(config.await?))
    }

    fn configure(
        &self,
        platform: Arc<RootCertStore>,
        identity: Option<&Identity>,
    ) -> Result<ClientConfig, rustls::Error> {
        let roots = if self.extra_roots.is_empty() {
            platform
        } else {
            let mut roots = RootCertStore::clone(&platform);
            for certificate in &self.extra_roots {
                roots.add(certificate.clone())?;
            }
            Arc::new(roots)
        };
        let config = ClientConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(identity) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified()))),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Naming the provider makes us independent of what else in the process chose a default one, or two.
pub(super) fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// The roots that the platform trusts, or Mozilla's where it has none (a minimal container image). Blocks while the
/// first caller in the process loads them.
fn platform_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = ROOTS.get_or_init(|| {
        let loaded = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, ignored) = roots.add_parsable_certificates(loaded.certs);
        for error in &loaded.errors {
            tracing::debug!(%error, "a root certificate of the platform could not be read");
        }
        if roots.is_empty() {
            tracing::warn!(
                errors = loaded.errors.len(),
                "the platform has no root certificates; https trusts the built-in Mozilla roots instead"
            );
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        } else {
            tracing::debug!(added, ignored, "root certificates of the platform loaded");
        }
        Arc::new(roots)
    });
    Arc::clone(roots)
}
