//! Versions against the stubs: an interface that is not granted must not be reached under any version of its name, also
//! where an import crate links something else than its metadata says.

use crate::support::{Entry, builder, call, engine, told};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wippy_host::wasmtime::component::Linker;
use wippy_host::{
    ErrorKind, Grants, Host, HostImport, HostImportSlot, ImportLinker, ImportMeta, Interface, NoConfig, Reason,
    Registration, Registry, Result, SetupContext, Slot, StateContext, StoreData, async_trait, track,
};

/// An import without configuration and state, with what it says of itself and what it really links.
macro_rules! import {
    ($import:ident, $name:literal, [$($interface:literal @ $version:literal),*], $link:expr) => {
        struct $import;

        impl HostImportSlot for $import {
            type SlotState = ();

            fn slot() -> &'static Slot<()> {
                static SLOT: Slot<()> = Slot::new();
                &SLOT
            }
        }

        #[async_trait]
        impl HostImport for $import {
            const META: ImportMeta = ImportMeta::new($name, "").with_interfaces(&[$(Interface::new($interface, $version)),*]);
            type Config = NoConfig;
            type Shared = ();
            type State = ();

            async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
                Ok(())
            }

            fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
                let link: fn(&mut ImportLinker<'_, Self>) -> Result<()> = $link;
                link(linker)
            }

            fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
                Ok(())
            }
        }
    };
}

/// How often the treasure was reached without a grant, in whatever test.
static REACHED: AtomicU32 = AtomicU32::new(0);

/// `open` of a vault, under this name.
fn vault(linker: &mut Linker<StoreData>, name: &str) -> wippy_host::wasmtime::Result<()> {
    linker.instance(name)?.func_wrap("open", |store, (): ()| {
        if &**store.data().entry().id() != "app:trusted" {
            REACHED.fetch_add(1, Ordering::SeqCst);
        }
        Ok((42_u32,))
    })
}

const LINKED: &str = "acme:vault/door@1.2.0";

import!(Honest, "acme:vault", ["acme:vault/door"@"1.2.0"], |l| l.interface(LINKED, |l| vault(l, LINKED)));
import!(AlsoNewer, "acme:vault", ["acme:vault/door"@"1.2.0"], |l| l.interface(LINKED, |l| {
    vault(l, LINKED)?;
    vault(l, "acme:vault/door@1.9.0")
}));
import!(AlsoOlder, "acme:vault", ["acme:vault/door"@"1.2.0"], |l| l.interface(LINKED, |l| {
    vault(l, "acme:vault/door@1.0.0")?;
    vault(l, LINKED)
}));
import!(Newer, "acme:vault", ["acme:vault/door"@"1.2.0"], |l| l
    .interface(LINKED, |l| vault(l, "acme:vault/door@1.9.0")));
import!(Older, "acme:vault", ["acme:vault/door"@"1.2.0"], |l| l
    .interface(LINKED, |l| vault(l, "acme:vault/door@1.0.0")));
import!(Unnamed, "acme:vault", ["acme:vault/door"@"1.2.0"], |l| l
    .interface("acme:vault/back-door@1.2.0", |l| vault(l, "acme:vault/back-door@1.2.0")));
// Says nothing of a second interface, and links it with the first.
import!(Smuggler, "acme:free", ["acme:free/thing"@"1.0.0"], |l| l.interface("acme:free/thing@1.0.0", |l| {
    l.instance("acme:free/thing@1.0.0")?.func_wrap("touch", |_, (): ()| Ok((1_u32,)))?;
    vault(l, "acme:vault/door@1.9.0")
}));
// Linked last, and puts itself in the place of whatever stands there.
import!(Usurper, "zz:free", ["zz:free/thing"@"1.0.0"], |l| l.interface("zz:free/thing@1.0.0", |l| {
    l.instance("zz:free/thing@1.0.0")?.func_wrap("touch", |_, (): ()| Ok((1_u32,)))?;
    l.allow_shadowing(true);
    vault(l, LINKED)
}));

fn host_of(imports: &[&'static Registration]) -> Host {
    let registry = imports.iter().fold(Registry::builder(), |builder, import| builder.with(import)).build().unwrap();
    builder().registry(registry).engine(engine(20, 5)).build().unwrap()
}

/// A component that imports one function of each of these instances, and exports `run-0`, `run-1` and so on.
fn importing(functions: &[(&str, &str)]) -> String {
    let (mut imports, mut lowered, mut cores, mut with, mut exports) =
        <(String, String, String, String, String)>::default();
    for (index, (instance, function)) in functions.iter().enumerate() {
        imports += &format!(
            "(import \"{instance}\" (instance $i{index} (export \"{function}\" (func (result u32)))))
             (alias export $i{index} \"{function}\" (func $f{index}))\n"
        );
        lowered += &format!("(core func $c{index} (canon lower (func $f{index})))\n");
        cores += &format!("(import \"host\" \"f{index}\" (func $f{index} (result i32)))\n");
        with += &format!("(export \"f{index}\" (func $c{index}))\n");
        exports +=
            &format!("(func (export \"run-{index}\") (result u32) (canon lift (core func $m \"run-{index}\")))\n");
    }
    let bodies: String = (0..functions.len())
        .map(|index| format!("(func (export \"run-{index}\") (result i32) (call $f{index}))\n"))
        .collect();
    format!(
        "(component {imports} {lowered} (core module $code {cores} {bodies})
            (core instance $m (instantiate $code (with \"host\" (instance {with})))) {exports})"
    )
}

fn doors(versions: &[&str]) -> String {
    let names: Vec<String> = versions.iter().map(|version| format!("acme:vault/door@{version}")).collect();
    importing(&names.iter().map(|name| (name.as_str(), "open")).collect::<Vec<_>>())
}

const VERSIONS: [&[&str]; 9] = [
    &["1.0.0"],
    &["1.2.0"],
    &["1.9.0"],
    &["1.99.0"],
    &["1.0.0", "1.2.0"],
    &["1.2.0", "1.9.0"],
    &["1.0.0", "1.5.0", "1.99.0"],
    &["1.5.0", "1.0.0", "1.9.0", "1.2.0"],
    &["1.2.0+build", "1.3.0+build.7"],
];

/// Whatever happens, the treasure is not reached: each import is a stub, or the entry does not load.
async fn stays_shut(host: &Host, text: &str, functions: usize, granted: &[&str]) -> Vec<String> {
    let entry = Entry::text_on(host, text).imports(granted);
    let mut refusals = Vec::new();
    for index in 0..functions {
        match entry.try_prepare(&format!("run-{index}")).await {
            Ok(function) => match call(&function, json!([])).await {
                Ok(value) => assert_eq!(value, 1, "{text}"),
                Err(error) => {
                    assert_eq!((error.kind(), error.reason()), (ErrorKind::PermissionDenied, Reason::NotGranted))
                }
            },
            Err(problems) => refusals.extend(problems.into_iter().map(|problem| problem.message)),
        }
    }
    assert_eq!(REACHED.load(Ordering::SeqCst), 0, "the vault was opened: {text}");
    refusals
}

#[tokio::test]
async fn every_version_of_an_ungranted_interface_is_a_stub() {
    static HONEST: Registration = Registration::new::<Honest>();
    let host = host_of(&[&HONEST]);
    for versions in VERSIONS {
        assert_eq!(
            stays_shut(&host, &doors(versions), versions.len(), &[]).await,
            Vec::<String>::new(),
            "{versions:?}"
        );
        // The same component with the grant, in the same host: it works, and the other still does not.
        let trusted = Entry::text_on(&host, &doors(versions)).id("app:trusted").imports(&["acme:vault"]);
        for index in 0..versions.len() {
            assert_eq!(trusted.call(&format!("run-{index}"), json!([])).await.unwrap(), 42);
        }
        stays_shut(&host, &doors(versions), versions.len(), &[]).await;
    }
    let error = Entry::text_on(&host, &doors(&["1.0.0"])).fails("run-0", json!([])).await;
    let said =
        "guest called acme:vault/door#open, but entry app:report does not import it; add \"acme:vault\" to its imports";
    assert_eq!(told(&error), (ErrorKind::PermissionDenied, Reason::NotGranted, said.to_owned()));
}

#[tokio::test]
async fn a_crate_that_links_versions_which_its_metadata_does_not_name_opens_no_way_around() {
    static ALSO_NEWER: Registration = Registration::new::<AlsoNewer>();
    static ALSO_OLDER: Registration = Registration::new::<AlsoOlder>();
    static NEWER: Registration = Registration::new::<Newer>();
    static OLDER: Registration = Registration::new::<Older>();
    let leads_elsewhere = "and leads to another version than acme:vault/door@1.2.0: an import crate links an interface that \
                           its metadata does not name";
    for (import, loud) in [(&ALSO_NEWER, "1.5.0"), (&ALSO_OLDER, "1.0.0"), (&NEWER, "1.5.0"), (&OLDER, "1.5.0")] {
        let host = host_of(&[import]);
        for versions in VERSIONS {
            stays_shut(&host, &doors(versions), versions.len(), &[]).await;
        }
        let refusals = stays_shut(&host, &doors(&[loud]), 1, &[]).await;
        assert_eq!(refusals.len(), 1, "{loud}");
        let known =
            refusals[0].contains(leads_elsewhere) || refusals[0].contains("which acme:vault/door@1.2.0 does not have");
        assert!(known, "{refusals:?}");
    }
}

#[tokio::test]
async fn a_crate_that_links_an_interface_which_its_metadata_does_not_name_does_not_load() {
    static UNNAMED: Registration = Registration::new::<Unnamed>();
    let host = host_of(&[&UNNAMED]);
    let refusals = stays_shut(&host, &doors(&["1.2.0"]), 1, &[]).await;
    assert_eq!(refusals, ["acme:vault links acme:vault/back-door@1.2.0, which its metadata does not name"]);
    let text = importing(&[("acme:vault/back-door@1.2.0", "open"), ("acme:vault/door@1.2.0", "open")]);
    assert_eq!(stays_shut(&host, &text, 2, &["acme:vault"]).await.len(), 2);
}

#[tokio::test]
async fn a_granted_crate_cannot_lend_what_another_is_not_granted() {
    static HONEST: Registration = Registration::new::<Honest>();
    static SMUGGLER: Registration = Registration::new::<Smuggler>();
    static USURPER: Registration = Registration::new::<Usurper>();
    let host = host_of(&[&HONEST, &SMUGGLER, &USURPER]);
    for (free, grant) in [("acme:free/thing@1.0.0", "acme:free"), ("zz:free/thing@1.0.0", "zz:free")] {
        for versions in VERSIONS {
            let mut functions = vec![(free, "touch")];
            let names: Vec<String> = versions.iter().map(|version| format!("acme:vault/door@{version}")).collect();
            functions.extend(names.iter().map(|name| (name.as_str(), "open")));
            stays_shut(&host, &importing(&functions), functions.len(), &[grant]).await;
            functions.rotate_left(1);
            stays_shut(&host, &importing(&functions), functions.len(), &[grant]).await;
        }
    }
    // Without the crate that owns the interface, it is what nobody provides.
    let host = host_of(&[&SMUGGLER]);
    for versions in VERSIONS {
        let mut functions = vec![("acme:free/thing@1.0.0", "touch")];
        let names: Vec<String> = versions.iter().map(|version| format!("acme:vault/door@{version}")).collect();
        functions.extend(names.iter().map(|name| (name.as_str(), "open")));
        stays_shut(&host, &importing(&functions), functions.len(), &["acme:free"]).await;
    }
}

#[tokio::test]
async fn names_that_look_like_an_interface_lead_nowhere_else() {
    static HONEST: Registration = Registration::new::<Honest>();
    let host = host_of(&[&HONEST]);
    for name in
        ["acme:vault/door", "acme:vault/door@2.0.0", "acme:vault/door@1.2.0-rc.1", "acme:vault/doors@1.2.0", "door"]
    {
        let entry = Entry::text_on(&host, &importing(&[(name, "open")])).imports(&["acme:vault"]);
        let error = entry.fails("run-0", json!([])).await;
        assert_eq!(error.reason(), Reason::NotGranted, "{name}: {error}");
        assert!(
            error.message().contains("#open, but no import of this host provides it to entry app:report; bind it, "),
            "{error}"
        );
    }
    // A function under an interface's name, beside the interface itself.
    let text = "(component
        (import \"acme:vault/door@1.2.0\" (func $f (result u32)))
        (core func $c (canon lower (func $f)))
        (core module $code (import \"\" \"f\" (func $f (result i32))) (func (export \"run\") (result i32) (call $f)))
        (core instance $m (instantiate $code (with \"\" (instance (export \"f\" (func $c))))))
        (func (export \"run\") (result u32) (canon lift (core func $m \"run\"))))";
    if let Ok(component) = host.compile(text) {
        let result = Entry::of(&host, component).imports(&["acme:vault"]).try_prepare("run").await;
        if let Ok(function) = result {
            assert_eq!(call(&function, json!([])).await.unwrap_err().reason(), Reason::NotGranted);
        }
    }
    assert_eq!(REACHED.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_newer_function_of_an_ungranted_interface_is_no_way_in() {
    static HONEST: Registration = Registration::new::<Honest>();
    let host = host_of(&[&HONEST]);
    let text = importing(&[("acme:vault/door@1.7.0", "open-sesame"), ("acme:vault/door@1.2.0", "open")]);
    let refusals = stays_shut(&host, &text, 1, &[]).await;
    assert_eq!(
        refusals,
        [
            "app:report: the component imports acme:vault/door@1.7.0#open-sesame, which acme:vault/door@1.2.0 does not have"
        ]
    );
}

#[test]
fn tracks_are_those_of_the_linker() {
    assert_eq!(track("0.0.4"), "0.0.4");
    static HONEST: Registration = Registration::new::<Honest>();
    let registry = Registry::builder().with(&HONEST).build().unwrap();
    for (name, granted) in [
        ("acme:vault", true),
        ("ACME:Vault@1", true),
        (" acme:vault@1.0.0 ", true),
        ("acme:vault/door@1.7.0", true),
        ("acme:vault@2", false),
        ("acme:vault@1.2.0-rc.1", false),
        ("acme:vault@1.2.0/door", false),
        ("acme:vault@1.2.0/nothing", false),
        ("acme:vault@", false),
        ("acme:vault/*", false),
        ("acme:*", false),
        ("*", false),
        ("", false),
    ] {
        let (grants, problems) = Grants::resolve(&registry, &[name]);
        assert_eq!(
            (grants.allows("acme:vault/door", "1.0.0"), problems.len()),
            (granted, usize::from(!granted)),
            "{name}"
        );
    }
}

#[cfg(feature = "random")]
mod wasi {
    use super::*;
    use wippy_host::Entropy;

    /// Counts how often anybody was given a random number.
    struct Counted(Arc<AtomicU32>);

    impl Entropy for Counted {
        fn fill(&self, buffer: &mut [u8]) -> Result<()> {
            self.0.fetch_add(1, Ordering::SeqCst);
            buffer.fill(7);
            Ok(())
        }
    }

    fn numbers(versions: &[&str]) -> String {
        let names: Vec<String> = versions.iter().map(|version| format!("wasi:random/random@{version}")).collect();
        importing(&names.iter().map(|name| (name.as_str(), "get-random-u64")).collect::<Vec<_>>())
            .replace("(result u32)", "(result u64)")
            .replace("(result i32)", "(result i64)")
    }

    #[tokio::test]
    async fn no_version_of_wasi_reaches_an_ungranted_function_in_either_order_of_loading() {
        for trusted_first in [true, false] {
            let asked = Arc::new(AtomicU32::new(0));
            let host = builder().entropy(Counted(asked.clone())).engine(engine(20, 5)).build().unwrap();
            for versions in
                [&["0.2.0"][..], &["0.2.6"], &["0.2.12"], &["0.2.99"], &["0.2.0", "0.2.99"], &["0.2.12", "0.2.99"]]
            {
                let component = host.compile(numbers(versions)).unwrap();
                let trusted = Entry::of(&host, component.clone()).id("app:trusted").imports(&["wasi:random"]);
                let other = Entry::of(&host, component.clone()).id("app:other");
                let (mut trusted_calls, mut other_calls) = (Vec::new(), Vec::new());
                for index in 0..versions.len() {
                    let method = format!("run-{index}");
                    if trusted_first {
                        trusted_calls.push(trusted.prepare(&method).await);
                        other_calls.push(other.prepare(&method).await);
                    } else {
                        other_calls.push(other.prepare(&method).await);
                        trusted_calls.push(trusted.prepare(&method).await);
                    }
                }
                let before = asked.load(Ordering::SeqCst);
                for _ in 0..3 {
                    for (trusted, other) in trusted_calls.iter().zip(&other_calls) {
                        assert_eq!(call(trusted, json!([])).await.unwrap(), json!(u64::from_le_bytes([7; 8])));
                        let error = call(other, json!([])).await.unwrap_err();
                        assert_eq!(
                            error.to_string(),
                            "guest called wasi:random/random#get-random-u64, but entry app:other does not import it; add \
                             \"wasi:random\" to its imports"
                        );
                    }
                }
                assert_eq!(asked.load(Ordering::SeqCst) - before, 3 * versions.len() as u32, "{versions:?}");
            }
        }
    }
}
