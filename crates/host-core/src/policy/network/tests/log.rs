use super::rules;
use crate::policy::network::{Denial, DenialLog, NetworkGuard, NetworkRules, NetworkUse};
use std::fmt::{Debug, Write};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// While a process has had one subscriber, tracing asks only the thread that first comes to a line whether anybody wants it, once
/// and for all. With others it asks them all: a thread without a subscriber silences no line for the test that has one.
static OTHERS: LazyLock<[tracing::Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default())));

/// Collects what is logged as `LEVEL field=value…`.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<String>>>);

impl Captured {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn a_denial_that_repeats_is_logged_once_then_at_most_each_minute_and_at_the_end() {
    let (log, captured) = (DenialLog::new(), Captured::default());
    let (denial, began) = (Denial::new("tcp connect to 127.0.0.1:1", "no"), Instant::now());
    LazyLock::force(&OTHERS);
    tracing::subscriber::with_default(captured.clone(), || {
        let each_second = |second| log.record_at(&denial, began + Duration::from_secs(second));
        let logged: Vec<u64> = (0..150).filter(|second| each_second(*second)).collect();
        assert_eq!(logged, [0, 60, 120]);
        log.summarise();
        log.summarise();
    });
    assert_eq!(log.counts()[0].count, 150);
    let text = "denied tcp connect to 127.0.0.1:1 (no)";
    assert_eq!(
        captured.lines(),
        [
            format!("WARN message={text} entry=\"\" count=1"),
            format!("WARN message={text} entry=\"\" count=61"),
            format!("WARN message={text} entry=\"\" count=121"),
            "WARN message=denied 150 times so far: tcp connect to 127.0.0.1:1 entry=\"\" count=150".to_owned(),
        ]
    );
}

#[test]
fn the_log_holds_the_entry_the_count_and_the_line_to_add() {
    let captured = Captured::default();
    LazyLock::force(&OTHERS);
    tracing::subscriber::with_default(captured.clone(), || {
        let guard = NetworkGuard::new("demo:report", rules(&["a.example"]));
        for _ in 0..11 {
            guard.check(NetworkUse::Connect, None, super::addr("127.0.0.1:5432")).unwrap_err();
        }
        let guard = NetworkGuard::new("demo:fetch", NetworkRules::public());
        guard.check(NetworkUse::Connect, None, super::addr("10.0.0.1:1")).unwrap_err();
        guard.lookup("a b").unwrap_err();
    });
    let text = r#"entry demo:report: denied tcp connect to 127.0.0.1:5432 (loopback address, not named by wasi.network.allow); add "127.0.0.1:5432" to its wasi.network.allow"#;
    let warn = Level::WARN;
    assert_eq!(
        captured.lines(),
        [
            format!(r#"{warn} message={text} entry="demo:report" count=1"#),
            format!(
                r#"{warn} message=entry demo:fetch: denied tcp connect to 10.0.0.1:1 (private address, not named by wasi.network.allow); add "10.0.0.1:1" to its wasi.network.allow entry="demo:fetch" count=1 note="the entry has no allow list yet; with one, it reaches and looks up nothing but what the list names""#
            ),
            format!(
                r#"{warn} message=entry demo:fetch: denied lookup of "a b" (not a host name: it holds ' ') entry="demo:fetch" count=1"#
            ),
            // When it goes.
            format!(
                r#"{warn} message=denied 11 times so far: tcp connect to 127.0.0.1:5432 entry="demo:report" count=11"#
            ),
        ]
    );
}

#[test]
fn a_guest_that_tries_everything_fills_256_rows_and_no_more() {
    let (log, captured) = (DenialLog::new(), Captured::default());
    LazyLock::force(&OTHERS);
    tracing::subscriber::with_default(captured.clone(), || {
        for port in 0..1256 {
            log.record(&Denial::new(format!("tcp connect to 127.0.0.1:{port}"), "no"));
        }
    });
    let lines = captured.lines();
    assert_eq!(lines.len(), 256 + 1, "each of the first, and the first of the others");
    assert_eq!(
        lines[256],
        "WARN message=denied tcp connect to 127.0.0.1:256 (no) (the latest of those beyond 256 different denials, which are counted together) entry=\"\" count=1"
    );
    let counts = log.counts();
    assert_eq!(counts.len(), 257);
    assert_eq!((counts[0].what.as_deref(), counts[0].count), (None, 1000));
    assert_eq!(counts[1].count, 1);
}

#[test]
fn every_denial_of_many_threads_is_counted() {
    let log = DenialLog::new();
    let denial = Denial::new("tcp connect to 127.0.0.1:1", "no");
    let logged: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..1000).filter(|_| log.record(&denial)).count())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(log.counts()[0].count, 8000);
    assert_eq!(logged, 1);
}
