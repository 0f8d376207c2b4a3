//! The section `config."wasi:http"` of an entry.

use crate::client::certificates;
use rustls::pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::Deserialize;
use wippy_host_core::ConfigProblem;

/// What an entry may say of its HTTP client.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    /// Certificate authorities to trust besides the platform's, as PEM; best as `file://ca.pem`. Default none.
    pub roots: Option<String>,
}

impl Config {
    pub(crate) fn extra_roots(&self) -> Result<Vec<CertificateDer<'static>>, ConfigProblem> {
        let Some(roots) = &self.roots else { return Ok(Vec::new()) };
        certificates(roots.as_bytes()).map_err(|error| {
            ConfigProblem::new(["roots"], format!("roots cannot be used: {error}"))
                .with_remedy("write roots: file://ca.pem, with the certificates in PEM")
        })
    }
}
