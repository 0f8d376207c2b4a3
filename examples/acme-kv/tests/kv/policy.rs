//! Who may.

use crate::support::{data, guest, kv};
use serde_json::json;
use std::path::PathBuf;
use wippy_host_core::policy::network::{Decision, NetworkPolicy, NetworkRequest};
use wippy_host_core::{
    ActionRequest, CallContext, Directories, ErrorKind, Function, Host, Policy, Registry, Result, Value,
};
use wippy_host_test::PolicyDouble;

#[tokio::test]
async fn without_a_grant_no_function_of_it_does_anything() {
    let kv = kv(json!({})).imports::<&str>([]);
    let error = kv.call("set", json!(["a", "key", "value"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "guest called acme:kv/store#open, but entry app:test does not import it; add \"acme:kv\" to its imports"
    );
    assert_eq!(std::fs::read_dir(data(&kv)).unwrap().count(), 0);
}

#[tokio::test]
async fn the_policy_is_asked_for_each_bucket_and_for_the_directory() {
    let kv = kv(json!({}));
    let ann = CallContext::builder().actor("ann").build();
    kv.call_in(&ann, "set", json!(["a", "key", "value"])).await.unwrap();
    let asked: Vec<_> = kv.asked().iter().map(|asked| (asked.to_string(), asked.actor.clone())).collect();
    assert_eq!(
        asked,
        [("app:test: mount app:data".into(), None), ("app:test: acme:kv/open a".into(), Some("ann".to_owned()))]
    );
    let denied = kv.policy(PolicyDouble::deny_all());
    let error = denied.call("get", json!(["a", "key"])).await.unwrap_err();
    assert_eq!((error.kind(), error.message().contains("not allowed: app:data")), (ErrorKind::PermissionDenied, true));
}

/// Lets nobody but Ann at the bucket `secrets`.
struct Secrets;

impl NetworkPolicy for Secrets {
    fn network(&self, request: &NetworkRequest<'_>) -> Decision {
        request.rules.clone()
    }
}

impl Policy for Secrets {
    fn action(&self, request: &ActionRequest<'_>) -> Result<()> {
        if request.object == "secrets" && request.actor != Some("ann") { Err(request.denied()) } else { Ok(()) }
    }
}

struct Data(PathBuf);

impl Directories for Data {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        Ok((id == "app:data").then(|| self.0.clone()))
    }
}

#[tokio::test]
async fn a_bucket_that_the_policy_refuses_is_an_error_that_a_guest_can_handle() {
    let kv = kv(json!({}));
    let registry = Registry::builder().with(&acme_kv::IMPORT).build().unwrap();
    let host = Host::builder().registry(registry).directories(Data(data(&kv))).policy(Secrets).build().unwrap();
    let component = host.compile(guest("kv")).unwrap();
    let mut spec = kv.spec().clone();
    spec.method = "set".into();
    let set = host.prepare(spec, &component).await.unwrap();
    let said = async |actor: &str, bucket: &str| {
        let call = CallContext::builder().actor(actor).build();
        let arguments = vec![Value::from(bucket), "key".into(), "value".into()];
        set.call(&call, arguments).await.unwrap().into_json().unwrap()
    };
    assert_eq!(said("ann", "secrets").await, json!({"ok": null}));
    assert_eq!(said("bob", "secrets").await, json!({"err": {"denied": "not allowed: acme:kv/open secrets"}}));
    assert_eq!(said("bob", "notes").await, json!({"ok": null}));
}
