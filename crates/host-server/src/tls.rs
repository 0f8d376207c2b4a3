//! TLS from PEM files.

use crate::TlsFiles;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use wippy_host_core::{Error, Result};

/// Reads the files: blocks, and is not for a thread of the async runtime.
pub(crate) fn config(files: &TlsFiles) -> Result<Arc<ServerConfig>> {
    let broken = |path: &Path, why: &dyn Display| Error::invalid(format!("tls: {}: {why}", path.display()));
    let certificates: Vec<_> = CertificateDer::pem_file_iter(&files.certificates)
        .and_then(Iterator::collect)
        .map_err(|error| broken(&files.certificates, &error).with_remedy("name a PEM file that can be read"))?;
    if certificates.is_empty() {
        let error = broken(&files.certificates, &"there is no certificate in it");
        return Err(error.with_remedy("name a PEM file with the certificate, followed by its chain"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| {
        broken(&files.key, &error).with_remedy("name a PEM file with the private key (PKCS#8, PKCS#1 or SEC1)")
    })?;
    // Naming the provider makes this independent of what else in the process chose a default one.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::internal(format!("tls: {error}")))?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(|error| broken(&files.key, &error).with_remedy("name the key that belongs to the certificate"))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
