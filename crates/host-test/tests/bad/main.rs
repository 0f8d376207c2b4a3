//! An import that breaks one promise at a time, and the check that says so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wippy_host_core::wasmtime::component::{Resource, ResourceType};
use wippy_host_core::{
    Alias, HostImport, HostImportSlot, ImportLinker, ImportMeta, Interface, NoConfig, Result, Section, SetupContext,
    Slot, StateContext, async_trait,
};
use wippy_host_test::{Broken, Conformance, Harness, Verdict};

/// What an import does wrong. Everything else is as it should be.
trait Fault: Send + Sync + 'static {
    const META: ImportMeta = META;
    type Config: serde::de::DeserializeOwned + JsonSchema + Send;
    /// The name under which the interface is linked.
    const LINKED: &'static str = "test:bad/thing@0.1.0";
    /// Whether `held` is linked.
    const WHOLE: bool = true;

    fn state(_: &Arc<Thing>) {}
    fn slot() -> &'static Slot<Arc<Thing>>;
}

/// What the entries of the import share.
#[derive(Default)]
struct Thing;

struct Bad<F>(PhantomData<fn() -> F>);

const META: ImportMeta =
    ImportMeta::new("test:bad", "Breaks promises").with_interfaces(&[Interface::new("test:bad/thing", "0.1.0")]);

impl<F: Fault> HostImportSlot for Bad<F> {
    type SlotState = Arc<Thing>;

    fn slot() -> &'static Slot<Arc<Thing>> {
        F::slot()
    }
}

#[async_trait]
impl<F: Fault> HostImport for Bad<F> {
    const META: ImportMeta = F::META;
    type Config = F::Config;
    type Shared = Thing;
    type State = Arc<Thing>;

    async fn setup(_: &SetupContext<'_>, _: F::Config) -> Result<Thing> {
        Ok(Thing)
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface(F::META.interfaces[0].full_name().as_str(), |linker| {
            let mut instance = linker.instance(F::LINKED)?;
            instance.func_wrap("answer", |_, (): ()| Ok((42_u32,)))?;
            instance.resource("held", ResourceType::host::<Thing>(), |_, _| Ok(()))?;
            if F::WHOLE {
                instance.func_wrap("[constructor]held", |_, (): ()| Ok((Resource::<Thing>::new_own(1),)))?;
                instance.func_wrap("[method]held.weigh", |_, (_held,): (Resource<Thing>,)| Ok((7_u32,)))?;
            }
            Ok(())
        })
    }

    fn state(_: &mut StateContext<'_>, shared: &Arc<Thing>) -> Result<Arc<Thing>> {
        F::state(shared);
        Ok(shared.clone())
    }
}

/// A fault: its name, and what of the trait it replaces.
macro_rules! fault {
    ($name:ident { $($item:item)* }) => {
        fault!($name, NoConfig { $($item)* });
    };
    ($name:ident, $config:ty { $($item:item)* }) => {
        struct $name;
        impl Fault for $name {
            type Config = $config;
            fn slot() -> &'static Slot<Arc<Thing>> {
                static SLOT: Slot<Arc<Thing>> = Slot::new();
                &SLOT
            }
            $($item)*
        }
    };
}

fn conformance<F: Fault>() -> Conformance {
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit/bad.wit");
    Conformance::new::<Bad<F>>(Harness::new::<Bad<F>>().alone(), [wit])
}

fn found(verdict: Verdict) -> Vec<String> {
    match verdict {
        Ok(()) => Vec::new(),
        Err(Broken { found, .. }) => found,
    }
}

fault!(Sound {});

#[tokio::test]
async fn an_import_without_fault_keeps_every_promise() {
    let sound = conformance::<Sound>();
    sound.metadata_is_sound().unwrap();
    sound.unknown_keys_are_refused().unwrap();
    sound.it_links_alone().await.unwrap();
    sound.what_is_not_granted_is_a_stub().await.unwrap();
    sound.state_is_cheap().await.unwrap();
    sound.nothing_stays_behind().await.unwrap();
    sound.each_track_is_granted_by_its_version().await.unwrap();
}

fault!(BadNames {
    const META: ImportMeta = ImportMeta::new("Test:Bad", "").with_interfaces(&[
            Interface::new("test:bad/thing", "0.1"),
            Interface::new("test:bad/thing", "0.1.0"),
            Interface::new("test:bad/later", "0.1.0"),
            Interface::new("test:bad/never", "0.1.0"),
            Interface::new("thing", "0.1.0"),
        ]).with_aliases(&[Alias::new("test:bad/thing", &["test:bad/none"]), Alias::whole("test:bad/thing")]).with_section(Section::Own("test:bad"));
});

#[test]
fn each_fault_of_the_metadata_is_named() {
    let found = found(conformance::<BadNames>().metadata_is_sound());
    let said: Vec<_> =
        found.iter().map(|found| found.lines().next().unwrap().chars().take(60).collect::<String>()).collect();
    for expected in [
        "\"Test:Bad\" is no name: write it as \"acme:kv\", lower-case",
        "the summary is not one line of text",
        "test:bad/thing@0.1: write the whole version, as \"0.1.0\"",
        "test:bad/thing@0.1 is there twice",
        "test:bad/later@0.1.0 has asynchronous functions",
        "test:bad/never@0.1.0 is not in the WIT",
        "\"thing\" is no interface",
        "the alias \"test:bad/thing\" is there twice",
        "the alias \"test:bad/thing\" is an interface",
        "the alias \"test:bad/thing\" names test:bad/none",
        "the section has no keys",
    ] {
        let begins = |line: &String| line.starts_with(&expected.chars().take(60).collect::<String>());
        assert!(said.iter().any(begins), "{expected}: {found:#?}");
    }
}

fault!(Unlinked { const WHOLE: bool = false; });

#[tokio::test]
async fn a_function_of_the_wit_that_is_not_linked_is_found() {
    let found = found(conformance::<Unlinked>().it_links_alone().await);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("test:bad/thing@0.1.0 does not link alone"), "{found:?}");
    assert!(found[0].contains("held"), "{found:?}");
}

type AnyKeys = std::collections::BTreeMap<String, String>;

fault!(TakesAll, AnyKeys {
    const META: ImportMeta = META.with_section(Section::Own("test:bad"));
});

#[derive(Deserialize, JsonSchema)]
struct Strict {
    #[expect(dead_code, reason = "only its schema is used")]
    colour: String,
}

fault!(Configured, Strict {
    const META: ImportMeta = META.with_section(Section::Own("test:bad"));
});

#[test]
fn a_configuration_of_the_harness_that_does_not_hold_is_found() {
    let missing = found(conformance::<Configured>().unknown_keys_are_refused());
    assert_eq!(missing, Vec::<String>::new(), "a section that is not there is not checked before it is set up");
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit/bad.wit");
    let with = |config| {
        Conformance::new::<Bad<Configured>>(Harness::new::<Bad<Configured>>().alone().config(config), [wit.clone()])
    };
    with(json!({"colour": "red"})).unknown_keys_are_refused().unwrap();
    let wrong = found(with(json!({"color": "red"})).unknown_keys_are_refused());
    assert_eq!(
        wrong,
        ["the harness's own configuration: unknown key: color; did you mean \"colour\"? known keys: colour"]
    );
}

#[test]
fn a_configuration_that_takes_any_key_is_found() {
    let found = found(conformance::<TakesAll>().unknown_keys_are_refused());
    assert_eq!(found, ["the unknown key config.test:bad.no-key-of-conformance is not refused"]);
}

// Linked under a version that the metadata does not name: where the stubs are, is not where the import leads.
fault!(Elsewhere { const LINKED: &'static str = "test:bad/thing@0.1.9"; });

#[tokio::test]
async fn a_function_that_is_reached_without_a_grant_is_found() {
    let found = found(conformance::<Elsewhere>().what_is_not_granted_is_a_stub().await);
    assert!(found.iter().any(|found| found.starts_with("test:bad/thing#answer is no stub")), "{found:?}");
}

fault!(Sleeps { fn state(_: &Arc<Thing>) { std::thread::sleep(Duration::from_millis(2)); } });

fault!(Reads { fn state(_: &Arc<Thing>) { std::fs::read("/proc/self/stat").unwrap(); } });

#[tokio::test]
async fn a_state_that_takes_long_is_found() {
    let found = found(conformance::<Sleeps>().state_is_cheap().await);
    assert!(found[0].starts_with("the cheapest of 100 states took"), "{found:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_state_that_reads_a_file_is_found() {
    if std::fs::metadata("/proc/thread-self/io").is_err() {
        return;
    }
    let found = found(conformance::<Reads>().state_is_cheap().await);
    assert!(found[0].contains("of 100 states read, wrote or waited (at least "), "{found:?}");
}

static HOARD: Mutex<Vec<Arc<Thing>>> = Mutex::new(Vec::new());

fault!(Hoards { fn state(shared: &Arc<Thing>) { HOARD.lock().unwrap().push(shared.clone()); } });

#[tokio::test]
async fn what_stays_behind_a_call_is_found() {
    let found = found(conformance::<Hoards>().nothing_stays_behind().await);
    assert_eq!(found, ["a call of test:bad/thing#answer has ended, and something still holds what its entry shares"]);
}

// The second track is named and not linked.
fault!(HalfTracks {
    const META: ImportMeta = META.with_interfaces(&[
        Interface::new("test:bad/thing", "0.1.0"),
        Interface::concurrent("test:bad/later", "0.1.0"),
    ]);
});

#[tokio::test]
async fn a_track_that_is_named_and_does_not_link_is_found() {
    let found = found(conformance::<HalfTracks>().each_track_is_granted_by_its_version().await);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("\"test:bad@0.1\" cannot be granted"), "{found:?}");
}
