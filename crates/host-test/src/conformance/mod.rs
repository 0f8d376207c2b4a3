//! What every import promises, each promise as a check of its own: see [`Conformance`].

mod calls;
mod config;
pub(crate) mod cost;
mod guest;
mod metadata;
pub(crate) mod watched;

use crate::Harness;
use guest::{Guest, Wit};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use wippy_host_core::{HostImport, ImportMeta, Interface, Registration};

/// The checks that [`import_conformance!`](crate::import_conformance) makes tests of.
///
/// Each check makes hosts of its own, so that they can run in any order and at one time. Guests are made of the import's WIT: for each
/// function that the metadata's interfaces have, an export that calls it with zeros for all arguments (numbers, empty texts and lists,
/// the first case of a variant). A function that takes a handle cannot be called in that way, and its tests are yours.
pub struct Conformance {
    harness: Harness,
    wit: Wit,
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance").field("harness", &self.harness).finish_non_exhaustive()
    }
}

/// A promise that an import does not keep: in what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The import.
    pub import: &'static str,
    /// What is wrong, one sentence each, with what mends it.
    pub found: Vec<String>,
}

/// Whether a promise is kept.
pub type Verdict = Result<(), Broken>;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not keep a promise of imports:", self.import)?;
        self.found.iter().try_for_each(|found| write!(f, "\n  {found}"))
    }
}

impl std::error::Error for Broken {}

/// Each check may be repeated, and dropping its future drops the calls that it makes.
impl Conformance {
    /// The checks of the import of a harness, with the files and folders of its WIT, those that others use first. The harness has
    /// what the import needs to be set up: its configuration, directories and variables. A guest of its own has no effect.
    pub fn new<I: HostImport>(harness: Harness, wit: impl IntoIterator<Item = PathBuf>) -> Self {
        debug_assert_eq!(harness.import().meta().name, I::META.name, "a harness of another import");
        Self { harness, wit: Wit(wit.into_iter().collect()) }
    }

    /// Names are lower-case and of the right form, versions are whole, no interface and no alias is there twice, aliases name
    /// interfaces that there are, the WIT has every interface in its version, and those with asynchronous functions say so.
    ///
    /// # Errors
    /// What is not so.
    pub fn metadata_is_sound(&self) -> Verdict {
        self.verdict(metadata::problems(self.import(), &self.wit))
    }

    /// In a registry of this import alone, guests of every interface load, with all its functions granted: no other import has to
    /// be there for the types that it mentions.
    ///
    /// # Errors
    /// What does not link.
    pub async fn it_links_alone(&self) -> Verdict {
        self.verdict(calls::links_alone(self).await)
    }

    /// A key that the configuration's schema does not have is refused, with the nearest key that it has; the harness's own
    /// configuration has no problem. Of an import without configuration: any is refused.
    ///
    /// # Errors
    /// Which key is not refused, or how.
    pub fn unknown_keys_are_refused(&self) -> Verdict {
        self.verdict(config::problems(self))
    }

    /// A function that is not granted ends the call that reaches it with an error which names the function, the entry and
    /// the line to add.
    ///
    /// # Errors
    /// Which function does something else.
    pub async fn what_is_not_granted_is_a_stub(&self) -> Verdict {
        self.verdict(calls::stubs(self).await)
    }

    /// The state of an instance is made in less than a millisecond, without a read or write and without waiting.
    ///
    /// Proved by the fastest and by most of 100 states, so that a busy machine is no failure: what an import does only now and then is
    /// not seen. Reads, writes and waits are counted on Linux alone, for the thread that makes the state; sending to a socket that is open, and opening a
    /// file without reading it, are no transfers.
    ///
    /// # Errors
    /// What the states took.
    pub async fn state_is_cheap(&self) -> Verdict {
        self.verdict(calls::state_is_cheap(self).await)
    }

    /// When a call has ended, however it ended, nobody but its entry holds what the import shares in that entry
    /// ([`HostImport::Shared`]); when the entry is gone, nobody does. Every function is granted and called for it, and none panics
    /// or is a stub.
    ///
    /// Proved of whatever holds the shared value: states, resources, background tasks, of which most do. A state that holds nothing
    /// of it is dropped with its store, but that a task of its own ends is for its own tests to prove. So is what a guest's handles leave
    /// behind: let one open and drop more handles than `limits.max_resources`.
    ///
    /// # Errors
    /// What is held, five seconds after the calls have ended.
    pub async fn nothing_stays_behind(&self) -> Verdict {
        self.verdict(calls::nothing_stays_behind(self).await)
    }

    /// The import's name grants all its tracks; the name with a version (`acme:kv@0.2`) grants that track, and makes stubs of the
    /// others. Of an import with one track, that the version grants it.
    ///
    /// # Errors
    /// Which track is not granted, or is without its name.
    pub async fn each_track_is_granted_by_its_version(&self) -> Verdict {
        self.verdict(calls::tracks(self).await)
    }

    fn verdict(&self, found: Vec<String>) -> Verdict {
        let import = self.meta().name;
        if found.is_empty() { Ok(()) } else { Err(Broken { import, found }) }
    }

    fn import(&self) -> Registration {
        self.harness.import()
    }

    fn meta(&self) -> &'static ImportMeta {
        self.import().meta()
    }

    fn guests(&self) -> Result<Vec<Guest>, String> {
        self.wit.guests(self.meta().interfaces)
    }

    /// A harness like that of the import's author, with an entry of its own.
    fn fresh(&self) -> Harness {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let namespace = self.harness.spec().id.split(':').next().unwrap_or("app").to_owned();
        self.harness.again(&format!("{namespace}:conformance-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    fn tracks(&self) -> Vec<&'static str> {
        let mut tracks: Vec<_> = self.meta().interfaces.iter().map(Interface::track).collect();
        tracks.sort_unstable();
        tracks.dedup();
        tracks
    }
}

/// Fails a test whose promise is broken, and runs it, where it is asynchronous.
#[doc(hidden)]
pub mod run {
    use super::Verdict;

    #[expect(clippy::panic, reason = "how a test fails")]
    #[track_caller]
    pub fn check(verdict: Verdict) {
        if let Err(broken) = verdict {
            panic!("{broken}");
        }
    }

    #[expect(clippy::expect_used, reason = "a test without a runtime cannot go on")]
    #[track_caller]
    pub fn check_async(verdict: impl Future<Output = Verdict>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        check(runtime.expect("an async runtime can be made").block_on(verdict));
    }
}

/// Makes tests of what every import promises: see [`Conformance`].
///
/// ```ignore
/// wippy_host_test::import_conformance!(Kv, wit = "wit");
///
/// wippy_host_test::import_conformance!(
///     Kv,
///     wit = ["wit/types.wit", "wit/store.wit"],
///     harness = Harness::new::<Kv>().directory("app:data").config(json!({"fs": "app:data"})),
/// );
/// ```
///
/// `wit` names files, or folders of one package with its `deps`, relative to the crate's `Cargo.toml`, those that others use first.
/// `harness` has what the import needs to be set up; by default `Harness::new::<Kv>()`. The tests stand in a module
/// `import_conformance`: call the macro once in a module.
#[macro_export]
macro_rules! import_conformance {
    ($import:ty, wit = [$($wit:expr),+ $(,)?] $(,)?) => {
        $crate::import_conformance!($import, wit = [$($wit),+], harness = $crate::Harness::new::<$import>());
    };
    ($import:ty, wit = [$($wit:expr),+ $(,)?], harness = $harness:expr $(,)?) => {
        mod import_conformance {
            #[allow(unused_imports, reason = "for the expression of the harness")]
            use super::*;

            fn conformance() -> $crate::Conformance {
                let folder = ::std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
                $crate::Conformance::new::<$import>($harness, [$(folder.join($wit)),+])
            }

            #[test]
            fn metadata_is_sound() {
                $crate::run::check(conformance().metadata_is_sound());
            }

            #[test]
            fn it_links_alone() {
                $crate::run::check_async(async { conformance().it_links_alone().await });
            }

            #[test]
            fn unknown_keys_are_refused() {
                $crate::run::check(conformance().unknown_keys_are_refused());
            }

            #[test]
            fn what_is_not_granted_is_a_stub() {
                $crate::run::check_async(async { conformance().what_is_not_granted_is_a_stub().await });
            }

            #[test]
            fn state_is_cheap() {
                $crate::run::check_async(async { conformance().state_is_cheap().await });
            }

            #[test]
            fn nothing_stays_behind() {
                $crate::run::check_async(async { conformance().nothing_stays_behind().await });
            }

            #[test]
            fn each_track_is_granted_by_its_version() {
                $crate::run::check_async(async { conformance().each_track_is_granted_by_its_version().await });
            }
        }
    };
    ($import:ty, wit = $wit:expr $(, harness = $harness:expr)? $(,)?) => {
        $crate::import_conformance!($import, wit = [$wit] $(, harness = $harness)?);
    };
}
