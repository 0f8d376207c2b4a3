//! The section `config."wasi:http"` of an entry.

use crate::client::{Identity, certificates};
use rustls::pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt;
use wippy_host_core::ConfigProblem;
use wippy_host_core::policy::network::NetworkRules;

/// What an entry may say of its HTTP client.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Config {
    /// Certificate authorities to trust besides the platform's, as PEM; best as `file://ca.pem`. Default none.
    pub roots: Option<String>,
    /// The client's own certificate, for servers that ask for one. Default none.
    pub identity: Option<IdentityConfig>,
}

/// A certificate of the client's, and which servers get to see it.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct IdentityConfig {
    /// The certificate, and those that vouch for it, as PEM; best as `file://client.pem`.
    pub certificate: String,
    /// Its private key, as PEM; best as `file://client.key`.
    pub key: String,
    /// The hosts that are shown it, written as in `wasi.network.allow`. That a host is named here does not permit requests
    /// to it.
    pub hosts: Vec<String>,
}

impl fmt::Debug for IdentityConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityConfig").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Config {
    pub(crate) fn extra_roots(&self) -> Result<Vec<CertificateDer<'static>>, ConfigProblem> {
        let Some(roots) = &self.roots else { return Ok(Vec::new()) };
        certificates(roots.as_bytes()).map_err(|error| {
            ConfigProblem::new(["roots"], format!("roots cannot be used: {error}"))
                .with_remedy("write roots: file://ca.pem, with the certificates in PEM")
        })
    }

    pub(crate) fn own_identity(&self) -> Result<Option<Identity>, ConfigProblem> {
        let Some(IdentityConfig { certificate, key, hosts }) = &self.identity else { return Ok(None) };
        if hosts.is_empty() {
            return Err(ConfigProblem::new(["identity", "hosts"], "identity.hosts is required")
                .with_remedy("name the hosts that are shown the certificate: hosts: [\"api.example.com\"]"));
        }
        let rules = NetworkRules::parse(hosts).map_err(|errors| match errors.into_iter().next() {
            Some(error) => {
                ConfigProblem::new(["identity".to_owned(), "hosts".to_owned(), error.index.to_string()], error.message)
                    .with_remedy(error.remedy)
            }
            None => ConfigProblem::new(["identity", "hosts"], "identity.hosts cannot be used"),
        })?;
        let shown_to = move |host: &str, port| rules.decide_name(host, Some(port)).is_allowed();
        Identity::new(certificate, key, shown_to).map(Some).map_err(|error| {
            ConfigProblem::new(["identity"], format!("identity cannot be used: {error}"))
                .with_remedy("write certificate: file://client.pem and key: file://client.key, both in PEM")
        })
    }
}
