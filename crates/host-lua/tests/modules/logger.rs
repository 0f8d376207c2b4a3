//! `logger`.

use crate::support::{Setting, run_in};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing::instrument::WithSubscriber as _;
use wippy_host_core::Limits;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log lines that a function with this body writes.
async fn lines(limits: Limits, body: &str) -> Vec<serde_json::Value> {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    run_in(Setting { limits, ..Setting::default() }, body).with_subscriber(subscriber).await.unwrap();
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter(|line| line["target"] == "wippy::guest").collect()
}

#[tokio::test]
async fn a_line_has_level_entry_name_and_fields_as_json() {
    let lines = lines(
        Limits::default(),
        r#"
        logger:debug("one")
        logger:info("two", { user = "ada", n = 3 })
        local log = logger:named("db"):with({ table = "users" })
        log:warn("three", { rows = { 1, 2 } })
        log:named("pool"):error("four", { f = print })
        logger:info("five", "no table")
        logger:with({ cause = errors.new("broken"), took = time.parse_duration("2s") }):error("six", { user = "ada" })
        local ok, err = pcall(logger.info, logger)
        logger:info(err:message())
        "#,
    )
    .await;
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            let field = |name: &str| line["fields"][name].as_str().unwrap().to_owned();
            assert_eq!(field("entry"), "app:test");
            [line["level"].as_str().unwrap().to_owned(), field("logger"), field("message"), field("fields")]
        })
        .collect();
    assert_eq!(
        seen,
        [
            ["DEBUG", "", "one", "{}"],
            ["INFO", "", "two", r#"{"n":3,"user":"ada"}"#],
            ["WARN", "db", "three", r#"{"table":"users","rows":[1,2]}"#],
            ["ERROR", "db.pool", "four", r#"{"table":"users","f":"(function)"}"#],
            ["INFO", "", "five", r#"{"fields":"the fields of a log line are a table of names and values"}"#],
            ["ERROR", "", "six", r#"{"cause":"broken","took":"2s","user":"ada"}"#],
            ["INFO", "", "logger:info takes a text first, got nil", "{}"],
        ]
    );
}

#[tokio::test]
async fn lines_beyond_the_entrys_limit_are_not_written() {
    let mut limits = Limits::default();
    limits.max_log_bytes = 1000;
    let lines = lines(limits, "for i = 1, 10000 do logger:info('0123456789') end").await;
    assert!((1..1000).contains(&lines.len()), "{}", lines.len());
}
