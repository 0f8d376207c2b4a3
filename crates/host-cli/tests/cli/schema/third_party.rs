//! The configuration of an import from outside.

use super::validator::Validator;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use wippy_host::{
    HostImport, ImportLinker, ImportMeta, Interface, Registry, Result, Section, SetupContext, StateContext,
    async_trait, register_import,
};

/// `acme:kv`.
struct Kv;

/// What an entry may say of it. It may hold others of its kind.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Config {
    /// What a key that was never set has.
    default: u32,
    #[serde(default)]
    preset: BTreeMap<String, u32>,
    #[serde(default)]
    quota: Option<Quota>,
    #[serde(default)]
    behind: Vec<Config>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Quota {
    keys: u8,
}

#[async_trait]
impl HostImport for Kv {
    const META: ImportMeta = ImportMeta::new("acme:kv", "Keys and values")
        .with_interfaces(&[Interface::new("acme:kv/store", "1.0.0")])
        .with_section(Section::Own("acme:kv"));
    type Config = Config;
    type Shared = ();
    type State = ();

    async fn setup(_: &SetupContext<'_>, _: Config) -> Result<()> {
        Ok(())
    }

    fn link(_: &mut ImportLinker<'_, Self>) -> Result<()> {
        Ok(())
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
        Ok(())
    }
}

register_import!(Kv);

#[test]
fn the_configuration_of_a_third_party_is_described_and_checked() {
    let registry = Registry::builder().with(&IMPORT).build().unwrap();
    let validator = Validator::new(wippy_host_app::schema(&registry));
    let errors = |config: Json| {
        let entry = json!({
            "name": "it", "kind": "function.wat", "source": "x", "method": "m", "imports": ["acme:kv", "acme:kv/store"],
            "config": {"acme:kv": config},
        });
        validator.errors(&json!({"namespace": "demo", "entries": [entry]}))
    };
    let nothing = Vec::<String>::new();
    assert_eq!(errors(json!({"default": 1, "preset": {"any": 2}, "quota": {"keys": 3}})), nothing);
    assert_eq!(errors(json!({"default": 1, "behind": [{"default": 2, "behind": []}]})), nothing);
    for wrong in [
        json!({}),
        json!({"default": "1"}),
        json!({"default": 1, "quotas": {}}),
        json!({"default": 1, "quota": {"keys": 3, "bytes": 4}}),
        json!({"default": 1, "behind": [{"defaults": 2}]}),
    ] {
        assert_ne!(errors(wrong.clone()), nothing, "{wrong}");
    }
}
