//! The client's own certificate, and whom it is shown to.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use thiserror::Error;

use super::tls::provider;

/// Certificates that a chain may have; three is usual.
const MAX_CHAIN: usize = 100;

/// Whether a host at a port is shown the certificate.
type ShownTo = dyn Fn(&str, u16) -> bool + Send + Sync;

/// A certificate with its key, for the servers that ask for one.
///
/// A certificate names its owner to whoever asks, so that it is shown to the hosts that it is meant for and to no other.
#[derive(Clone)]
pub(crate) struct Identity {
    certified: Arc<CertifiedKey>,
    shown_to: Arc<ShownTo>,
}

/// Why texts are no identity. None of them quotes a key.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum IdentityError {
    #[error("the certificate is not valid PEM: {0}")]
    Certificate(String),
    #[error("the certificate holds none; it needs at least one block that starts with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    #[error("the certificate holds more than {MAX_CHAIN}")]
    LongChain,
    #[error("the key is not a private key in PEM")]
    Key,
    #[error("certificate and key cannot be used together: {0}")]
    Unusable(String),
}

impl Identity {
    /// An identity of a chain, the client's own certificate first, and its private key, both in PEM. `shown_to` is
    /// asked for each connection.
    pub(crate) fn new(
        certificate: &str,
        key: &str,
        shown_to: impl Fn(&str, u16) -> bool + Send + Sync + 'static,
    ) -> Result<Self, IdentityError> {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .take(MAX_CHAIN + 1)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| IdentityError::Certificate(error.to_string()))?;
        match chain.len() {
            0 => return Err(IdentityError::NoCertificate),
            count if count > MAX_CHAIN => return Err(IdentityError::LongChain),
            _ => {}
        }
        // The reader's own words quote the text, which here is the key.
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| IdentityError::Key)?;
        let certified = CertifiedKey::from_der(chain, key, &provider())
            .map_err(|error| IdentityError::Unusable(error.to_string()))?;
        Ok(Self { certified: Arc::new(certified), shown_to: Arc::new(shown_to) })
    }

    pub(super) fn is_for(&self, host: &str, port: u16) -> bool {
        (self.shown_to)(host, port)
    }

    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
