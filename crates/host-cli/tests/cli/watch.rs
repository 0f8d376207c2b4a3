//! `run --watch`: what changes in the files is taken over while connections stay.

#![cfg(unix)]

use crate::http::{Answer, Client, Serving};
use crate::support::{ADD, App};

/// Counts its calls, for as long as its instance lives.
const COUNT: &str = r#"(component
  (core module $m
    (global $calls (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (global.get $calls)))
  (core instance $i (instantiate $m))
  (func (export "count") (result s32) (canon lift (core func $i "count"))))
"#;

const ENTRIES: &str = "  - name: gateway
    kind: http.service
    addr: \"127.0.0.1:0\"
    lifecycle: { auto_start: true }
  - name: api
    kind: http.router
    meta: { server: demo:gateway }
    prefix: /
  - name: sum
    kind: function.wat
    source: file://add.wat
    method: add
  - name: count
    kind: function.wat
    source: file://count.wat
    method: count
    pool: { type: lazy, max_size: 1, reuse: { max_calls: 1000 } }
  - name: say
    kind: function.lua
    source: file://say.lua
    method: say
  - { name: sum_endpoint, kind: http.endpoint, meta: { router: demo:api }, method: POST, path: /sum, func: sum }
  - { name: count_endpoint, kind: http.endpoint, meta: { router: demo:api }, method: POST, path: /count, func: count }
  - { name: say_endpoint, kind: http.endpoint, meta: { router: demo:api }, method: POST, path: /say, func: say }
";

fn say(text: &str) -> String {
    format!("local function say()\n  return \"{text}\"\nend\nreturn {{ say = say }}\n")
}

/// The application, while it runs, and one connection that stays open.
fn watched() -> (App, Serving, Client) {
    let app = App::new(ENTRIES).with("count.wat", COUNT).with("say.lua", say("one"));
    let serving = Serving::start(&["run", "--watch", app.path().to_str().unwrap()]);
    let client = serving.client();
    (app, serving, client)
}

fn sum(client: &mut Client) -> Answer {
    client.ask("POST", "/sum", "[5,2]")
}

#[test]
fn a_source_that_changes_answers_the_next_request_of_an_open_connection() {
    let (app, serving, mut client) = watched();
    sum(&mut client).is(200, "7");
    client.ask("POST", "/say", "").is(200, "one");
    let app = app.with("add.wat", ADD.replace("i32.add", "i32.sub"));
    assert_eq!(serving.line("reloaded: "), "reloaded: demo:sum");
    sum(&mut client).is(200, "3");
    let _app = app.with("say.lua", say("two"));
    assert_eq!(serving.line("reloaded: "), "reloaded: demo:say");
    client.ask("POST", "/say", "").is(200, "two");
}

#[test]
fn an_entry_that_did_not_change_keeps_its_instance() {
    let (app, serving, mut client) = watched();
    client.ask("POST", "/count", "").is(200, "1");
    let _app = app.with("add.wat", ADD.replace("i32.add", "i32.sub"));
    serving.line("reloaded: demo:sum");
    client.ask("POST", "/count", "").is(200, "2");
}

#[test]
fn a_broken_edit_is_told_and_not_taken_over_until_it_is_mended() {
    let (app, serving, mut client) = watched();
    let app = app.with("say.lua", "local function say(\n");
    assert!(serving.line(" of say.lua").contains("demo:say"));
    serving.line("what ran before runs on");
    client.ask("POST", "/say", "").is(200, "one");
    let _app = app.with("say.lua", say("mended"));
    serving.line("reloaded: demo:say");
    client.ask("POST", "/say", "").is(200, "mended");
}

#[test]
fn a_broken_index_is_told_with_its_line_and_changes_nothing_until_it_is_mended() {
    let (app, serving, mut client) = watched();
    client.ask("POST", "/count", "").is(200, "1");
    let path = app.path().join("_index.yaml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let line = |text: &str| whole.lines().position(|line| line == text).unwrap() + 1;

    let app = app.with("_index.yaml", whole.replace("    method: add\n", "    method: [add\n"));
    let problem = serving.line("_index.yaml:");
    assert!(problem.contains("_index.yaml:"), "{problem}");
    serving.line("what ran before runs on");
    sum(&mut client).is(200, "7");

    let app = app.with("_index.yaml", whole.replace("    method: add\n", "    method: subtract\n"));
    serving.line(&format!("_index.yaml:{}:", line("    method: add")));
    serving.line("what ran before runs on");
    sum(&mut client).is(200, "7");

    let _app = app.with("_index.yaml", whole.replace("path: /sum", "path: /total"));
    serving.line("reloaded: ");
    client.ask("POST", "/total", "[5,2]").is(200, "7");
    // What stands in the file as it stood has been left alone all the time.
    client.ask("POST", "/count", "").is(200, "2");
}

/// Says that it has begun, and ends with its word once `demo:sum` is another.
const WAITING: &str = r#"local funcs = require("funcs")
local logger = require("logger")
local time = require("time")
local function say()
  logger:info("has begun")
  while funcs.call("demo:sum", 5, 2) == 7 do
    time.sleep("10ms")
  end
  return "old"
end
return { say = say }
"#;

/// An application, a request that waits in `/say`, and a connection that has not asked yet.
fn waiting() -> (App, Serving, Client, Client) {
    let modules = "    method: say\n    modules: [funcs, logger, time]\n";
    let app =
        App::new(&ENTRIES.replace("    method: say\n", modules)).with("count.wat", COUNT).with("say.lua", WAITING);
    let serving = Serving::start(&["run", "--watch", app.path().to_str().unwrap()]);
    let (mut early, late) = (serving.client(), serving.client());
    early.head("POST", "/say", 0);
    serving.line("has begun");
    (app, serving, early, late)
}

/// Changes the entry of the service.
fn with_service(app: App, from: &str, to: &str) -> App {
    let index = std::fs::read_to_string(app.path().join("_index.yaml")).unwrap();
    assert!(index.contains(from));
    app.with("_index.yaml", index.replacen(from, to, 1))
}

/// In lines that stay as many, so that no other entry moves.
const AUTO_START: &str = "    lifecycle: { auto_start: true }\n";
const ADDR: &str = "    addr: \"127.0.0.1:0\"\n";

#[test]
fn a_service_that_changes_turns_nobody_away_while_it_finishes_its_requests() {
    let (app, serving, mut early, _) = waiting();
    let app = with_service(app, AUTO_START, "    timeouts: { idle: 7s }\n");
    serving.line("reloaded: no function has changed");
    sum(&mut serving.client()).is(200, "7");
    let _app = app.with("add.wat", ADD.replace("i32.add", "i32.sub"));
    serving.line("reloaded: demo:sum");
    early.answer().is(200, "old");
}

#[test]
fn a_service_that_cannot_start_anew_runs_on() {
    let (app, serving, mut client) = watched();
    // An address for documentation, which no machine has.
    let app = with_service(app, ADDR, "    addr: \"192.0.2.1:0\"\n");
    serving.line("cannot listen on 192.0.2.1:0");
    sum(&mut client).is(200, "7");
    sum(&mut serving.client()).is(200, "7");
    let _app = with_service(app, "    addr: \"192.0.2.1:0\"\n", ADDR).with("say.lua", say("mended"));
    serving.line("reloaded: demo:say");
    client.ask("POST", "/say", "").is(200, "mended");
}

#[test]
fn a_signal_ends_it_also_while_a_service_that_changed_finishes_its_requests() {
    let (app, serving, mut early, _) = waiting();
    let _app = with_service(app, AUTO_START, "    timeouts: { idle: 7s }\n");
    serving.line("reloaded: no function has changed");
    serving.signal("TERM");
    serving.refuses();
    serving.signal("TERM");
    assert_eq!(serving.ended(), Some(143));
    // The request was cut off: nothing of an answer came.
    early.send("");
}

#[test]
fn a_request_in_flight_ends_with_the_version_that_accepted_it() {
    let (app, serving, mut early, mut late) = waiting();
    let app = app.with("say.lua", say("new"));
    serving.line("reloaded: demo:say");
    late.ask("POST", "/say", "").is(200, "new");
    let _app = app.with("add.wat", ADD.replace("i32.add", "i32.sub"));
    serving.line("reloaded: demo:sum");
    early.answer().is(200, "old");
}
