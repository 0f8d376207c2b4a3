//! `process`: programs that are started, watched and ended.

use super::support::{App, spec, to_json};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wippy_host_core::{CallContext, Error, ErrorKind, Function, Result, Value, function};
use wippy_host_process::{HostOptions, Processes, Spawn};

/// How many futures of the program `app:never` are alive.
static WAITING: AtomicUsize = AtomicUsize::new(0);

struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Processes with a host and some programs.
fn processes() -> Processes {
    let processes = Processes::new();
    processes.add_host("app:processes".into(), HostOptions::default().with_max_processes(8));
    let greet = function(|_, mut arguments: Vec<Value>| async move {
        let name = arguments.pop().unwrap_or_default();
        Ok(Value::from(format!("Hello, {}!", name.as_str().unwrap_or_default())))
    });
    let fails = function(|_, _| async { Err::<Value, _>(Error::new(ErrorKind::Conflict, "taken")) });
    let never = function(|_, _| async {
        WAITING.fetch_add(1, Ordering::SeqCst);
        let _alive = Alive;
        std::future::pending::<Result<Value>>().await
    });
    let about = function(|call: CallContext, _| async move {
        Value::from_json(json!({"actor": call.actor(), "deadline": call.deadline().is_some()})).map_err(Error::from)
    });
    let programs: Vec<(Arc<str>, Arc<dyn Function>)> = vec![
        ("app:greet".into(), Arc::new(greet)),
        ("app:fails".into(), Arc::new(fails)),
        ("app:never".into(), Arc::new(never)),
        ("app:about".into(), Arc::new(about)),
    ];
    processes.exchange(&[], programs);
    processes
}

async fn run_with(processes: &Processes, context: &CallContext, body: &str) -> Result<Json> {
    let app = App::new();
    let mut spec = spec("app:f", &format!("return function(...)\n{body}\nend"));
    spec.processes = Some(processes.clone());
    app.add(spec);
    app.call_in(context, "app:f", Vec::new()).await.map(to_json)
}

async fn run(body: &str) -> Json {
    run_with(&processes(), &CallContext::new(), body).await.unwrap()
}

#[tokio::test]
async fn the_end_of_a_monitored_process_is_an_event_with_its_value() {
    let found = run(r#"
        local pid, err = process.spawn_monitored("app:greet", "app:processes", "Ada")
        assert(not err, tostring(err))
        local event = process.events():receive()
        return { event.kind == process.event.EXIT, event.from == pid, event.result.value, event.result.error == nil, event.at > 0 }"#);
    assert_eq!(found.await, json!([true, true, "Hello, Ada!", true, true]));
}

#[tokio::test]
async fn the_failure_of_a_process_is_an_event_with_its_error() {
    let found = run(r#"
        assert(process.spawn_monitored("app:fails", "app:processes"))
        local event = process.events():receive()
        return { event.result.value == nil, event.result.error:kind(), event.result.error:message() }"#);
    assert_eq!(found.await, json!([true, "Conflict", "taken"]));
}

#[tokio::test]
async fn bare_ids_are_of_the_entrys_own_namespace() {
    let found = run("return process.exec('greet', 'processes', 'Bob')");
    assert_eq!(found.await, json!("Hello, Bob!"));
}

#[tokio::test]
async fn events_can_be_selected_beside_other_channels() {
    let found = run(r#"
        local events, other = process.events(), channel.new(1)
        assert(events == process.events(), "it is the same channel each time")
        assert(process.spawn_monitored("app:greet", "app:processes", "Ada"))
        local chosen = channel.select{ events:case_receive(), other:case_receive() }
        return chosen.channel == events and chosen.value.result.value"#);
    assert_eq!(found.await, json!("Hello, Ada!"));
}

#[tokio::test]
async fn a_process_is_terminated_and_its_end_is_told() {
    let found = run(r#"
        local pid = assert(process.spawn("app:never", "app:processes"))
        assert(process.monitor(pid))
        assert(process.terminate(pid))
        local event = process.events():receive()
        local again, gone = process.terminate(pid)
        return { event.from == pid, event.result.error:kind(), again == nil, gone:kind() }"#);
    assert_eq!(found.await, json!([true, "Canceled", true, "NotFound"]));
}

#[tokio::test]
async fn a_process_that_is_not_monitored_any_more_tells_nothing() {
    let found = run(r#"
        local first = assert(process.spawn_monitored("app:never", "app:processes"))
        assert(process.unmonitor(first))
        assert(process.cancel(first, "enough"))
        assert(process.spawn_monitored("app:greet", "app:processes", "Ada"))
        return process.events():receive().result.value"#);
    assert_eq!(found.await, json!("Hello, Ada!"));
}

#[tokio::test]
async fn what_cannot_be_started_is_an_error_in_second_place() {
    let found = run(r#"
        local texts = {}
        for _, call in ipairs{
            function() return process.spawn("app:nothing", "app:processes") end,
            function() return process.spawn("app:greet", "app:nowhere") end,
            function() return process.exec("app:nothing", "app:processes") end,
            function() return process.spawn(5) end,
            function() return process.monitor("no pid") end,
        } do
            local value, err = call()
            assert(value == nil)
            texts[#texts + 1] = err:kind() .. ": " .. err:message()
        end
        return texts"#);
    let found = found.await;
    let texts: Vec<&str> = found.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(texts[0].starts_with("NotFound: no process registered for id: app:nothing"), "{texts:?}");
    assert!(texts[1].starts_with("NotFound: ") && texts[1].contains("app:nowhere"), "{texts:?}");
    assert!(texts[2].starts_with("NotFound: no process registered for id: app:nothing"), "{texts:?}");
    assert!(texts[3].starts_with("Invalid: ") && texts[4].starts_with("Invalid: "), "{texts:?}");
}

#[tokio::test]
async fn a_host_that_is_full_says_so() {
    let found = run(r#"
        for _ = 1, 8 do assert(process.spawn("app:never", "app:processes")) end
        local pid, err = process.spawn("app:never", "app:processes")
        return { pid == nil, err:kind() }"#);
    assert_eq!(found.await, json!([true, "Unavailable"]));
}

#[tokio::test]
async fn a_process_acts_for_the_same_actor_and_outlives_the_deadline_of_its_spawner() {
    let processes = processes();
    let context = CallContext::builder().actor("ada").timeout(Duration::from_secs(20)).build();
    let body =
        "assert(process.spawn_monitored('app:about', 'app:processes')) return process.events():receive().result.value";
    let about = run_with(&processes, &context, body).await.unwrap();
    assert_eq!(about, json!({"actor": "ada", "deadline": false}));
    let pid = run_with(&processes, &context, "return process.spawn('app:never', 'app:processes')").await.unwrap();
    let running: Vec<String> = processes.list().iter().map(|process| process.pid.to_string()).collect();
    assert_eq!(running, [pid.as_str().unwrap()], "what a function has spawned goes on");
    processes.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn a_call_that_ends_drops_the_process_that_it_waits_for() {
    let processes = processes();
    let context = CallContext::builder().timeout(Duration::from_millis(100)).build();
    let error = run_with(&processes, &context, "return process.exec('app:never', 'app:processes')").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let gone = async {
        while !processes.list().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the process ends with the wait for it");
}

#[tokio::test]
async fn a_process_that_listens_is_told_that_it_is_to_end() {
    let processes = processes();
    let app = App::new();
    let source = "return function()
        local event = process.events():receive()
        assert(event.kind == process.event.CANCEL)
        return event.reason
    end";
    let mut listener = spec("app:listener", source);
    listener.processes = Some(processes.clone());
    let listener: Arc<dyn Function> = Arc::new(app.make(listener).unwrap());
    processes.exchange(&[], vec![("app:listener".into(), listener)]);
    let me = processes.attach(&"app:me".into());
    let spawn = Spawn::new("app:listener", "app:processes", CallContext::new());
    let pid = processes.spawn(spawn.monitored_by(me.pid())).unwrap();
    while !processes.list().iter().any(|process| process.listens) {
        tokio::task::yield_now().await;
    }
    processes.cancel(None, &pid, "enough").unwrap();
    let ended = me.events().recv().await;
    assert_eq!(ended.result.unwrap().unwrap(), Value::from("enough"));
}

#[tokio::test]
async fn the_policy_is_asked_for_what_is_started() {
    struct Nothing;
    impl wippy_host_core::policy::network::NetworkPolicy for Nothing {}
    impl wippy_host_core::Policy for Nothing {
        fn call(&self, request: &wippy_host_core::CallRequest<'_>) -> Result<()> {
            Err(request.denied())
        }
    }
    let mut app = App::new();
    app.services.policy = Arc::new(Nothing);
    let source = "return function()
        local pid, first = process.spawn('app:greet', 'app:processes')
        local value, second = process.exec('app:greet', 'app:processes')
        return { pid == nil, first:kind(), value == nil, second:message() }
    end";
    let mut asking = spec("app:f", source);
    asking.processes = Some(processes());
    app.add(asking);
    let found = app.call("app:f", Vec::new()).await.map(to_json).unwrap();
    assert_eq!(found, json!([true, "PermissionDenied", true, "not allowed: app:greet"]));
}

#[tokio::test]
async fn without_processes_each_function_says_so() {
    let app = App::new();
    app.lua(
        "app:f",
        "return function()
            local kinds = { process.id() }
            for _, name in ipairs({ 'spawn', 'spawn_monitored', 'exec', 'cancel', 'terminate', 'monitor', 'unmonitor' }) do
                local done, err = process[name]('app:greet', 'app:processes')
                kinds[#kinds + 1] = done == nil and err:kind()
            end
            for _, name in ipairs({ 'pid', 'events' }) do
                local found, err = process[name]()
                kinds[#kinds + 1] = found == nil and err:kind()
            end
            return kinds
        end",
    );
    let found = app.call("app:f", Vec::new()).await.map(to_json).unwrap();
    let mut expected = vec!["app:f"];
    expected.extend(["Unavailable"; 9]);
    assert_eq!(found, json!(expected));
}
