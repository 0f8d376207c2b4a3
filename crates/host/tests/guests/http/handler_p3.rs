//! WASI 0.3: a request handler without a server in front of it.

use crate::support::{component, host};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use wippy_host::{CallContext, EntrySpec};
use wippy_import_http::{ResponseBody, behind_http, handle};

async fn answer(path: &str, tasks: &TaskTracker) -> Response<ResponseBody> {
    let component = component("handler-p3");
    let spec = EntrySpec::new("t:handler", "handle").with_imports(["wasi:clocks"]);
    let (spec, _) = behind_http(spec, &component);
    let handler = Arc::new(host().prepare(spec, &component).await.unwrap());
    let request = Request::get(format!("http://test.example{path}")).body(Empty::<Bytes>::new()).unwrap();
    handle(handler, &CallContext::new(), request, tasks).await.unwrap()
}

#[tokio::test]
async fn a_guest_that_waits_for_nothing_but_its_reader_has_ended_when_its_response_is_there() {
    let tasks = TaskTracker::new();
    let response = answer("/served", &tasks).await;
    assert!(tasks.is_empty(), "it goes on behind whatever else is ready");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "1");
}

#[tokio::test]
async fn a_guest_that_waits_before_its_response_is_waited_for() {
    let tasks = TaskTracker::new();
    let response = answer("/late", &tasks).await;
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "late");
}

#[tokio::test]
async fn a_guest_that_has_more_to_say_goes_on_as_it_is_read_and_ends_with_its_body() {
    let tasks = TaskTracker::new();
    let mut body = answer("/endless", &tasks).await.into_body();
    assert_eq!(tasks.len(), 1);
    for _ in 0..10 {
        assert!(body.frame().await.unwrap().unwrap().is_data());
    }
    drop(body);
    tasks.close();
    tasks.wait().await;
}
