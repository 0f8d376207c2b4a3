//! Values in and out of a guest that gives them back: against calls whose values are made and taken apart by hand, for just
//! this type. What goes in is made before the clock runs; what comes out is dropped after it has stopped.

use crate::bench::Bench;
use crate::guests::guest;
use crate::plain::{User, Values, values_from_val, values_to_val};
use crate::row::Target::AtMost;
use std::time::Instant;
use wasmtime::component::Val;
use wippy_host::value::{Object, Signature};
use wippy_host::{CallContext, ENABLED, EntrySpec, Function as _, Host, Value, WasmFunction};

const MIB: usize = 1 << 20;

pub(super) fn run(bench: &Bench) {
    let host = wippy_host::builder().unwrap().build().unwrap();
    let ours = |method: &'static str| bench.runtime.block_on(function(&host, method));
    let (users, bytes, text) = (ours("echo-users"), ours("echo-bytes"), ours("echo-string"));
    let plain = Values::new();
    for (count, calls) in [(10, 100), (100, 20), (1000, 3)] {
        let calls = bench.length.pick(1, calls, calls);
        let (given, value) = (made(count), value(made(count)));
        bench.runtime.block_on(same(&users, &plain, &given, &value));
        let ours = || timed(bench, calls, || value.clone(), |value| called(&users, value));
        let row = |what: &str| format!("{count} records, in and out{what}");
        bench.ratio(&row(""), "µs", AtMost(1.2), ours, || {
            timed(bench, calls, || given.clone(), |given| plain.echo_users(given))
        });
        bench.ratio(&row(", against `Value` by hand"), "µs", AtMost(1.2), ours, || {
            timed(bench, calls, || value.clone(), |value| plain.echo_values(value))
        });
    }
    conversion(bench, users.signature().unwrap());
    let calls = bench.length.pick(1, 4, 4);
    bench.ratio(
        "bytes of 1 MiB, against the typed call",
        "µs",
        AtMost(1.2),
        || timed(bench, calls, || Value::from(vec![7u8; MIB]), |value| called(&bytes, value)),
        || timed(bench, calls, || vec![7u8; MIB], |value| plain.typed("echo-bytes", value)),
    );
    bench.ratio(
        "a text of 1 MiB, against the typed call",
        "µs",
        AtMost(1.2),
        || timed(bench, calls, || Value::from("x".repeat(MIB)), |value| called(&text, value)),
        || timed(bench, calls, || "x".repeat(MIB), |value| plain.typed("echo-string", value)),
    );
}

/// The conversion of 1,000 records without a call.
fn conversion(bench: &Bench, signature: &Signature) {
    let calls = bench.length.pick(1, 5, 5);
    let value = value(made(1000));
    let val = || values_to_val(value.clone());
    bench.ratio(
        "1,000 records to `Val` alone",
        "µs",
        None,
        || timed(bench, calls, || vec![value.clone()], async |value| signature.to_vals(value).unwrap()),
        || timed(bench, calls, || value.clone(), async |value| values_to_val(value)),
    );
    bench.ratio(
        "1,000 records from `Val` alone",
        "µs",
        None,
        || timed(bench, calls, val, async |val: Val| signature.to_value(Some(val)).unwrap()),
        || timed(bench, calls, val, async |val: Val| values_from_val(val)),
    );
}

/// Microseconds of one call.
fn timed<I, O>(bench: &Bench, calls: u32, input: impl Fn() -> I, call: impl AsyncFn(I) -> O) -> f64 {
    bench.runtime.block_on(async {
        let mut spent = 0.0;
        for _ in 0..calls {
            let input = input();
            let start = Instant::now();
            let output = call(input).await;
            spent += start.elapsed().as_secs_f64();
            drop(std::hint::black_box(output));
        }
        spent * 1e6 / f64::from(calls)
    })
}

async fn called(function: &WasmFunction, value: Value) -> Value {
    function.call(&CallContext::new(), vec![value]).await.unwrap()
}

/// A benchmark of programs that do different work compares nothing.
async fn same(ours: &WasmFunction, plain: &Values, given: &[User], as_value: &Value) {
    assert_eq!(called(ours, as_value.clone()).await, *as_value);
    assert_eq!(plain.echo_values(as_value.clone()).await, *as_value);
    assert_eq!(plain.echo_users(given.to_vec()).await, given);
}

async fn function(host: &Host, method: &str) -> WasmFunction {
    let entry = EntrySpec::new(format!("bench:{method}"), method).with_imports(ENABLED.iter().copied());
    host.prepare(entry, host.compile(guest("values")).unwrap()).await.unwrap()
}

/// Users of whom every second has an address.
fn made(count: usize) -> Vec<User> {
    let user = |number: usize| User {
        name: format!("user number {number}"),
        age: 18 + number as u32 % 70,
        email: number.is_multiple_of(2).then(|| format!("user-{number}@example.org")),
        tag_count: number as u8,
    };
    (0..count).map(user).collect()
}

/// The same as the host's values.
fn value(users: Vec<User>) -> Value {
    let user = |user: User| {
        let email = user.email.map_or(Value::Null, Value::from);
        let fields: [(&str, Value); 4] = [
            ("name", user.name.into()),
            ("age", user.age.into()),
            ("email", email),
            ("tag-count", user.tag_count.into()),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Value::Object(Object::from_pairs(fields.into()).unwrap())
    };
    users.into_iter().map(user).collect()
}
