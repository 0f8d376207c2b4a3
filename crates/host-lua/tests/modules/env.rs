//! `env`.

use crate::support::{Setting, run_in};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use wippy_host_core::policy::network::NetworkPolicy;
use wippy_host_core::{Environment, EnvironmentRequest, Error, ErrorKind, Policy, Result, Services, VariableAccess};

#[derive(Default)]
struct Variables(Mutex<BTreeMap<String, Option<String>>>);

impl Environment for Variables {
    fn get(&self, id: &str) -> Result<Option<String>> {
        Ok(self.0.lock().unwrap().get(id).cloned().flatten())
    }

    fn contains(&self, id: &str) -> bool {
        self.0.lock().unwrap().contains_key(id)
    }

    fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }

    fn set(&self, id: &str, value: &str) -> Result<()> {
        self.0.lock().unwrap().insert(id.to_owned(), Some(value.to_owned()));
        Ok(())
    }
}

/// Hides `app:secret`, and lets nobody change `app:fixed`.
struct Guarded;

impl NetworkPolicy for Guarded {}

impl Policy for Guarded {
    fn environment(&self, request: &EnvironmentRequest<'_>) -> Result<()> {
        assert_eq!(request.entry, "app:test");
        if request.variable == "app:secret"
            || (request.variable == "app:fixed" && request.access == VariableAccess::Write)
        {
            return Err(Error::new(ErrorKind::PermissionDenied, format!("not allowed: {}", request.variable)));
        }
        Ok(())
    }
}

#[tokio::test]
async fn variables_are_read_and_changed_by_id_as_the_policy_allows() {
    let variables = Variables::default();
    for (id, value) in
        [("app:key", Some("1")), ("app:unset", None), ("app:secret", Some("s")), ("app:fixed", Some("f"))]
    {
        variables.0.lock().unwrap().insert(id.to_owned(), value.map(str::to_owned));
    }
    let services = Services::default().with_environment(variables).with_policy(Guarded);
    let result = run_in(
        Setting { services, ..Setting::default() },
        r#"
        assert(env.get("key") == "1" and env.get("app:key") == "1")
        assert(env.set("key", "2") == true and env.get("key") == "2")
        local failures = {}
        for _, attempt in ipairs { { "get", "unset" }, { "get", "other:none" }, { "get", "secret" }, { "set", "fixed" } } do
          local value, err = env[attempt[1]](attempt[2], "x")
          assert(value == nil)
          failures[#failures + 1] = err:kind() .. ": " .. tostring(err)
        end
        return { failures = failures, all = env.get_all() }
        "#,
    )
    .await
    .unwrap();
    assert_eq!(
        result,
        json!({
            "all": { "app:fixed": "f", "app:key": "2" },
            "failures": [
                "NotFound: the environment variable app:unset is not set; set it, or give its env.variable entry a default: app:unset",
                "NotFound: there is no environment variable other:none; add an entry of kind env.variable with the id other:none",
                "PermissionDenied: not allowed: app:secret",
                "PermissionDenied: not allowed: app:fixed",
            ],
        })
    );
}
