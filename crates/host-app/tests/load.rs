//! Many entries over few components.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "../benches/load/generated.rs"]
mod generated;

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
