//! `logger`.

use crate::support::{Setting, run_in};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// A log that a test reads.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.0.lock().unwrap()).lines().map(str::to_owned).collect()
    }
}

async fn logged(setting: Setting, body: &str) -> Vec<String> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).json().finish();
    let guard = tracing::subscriber::set_default(subscriber);
    run_in(setting, body).await.unwrap();
    drop(guard);
    log.lines()
}

#[tokio::test]
async fn a_line_has_level_entry_text_and_fields() {
    let lines = logged(
        Setting::default(),
        r#"
        local log = logger:named("orders"):with({ order = 7 })
        log:info("priced", { total = 1.5 })
        logger:error("lost")"#,
    );
    let lines = lines.await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    for part in ["\"INFO\"", "app:test", "priced", "orders", "order", "7", "total", "1.5"] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    assert!(lines[1].contains("\"ERROR\"") && lines[1].contains("lost"), "{}", lines[1]);
}

#[tokio::test]
async fn a_flood_is_held_to_the_limit_of_a_second() {
    let mut setting = Setting::default();
    setting.limits.max_log_bytes = 1_000;
    let lines = logged(setting, "for i = 1, 1000 do logger:info(('x'):rep(100)) end").await;
    assert!(lines.len() < 50, "{} lines", lines.len());
}
