//! Instances that are prepared ahead: whom they serve, whom they do not, and when they go.

use crate::support::{Variable, add, builder, call, call_in, guest, host, mapped, options, pool, small, spec, until};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wippy_host::pool::{PoolFields, PoolKind, PoolSpec, WarmStart};
use wippy_host::{CallContext, CapturedOutput, ErrorKind, ManualClock, Reason, Value, function};

fn warm(count: u32) -> PoolSpec {
    pool(PoolFields::default().with_max_size(8).with_warm_start(WarmStart::Count(count)))
}

#[tokio::test]
async fn instances_are_prepared_ahead_and_made_up_for_and_each_serves_one_call() {
    let host = host();
    let count = add(&host, &guest(&host, "misbehave"), spec("app:count", "count", warm(3))).await;
    until("three wait", || count.ready() == 3).await;
    for _ in 0..20 {
        assert_eq!(call(&count, json!([])).await.unwrap(), 1, "an instance served two calls");
    }
    until("three wait again", || count.ready() == 3).await;
    let all = pool(PoolFields::default().with_workers(2).with_warm_start(WarmStart::All));
    let all = add(&host, &guest(&host, "misbehave"), spec("app:all", "count", all)).await;
    until("one for each slot", || all.ready() == 2).await;
}

#[tokio::test]
async fn a_call_that_finds_a_prepared_instance_takes_it() {
    let host = host();
    let count = add(&host, &guest(&host, "misbehave"), spec("app:count", "count", warm(2))).await;
    until("two wait", || count.ready() == 2).await;
    // On this one thread nothing is prepared before the call has ended.
    call(&count, json!([])).await.unwrap();
    assert_eq!(count.ready(), 1);
}

#[tokio::test]
async fn a_call_with_a_clock_an_output_or_arguments_of_its_own_gets_an_instance_of_its_own() {
    let host = host();
    let print = add(&host, &guest(&host, "probe-cli"), spec("app:print", "write-stdout", warm(1))).await;
    let arguments = add(&host, &guest(&host, "probe-cli"), spec("app:arguments", "arguments", warm(1))).await;
    until("both wait", || print.ready() == 1 && arguments.ready() == 1).await;
    let output = CapturedOutput::default();
    let captured = CallContext::builder().output(Arc::new(output.clone())).build();
    call_in(&captured, &print, json!(["hello\n"])).await.unwrap();
    assert_eq!((output.lines()[0].text.as_str(), print.ready()), ("hello", 1));
    let clocked = CallContext::builder().clock(Arc::new(ManualClock::default())).build();
    call_in(&clocked, &print, json!(["hello\n"])).await.unwrap();
    assert_eq!(print.ready(), 1);
    let given = CallContext::builder().arguments(["--fast"]).build();
    assert_eq!(call_in(&given, &arguments, json!([])).await.unwrap(), json!(["--fast"]));
    assert_eq!(arguments.ready(), 1);
}

#[tokio::test]
async fn the_context_of_a_prepared_instance_is_that_of_its_call() {
    let host = host();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sees = seen.clone();
    let who = function(move |context: CallContext, _| {
        sees.lock().unwrap().push((context.actor().map(str::to_owned), context.depth(), context.deadline().is_some()));
        async { Ok(Value::from("seen")) }
    });
    host.functions().register("app:who", who).unwrap();
    let caller = add(&host, &guest(&host, "probe-funcs"), spec("app:caller", "call-string", warm(1))).await;
    for actor in ["ada", "grace"] {
        until("one waits", || caller.ready() == 1).await;
        let context = CallContext::builder().actor(actor).build();
        call_in(&context, &caller, json!(["app:who", ""])).await.unwrap();
    }
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, [(Some("ada".to_owned()), 0, true), (Some("grace".to_owned()), 0, true)]);
}

#[tokio::test]
async fn an_instance_that_has_grown_is_dropped_before_its_caller_hears() {
    const GROWN: usize = 128 * 65_536;
    let host = host();
    let grow = add(&host, &guest(&host, "misbehave"), spec("app:grow", "grow-memory", warm(1))).await;
    until("one waits", || grow.ready() == 1).await;
    assert!(call(&grow, json!([GROWN / 65_536])).await.unwrap().is_number());
    // On this one thread nobody drops it between its end and this line.
    assert!(host.memory_in_use() < GROWN, "{} bytes are held", host.memory_in_use());
}

#[tokio::test]
async fn a_changed_variable_is_seen_by_the_next_call() {
    let variable = Variable::default();
    variable.change(Some("old"));
    let host = builder(options()).environment(variable.clone()).build().unwrap();
    let entry = spec("app:environment", "environment", warm(2)).with_section("wasi", mapped(true));
    let environment = add(&host, &guest(&host, "probe-cli"), entry).await;
    until("two wait", || environment.ready() == 2).await;
    assert_eq!(call(&environment, json!([])).await.unwrap(), json!([["NAME", "old"]]));
    until("two wait", || environment.ready() == 2).await;
    variable.change(Some("new"));
    assert_eq!(call(&environment, json!([])).await.unwrap(), json!([["NAME", "new"]]));
    until("two wait", || environment.ready() == 2).await;
    variable.change(None);
    let error = call(&environment, json!([])).await.unwrap_err();
    assert_eq!(error.message(), "required wasi env variable not found: app:variable");
}

#[tokio::test]
async fn what_cannot_be_prepared_is_silent_and_its_call_says_why() {
    let variable = Variable::default();
    let host = builder(options()).environment(variable.clone()).build().unwrap();
    let entry = spec("app:environment", "environment", warm(2)).with_section("wasi", mapped(true));
    let environment = add(&host, &guest(&host, "probe-cli"), entry).await;
    for _ in 0..3 {
        let error = call(&environment, json!([])).await.unwrap_err();
        assert_eq!(error.message(), "required wasi env variable not found: app:variable");
    }
    assert_eq!(host.memory_in_use(), 0, "an instance that was not finished holds memory");
    variable.change(Some("set"));
    assert_eq!(call(&environment, json!([])).await.unwrap(), json!([["NAME", "set"]]));

    let trap = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../guests/wat/trap-at-start.wat")).unwrap();
    let trap = add(&host, &host.compile(trap).unwrap(), spec("app:trap", "run", warm(1))).await;
    let error = call(&trap, json!([])).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Internal, Reason::Trap), "{error}");
}

#[tokio::test]
async fn the_limit_on_time_counts_from_the_call_not_from_the_preparation() {
    let host = host();
    let mut entry = spec("app:loop", "loop-forever", warm(1));
    entry.limits.max_execution = Some(Duration::from_secs(1));
    let endless = add(&host, &guest(&host, "misbehave"), entry.clone()).await;
    entry.method = "echo".into();
    entry.id = "app:echo".into();
    let echo = add(&host, &guest(&host, "misbehave"), entry).await;
    until("both wait", || endless.ready() == 1 && echo.ready() == 1).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(call(&echo, json!(["in time"])).await.unwrap(), "in time");
    let start = std::time::Instant::now();
    let error = call(&endless, json!([])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::ExecutionTime);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn instances_that_wait_give_way_to_calls_where_the_host_is_full() {
    let host = small(3, 1);
    let misbehave = guest(&host, "misbehave");
    let waiting = add(&host, &misbehave, spec("app:waiting", "echo", warm(2))).await;
    until("all room is taken", || waiting.ready() == 2).await;
    let other = add(&host, &misbehave, spec("app:other", "echo", PoolSpec::INLINE)).await;
    assert_eq!(call(&other, json!(["room"])).await.unwrap(), "room");
    assert_eq!(waiting.ready(), 1);
}

#[tokio::test]
async fn a_function_that_is_replaced_takes_its_instances_with_it() {
    let host = host();
    let misbehave = guest(&host, "misbehave");
    drop(add(&host, &misbehave, spec("app:count", "count", warm(3))).await);
    until("memory is held", || host.memory_in_use() > 0).await;
    drop(add(&host, &misbehave, spec("app:count", "count", PoolSpec::INLINE)).await);
    until("nothing is held", || host.memory_in_use() == 0).await;
}

#[tokio::test]
async fn an_adaptive_pool_holds_as_many_ready_as_there_was_demand_for() {
    let host = host();
    let adaptive =
        pool(PoolFields::default().with_kind(PoolKind::Adaptive).with_max_size(8).with_warm_start(WarmStart::All));
    let gate = crate::support::Gate::register(&host, "app:gate");
    let caller = add(&host, &guest(&host, "probe-funcs"), spec("app:caller", "call-string", adaptive)).await;
    until("one waits", || caller.ready() == 1).await;
    let calls: Vec<_> = (0..4).map(|_| crate::support::start(&caller, "app:gate")).collect();
    until("four run", || gate.inside() == 4).await;
    until("as many wait as ran", || caller.ready() == 4).await;
    gate.let_go(4);
    for call in calls {
        call.await.unwrap().unwrap();
    }
}
