//! The `wasi.network` section as a file holds it.

use super::{NetworkRules, RuleError};
use serde::{Deserialize, Deserializer, Serialize};

/// `wasi.network` of an entry. An unknown key is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NetworkSection {
    /// What may be reached. Absent: every public address. Empty: nothing.
    ///
    /// `allow:` with nothing after it (null) is an error, because it would look like the second and mean the first.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
}

impl NetworkSection {
    /// The rules of this section.
    ///
    /// # Errors
    /// One [`RuleError`] for each bad item, in their order.
    pub fn rules(&self) -> Result<NetworkRules, Vec<RuleError>> {
        self.allow.as_deref().map_or_else(|| Ok(NetworkRules::public()), NetworkRules::parse)
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Vec::deserialize(deserializer).map(Some)
}
