//! Many entries over few components.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../benches/load/generated.rs"]
mod generated;

use std::sync::{Arc, Mutex};
use wippy_host_app::Application;
use wippy_host_app::manifest::LoadOptions;

#[tokio::test(flavor = "multi_thread")]
async fn each_component_is_compiled_once_however_many_entries_share_it() {
    let root = generated::application(1_000);
    let host = wippy_host::builder().unwrap();
    let opened = Application::open(root.path(), LoadOptions::new(|_| None), host).await.unwrap();
    let first = opened.problems.iter().find(|problem| problem.is_error()).map(ToString::to_string);
    assert_eq!(first, None);
    let host = opened.application.host();
    assert_eq!(host.functions().ids().len(), 1_000);
    assert_eq!(host.compilations().compiled, generated::COMPONENTS as u64);
}

#[tokio::test]
async fn whoever_waits_is_told_of_each_entry_as_it_is_opened() {
    let root = generated::application(generated::COMPONENTS);
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut options = LoadOptions::new(|_| None);
    let tell = told.clone();
    options.progress = Some(Arc::new(move |done, count| tell.lock().unwrap().push((done, count))));
    let opened = Application::open(root.path(), options, wippy_host::builder().unwrap()).await.unwrap();
    assert!(!opened.has_errors());
    let told = told.lock().unwrap();
    let count = told.len();
    assert!(count >= generated::COMPONENTS, "{told:?}");
    assert_eq!(*told, (0..count).map(|done| (done, count)).collect::<Vec<_>>());
}
