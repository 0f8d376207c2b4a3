//! The calls that are measured, and that both programs give the same answer.

use super::ours::{self, Ours};
use crate::guests::{file, guest, root};
use crate::plain::{Baseline, Surroundings, engine};
use crate::row::Target;
use wasmtime::component::Val;
use wippy_host::Value;
use wippy_host::value::Object;

/// One call, made ready in both programs.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) ours: Ours,
    pub(crate) baseline: Baseline,
    /// The baseline without a WASI context, where the guest can do without: what the context itself costs.
    pub(crate) bare: Option<Baseline>,
    pub(crate) target: Target,
    /// What it is called with, where converting that is much of a call.
    pub(crate) users: Option<Value>,
}

const NOTHING: Surroundings = Surroundings::NOTHING;
/// In the mount of the configured cases.
const FILE: &str = "/data/values/Cargo.toml";

/// The cases that are chosen by name, in the order of the table. Each takes its time to compile.
pub(crate) async fn cases(chosen: impl Fn(&str) -> bool) -> Vec<Case> {
    let values = guest("values");
    let std_calls = guest("std-calls");
    // Imports something of every group. The currency has two letters, so that it looks at clock and arguments, and
    // gives up: what it would do beyond that is work, not the price of a call.
    let report = file("examples/quickstart/wasm/report.wasm");
    let variables = vec![("RATE_KEY".to_owned(), "s3cret")];
    let variable = Surroundings { variables: variables.clone(), ..NOTHING };
    let configured = Surroundings { variables, mounts: (root().join("guests"), vec!["/data".into()]), network: true };
    let name = || (vec![Value::from("RATE_KEY")], vec![Val::String("RATE_KEY".into())]);
    let path = || (vec![Value::from(FILE)], vec![Val::String(FILE.into())]);
    let currency = (vec![Value::from("US")], vec![Val::String("US".into())]);
    let (host, engine) = (ours::host(&configured), engine());

    let mut cases = Vec::new();
    for (name, guest, method, (arguments, vals), surroundings, most) in [
        ("scalar", &values, "add", scalars(), &NOTHING, 1.1),
        ("string echo", &values, "echo-string", text(), &NOTHING, 1.1),
        ("three records", &values, "echo-users", records(), &NOTHING, 1.1),
        ("std: clock", &std_calls, "now-millis", (vec![], vec![]), &NOTHING, 1.1),
        ("std: env", &std_calls, "env", name(), &variable, 1.1),
        ("std: env, configured", &std_calls, "env", name(), &configured, 1.15),
        ("std: file, configured", &std_calls, "read-file", path(), &configured, 1.15),
        ("all eight imported", &report, "create", currency, &NOTHING, 1.1),
    ] {
        if !chosen(name) {
            continue;
        }
        let users = (method == "echo-users").then(|| arguments.first().cloned()).flatten();
        let ours = Ours::prepare(&host, guest, method, arguments, surroundings).await;
        let baseline = Baseline::prepare(&engine, guest, method, vals.clone(), Some(surroundings));
        let bare = (guest == &values).then(|| Baseline::prepare(&engine, guest, method, vals, None));
        same(name, &ours, &baseline).await;
        cases.push(Case { name, ours, baseline, bare, target: Target::AtMost(most), users });
    }
    cases
}

/// A benchmark of two programs that do different work compares nothing.
async fn same(name: &str, ours: &Ours, baseline: &Baseline) {
    let (host, plain) = (ours.call().await, baseline.call().await);
    if name == "std: clock" {
        assert!(host.as_u64() > Some(0) && matches!(plain, Some(Val::U64(_))), "{name}: {host:?}, {plain:?}");
        return;
    }
    let plain = ours.signature().to_value(plain).unwrap();
    assert!(host == plain && !host.is_null(), "{name}: {host:?}, {plain:?}");
}

fn scalars() -> (Vec<Value>, Vec<Val>) {
    (vec![Value::from(2), Value::from(3)], vec![Val::S32(2), Val::S32(3)])
}

const TEXT: &str = "The quick brown fox jumps over the lazy dog";

fn text() -> (Vec<Value>, Vec<Val>) {
    (vec![Value::from(TEXT)], vec![Val::String(TEXT.into())])
}

fn records() -> (Vec<Value>, Vec<Val>) {
    let users =
        [("Ada", 36, Some("ada@example.org"), 2), ("Grace", 85, None, 3), ("Linus", 54, Some("l@example.org"), 0)];
    let values = users.iter().map(|(name, age, email, tags)| {
        let email = email.map_or(Value::Null, Value::from);
        let fields: [(&str, Value); 4] = [
            ("name", Value::from(*name)),
            ("age", Value::from(*age)),
            ("email", email),
            ("tag-count", Value::from(*tags)),
        ];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Value::Object(Object::from_pairs(fields).unwrap())
    });
    let vals = users.iter().map(|(name, age, email, tags)| {
        Val::Record(vec![
            ("name".into(), Val::String((*name).into())),
            ("age".into(), Val::U32(*age)),
            ("email".into(), Val::Option(email.map(|email| Box::new(Val::String(email.into()))))),
            ("tag-count".into(), Val::U8(*tags)),
        ])
    });
    (vec![Value::List(values.collect())], vec![Val::List(vals.collect())])
}
