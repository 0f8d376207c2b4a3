//! An import crate from outside: own name, own section with own checks, own state.

use crate::support::{Entry, builder, call, engine, said};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use wippy_host::{
    ConfigProblem, Host, HostImport, ImportLinker, ImportMeta, Interface, Place, Registry, Result, Section,
    SetupContext, StateContext, async_trait, register_import,
};

/// `acme:kv`.
pub(crate) struct Kv;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// What a key that was never set has.
    default: u32,
    #[serde(default)]
    preset: BTreeMap<String, u32>,
    #[serde(default)]
    quota: Option<Quota>,
}

#[derive(Deserialize, JsonSchema)]
struct Quota {
    keys: u8,
}

pub(crate) struct State {
    shared: Arc<Config>,
    values: HashMap<u32, u32>,
}

const STORE: &str = "acme:kv/store@1.0.0";

#[async_trait]
impl HostImport for Kv {
    const META: ImportMeta = ImportMeta::new("acme:kv", "Keys and values")
        .with_interfaces(&[Interface::new("acme:kv/store", "1.0.0")])
        .with_section(Section::Own("acme:kv"));
    type Config = Config;
    type Shared = Config;
    type State = State;

    fn check(_: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
        let wrong = config.preset.keys().filter(|key| key.parse::<u32>().is_err());
        let mut problems: Vec<_> = wrong
            .map(|key| ConfigProblem::new(["preset", key], format!("{key} is no key")).with_remedy("write a number"))
            .collect();
        let keys = config.quota.as_ref().map_or(u8::MAX, |quota| quota.keys);
        if config.preset.len() > usize::from(keys) {
            problems.push(ConfigProblem::new(["quota", "keys"], "more keys are preset than that"));
        }
        problems
    }

    async fn setup(_: &SetupContext<'_>, config: Config) -> Result<Config> {
        Ok(config)
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface(STORE, |linker| {
            let mut store = linker.instance(STORE)?;
            store.func_wrap("set", |mut store, (key, value): (u32, u32)| {
                store.data_mut().state::<Kv>().values.insert(key, value);
                Ok(())
            })?;
            store.func_wrap("get", |mut store, (key,): (u32,)| {
                let state = store.data_mut().state::<Kv>();
                let preset = state.shared.preset.get(&key.to_string()).copied();
                Ok((state.values.get(&key).copied().or(preset).unwrap_or(state.shared.default),))
            })
        })
    }

    fn state(_: &mut StateContext<'_>, shared: &Arc<Config>) -> Result<State> {
        Ok(State { shared: shared.clone(), values: HashMap::new() })
    }
}

register_import!(Kv);

/// `put(key, value) -> u32` sets and gets, `look(key) -> u32` gets.
const GUEST: &str = "(component
    (import \"acme:kv/store@1.0.0\" (instance $kv
        (export \"set\" (func (param \"key\" u32) (param \"value\" u32)))
        (export \"get\" (func (param \"key\" u32) (result u32)))))
    (alias export $kv \"set\" (func $set))
    (alias export $kv \"get\" (func $get))
    (core func $set_core (canon lower (func $set)))
    (core func $get_core (canon lower (func $get)))
    (core module $code
        (import \"kv\" \"set\" (func $set (param i32 i32)))
        (import \"kv\" \"get\" (func $get (param i32) (result i32)))
        (func (export \"put\") (param i32 i32) (result i32)
            (call $set (local.get 0) (local.get 1)) (call $get (local.get 0)))
        (func (export \"look\") (param i32) (result i32) (call $get (local.get 0))))
    (core instance $m (instantiate $code (with \"kv\" (instance (export \"set\" (func $set_core)) (export \"get\" (func $get_core))))))
    (func (export \"put\") (param \"key\" u32) (param \"value\" u32) (result u32) (canon lift (core func $m \"put\")))
    (func (export \"look\") (param \"key\" u32) (result u32) (canon lift (core func $m \"look\"))))";

fn host() -> Host {
    let registry = Registry::builder().with(&IMPORT).build().unwrap();
    builder().registry(registry).engine(engine(50, 10)).build().unwrap()
}

fn entry(host: &Host, config: Json) -> Entry {
    Entry::text_on(host, GUEST).imports(&["acme:kv"]).section("config", json!({"acme:kv": config}))
}

#[test]
fn a_crate_that_the_program_links_is_in_the_registry_with_ours() {
    let registry = wippy_host::registry().unwrap();
    assert!(registry.get("acme:kv").is_some());
    assert_eq!(registry.imports().len(), wippy_host::ENABLED.len() + 1);
}

#[tokio::test]
async fn state_lasts_for_one_call_and_belongs_to_one_entry() {
    let host = host();
    let one = entry(&host, json!({"default": 100, "preset": {"7": 77}}));
    let two = entry(&host, json!({"default": 200})).id("app:two");
    let (put, look) = (one.prepare("put").await, one.prepare("look").await);
    let (put_two, look_two) = (two.prepare("put").await, two.prepare("look").await);
    assert_eq!(call(&look, json!([7])).await.unwrap(), 77);
    let puts = futures::future::join_all(
        (0..20).map(|value| call(if value % 2 == 0 { &put } else { &put_two }, json!([1, value]))),
    );
    for (value, result) in puts.await.into_iter().enumerate() {
        assert_eq!(result.unwrap(), value);
    }
    assert_eq!(call(&look, json!([1])).await.unwrap(), 100);
    assert_eq!(call(&look_two, json!([1])).await.unwrap(), 200);
    assert_eq!(call(&look_two, json!([7])).await.unwrap(), 200);
}

#[tokio::test]
async fn its_functions_are_stubs_where_it_is_not_granted() {
    let host = host();
    let entry = Entry::text_on(&host, GUEST).section("config", json!({"acme:kv": {"default": 1}}));
    let error = entry.fails("look", json!([1])).await;
    assert_eq!(
        error.to_string(),
        "guest called acme:kv/store#get, but entry app:report does not import it; add \"acme:kv\" to its imports"
    );
}

#[tokio::test]
async fn each_problem_of_its_section_has_its_place() {
    let host = host();
    let known = "known keys: default, preset, quota";
    for (config, place, expected) in [
        (
            json!({"default": 1, "defualt": 2}),
            &["defualt"][..],
            format!("unknown key: defualt; did you mean \"default\"? {known}"),
        ),
        (
            json!({"default": 1, "quota": {"keys": 1, "x": 1}}),
            &["quota", "x"],
            "unknown key: x; known keys: keys".to_owned(),
        ),
        (json!({"default": "one"}), &["default"], "invalid type: string \"one\", expected u32".to_owned()),
        (json!({"default": -1}), &["default"], "invalid value: integer `-1`, expected u32".to_owned()),
        (json!({"default": 1, "preset": {"a": 1}}), &["preset", "a"], "a is no key; write a number".to_owned()),
        (json!({"default": 1, "preset": [1]}), &["preset"], "invalid type: sequence, expected a map".to_owned()),
        (
            json!({"default": 1, "preset": {"1": 1}, "quota": {"keys": 0}}),
            &["quota", "keys"],
            "more keys are preset than that".to_owned(),
        ),
        (
            json!({"default": 1, "quota": {"keys": 256}}),
            &["quota", "keys"],
            "invalid value: integer `256`, expected u8".to_owned(),
        ),
        (json!({}), &[], "missing field `default`".to_owned()),
        (json!("nonsense"), &[], "acme:kv must be a mapping".to_owned()),
        (json!([]), &[], "acme:kv must be a mapping".to_owned()),
        (json!(null), &[], "acme:kv must be a mapping".to_owned()),
    ] {
        let problems =
            entry(&host, config.clone()).try_prepare("look").await.err().unwrap_or_else(|| panic!("{config}"));
        let found: Vec<_> = problems.iter().map(|problem| (problem.place.clone(), said(problem))).collect();
        let path = ["config", "acme:kv"].iter().chain(place).map(|segment| (*segment).to_owned()).collect();
        assert_eq!(found, [(Place::Config(path), expected)], "{config}");
    }
    // Several at once, and none hides another.
    let problems = entry(&host, json!({"default": 1, "preset": {"a": 1, "b": 2}})).problems("look").await;
    assert_eq!(problems, ["a is no key; write a number", "b is no key; write a number"]);
}

#[tokio::test]
async fn a_section_that_nobody_owns_is_refused_and_one_that_is_needed_is_asked_for() {
    let host = host();
    let entry = Entry::text_on(&host, GUEST).imports(&["acme:kv"]);
    let problems = entry.clone().section("config", json!({"acme:vk": {"default": 1}})).problems("look").await;
    assert_eq!(problems[0], "unknown key: config.acme:vk; did you mean \"acme:kv\"? known keys: acme:kv");
    let problems = entry.clone().section("config", json!(1)).problems("look").await;
    assert_eq!(problems[0], "config must be a mapping");
    let problems = entry.problems("look").await;
    assert_eq!(problems, ["app:report: config.acme:kv: missing field `default`"]);
}
