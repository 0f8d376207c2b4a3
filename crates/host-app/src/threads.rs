//! What a program may share between its threads, and what it may send: a test that compiles, or a broken promise.

use crate::*;

#[test]
fn what_a_program_shares_between_its_threads_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Application>();
    shared::<ApplicationDirectories>();
    shared::<ApplicationEnvironment>();
    shared::<Changes>();
    shared::<EntryCode>();
    shared::<Opened>();
    shared::<Reloaded>();
    shared::<ServiceAddress>();
    shared::<Watcher>();
    shared::<manifest::Declarations>();
    shared::<manifest::LoadOptions>();
    shared::<manifest::Loaded>();
    shared::<manifest::Problem>();
}
