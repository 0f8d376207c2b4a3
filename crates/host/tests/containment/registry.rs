//! Import crates that contradict each other: the host does not start with them.

use crate::support::assert_no_panic;
use std::sync::Arc;
use wippy_host::{
    Alias, ErrorKind, HostImport, HostImportSlot, ImportLinker, ImportMeta, Interface, NoConfig, Registration,
    Registry, Result, SetupContext, Slot, StateContext, async_trait,
};

macro_rules! import {
    ($import:ident, $name:literal, $alias:expr, $interface:literal @ $version:literal) => {
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
            const META: ImportMeta = ImportMeta::new($name, "")
                .with_interfaces(&[Interface::new($interface, $version)])
                .with_aliases($alias);
            type Config = NoConfig;
            type Shared = ();
            type State = ();

            async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
                Ok(())
            }

            fn link(_: &mut ImportLinker<'_, Self>) -> Result<()> {
                Ok(())
            }

            fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
                Ok(())
            }
        }
    };
}

import!(One, "acme:one", &[], "acme:one/a"@"1.0.0");
import!(OneAgain, "acme:one", &[], "acme:one/b"@"1.0.0");
import!(SameInterface, "acme:two", &[], "acme:one/a"@"1.0.0");
import!(NewerInterface, "acme:two", &[], "acme:one/a"@"1.4.0");
import!(OtherTrack, "acme:two", &[], "acme:one/a"@"2.0.0");
import!(Impostor, "acme:two", &[Alias::whole("acme:one")], "acme:two/a"@"1.0.0");

static ONE: Registration = Registration::new::<One>();
static ONE_AGAIN: Registration = Registration::new::<OneAgain>();
static SAME: Registration = Registration::new::<SameInterface>();
static NEWER: Registration = Registration::new::<NewerInterface>();
static OTHER_TRACK: Registration = Registration::new::<OtherTrack>();
static IMPOSTOR: Registration = Registration::new::<Impostor>();

#[test]
fn import_crates_that_contradict_each_other_are_refused() {
    let twice = "two import crates provide acme:one/a@1: acme:one and acme:two";
    for (other, expected) in [
        (&ONE, "two import crates register the name acme:one"),
        (&ONE_AGAIN, "two import crates register the name acme:one"),
        (&SAME, twice),
        (&NEWER, twice),
        (&IMPOSTOR, "acme:two has the alias acme:one, which is the name of another import"),
    ] {
        for (first, second) in [(&ONE, other), (other, &ONE)] {
            let error = Registry::builder().with(first).with(second).build().expect_err(expected);
            assert_eq!((error.kind(), error.message()), (ErrorKind::AlreadyExists, expected));
        }
    }
    assert!(Registry::builder().with(&ONE).with(&OTHER_TRACK).build().is_ok());
    let error = Registry::builder().with(&ONE).expecting("acme:three").build().err().unwrap();
    assert_eq!(error.message(), "the import acme:three is compiled in but did not register itself");
    assert_no_panic();
}
