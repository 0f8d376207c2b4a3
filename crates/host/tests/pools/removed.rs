//! A function that is taken out of the registry.

use crate::support::{Gate, call, caller, host, start, until, within, workers};
use serde_json::json;
use std::sync::Arc;
use wippy_host::value::TextOrBytes;
use wippy_host::{CallContext, ErrorKind};

#[tokio::test]
async fn calls_that_run_or_wait_on_a_removed_function_end_as_they_would_and_later_ones_find_nothing() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let outer = caller(&host, "app:outer", workers(4, 4)).await;
    let doomed = caller(&host, "app:doomed", workers(1, 4)).await;
    let (running, waiting) = (start(&doomed, "app:gate"), start(&doomed, "app:gate"));
    until("one runs and one waits", || gate.inside() == 1 && doomed.slots().taken() == 1).await;

    let removed = host.functions().remove("app:doomed").unwrap();
    assert!(host.functions().get("app:doomed").is_none());
    assert!(host.functions().remove("app:doomed").is_none());
    let text = || TextOrBytes::Text("[]".into());
    let error = host.functions().call_payload(&CallContext::new(), "app:doomed", text()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "no handler registered for target: app:doomed"));
    let told = call(&outer, json!(["app:doomed", "[]"])).await.unwrap();
    assert_eq!(told, json!({"err": "no handler registered for target: app:doomed"}));

    gate.let_go(2);
    for call in [running, waiting] {
        let result = within(call).await.unwrap().unwrap();
        assert!(result["ok"].as_str().is_some_and(|text| text.contains("through")), "{result}");
    }
    drop(doomed);
    assert_eq!(Arc::strong_count(&removed), 1, "nobody else holds it");
}

#[tokio::test]
async fn the_id_of_a_removed_function_is_free() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    assert!(host.functions().remove("app:gate").is_some());
    let again = Gate::register(&host, "app:gate");
    assert_eq!((gate.inside(), again.inside()), (0, 0));
    assert_eq!(host.functions().ids(), ["app:gate".into()]);
}
