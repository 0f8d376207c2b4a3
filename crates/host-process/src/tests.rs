//! What the crate's page promises, with programs in Rust.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::{EventKind, HostOptions, MAX_CANCELS, MAX_MONITORED, Pid, Processes, Spawn};
use futures::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wippy_host_core::{CallContext, Error, ErrorKind, Function, Value, function};

const HOST: &str = "app:processes";

fn processes(options: HostOptions) -> Processes {
    let processes = Processes::new();
    processes.add_host(HOST.into(), options);
    let first = |arguments: Vec<Value>| arguments.into_iter().next().unwrap_or_default();
    let programs: Vec<(Arc<str>, Arc<dyn Function>)> = vec![
        ("app:echo".into(), Arc::new(function(move |_, arguments| async move { Ok(first(arguments)) }))),
        ("app:fail".into(), Arc::new(function(|_, _| async { Err(Error::new(ErrorKind::Conflict, "no")) }))),
        ("app:panic".into(), Arc::new(function(|_, _| async { panic!("boom") }))),
        ("app:wait".into(), Arc::new(function(|_, _| pending()))),
    ];
    processes.exchange(&[], programs);
    processes
}

fn spawn(id: &str) -> Spawn {
    Spawn::new(id, HOST, CallContext::new())
}

#[tokio::test]
async fn an_exit_carries_the_value_or_the_error() {
    let processes = processes(HostOptions::default());
    let me = processes.attach(&"app:me".into());
    for (id, expected) in
        [("app:echo", Ok(Value::from(7))), ("app:fail", Err("no")), ("app:panic", Err("the program panicked: boom"))]
    {
        let pid = processes.spawn(spawn(id).with_arguments(vec![7.into()]).monitored_by(me.pid())).unwrap();
        let event = me.events().recv().await;
        assert_eq!((event.kind, &event.from), (EventKind::Exit, &pid));
        let result = event.result.unwrap();
        assert_eq!(result.as_ref().map_err(Error::message), expected.as_ref().map_err(|text| *text));
    }
    assert!(processes.list().is_empty());
}

#[tokio::test]
async fn exec_gives_the_result_and_ends_the_process_when_dropped() {
    let processes = processes(HostOptions::default());
    assert_eq!(processes.exec(spawn("app:echo").with_arguments(vec!["x".into()])).await.unwrap(), Value::from("x"));
    let me = processes.attach(&"app:me".into());
    let waiting = processes.exec(spawn("app:wait").monitored_by(me.pid()));
    assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err());
    let error = me.events().recv().await.result.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Canceled);
    let token = CancellationToken::new();
    token.cancel();
    let context = CallContext::builder().cancellation(token).build();
    let error = processes.exec(Spawn::new("app:wait", HOST, context)).await.unwrap_err();
    assert!(error.message().ends_with(" was canceled by its caller"), "{error}");
}

#[tokio::test]
async fn a_spawned_process_outlives_its_spawner_and_its_deadline() {
    let processes = processes(HostOptions::default());
    let (sender, mut seen) = mpsc::unbounded_channel();
    let observe = function(move |context: CallContext, _| {
        let sender = sender.clone();
        async move {
            let own = (context.actor().map(str::to_owned), context.value("key").cloned(), context.deadline());
            sender.send((own, context.cancellation().unwrap().is_cancelled())).unwrap();
            Ok(Value::Null)
        }
    });
    processes.exchange(&[], vec![("app:observe".into(), Arc::new(observe))]);
    let token = CancellationToken::new();
    token.cancel();
    let context =
        CallContext::builder().actor("ann").value("key", 1.into()).timeout(Duration::ZERO).cancellation(token);
    let me = processes.attach(&"app:me".into());
    processes.spawn(Spawn::new("app:observe", HOST, context.build()).monitored_by(me.pid())).unwrap();
    drop(me);
    assert_eq!(seen.recv().await.unwrap(), ((Some("ann".to_owned()), Some(1.into()), None), false));
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let processes = processes(HostOptions { max_processes: 1, ..HostOptions::default() });
    let message = |spawn: Spawn| processes.spawn(spawn).unwrap_err().to_string();
    assert_eq!(
        message(spawn("app:ehco")),
        "no process registered for id: app:ehco; did you mean app:echo? the entries of kind process.wasm are: app:echo, \
         app:fail, app:panic, app:wait"
    );
    assert_eq!(
        message(Spawn::new("app:echo", "app:hosts", CallContext::new())),
        "no process host: app:hosts; did you mean app:processes? the process hosts are: app:processes"
    );
    assert_eq!(
        message(Spawn { monitored: true, ..spawn("app:echo") }),
        "a process is to be monitored by its parent, and has none"
    );
    let pid = processes.spawn(spawn("app:wait")).unwrap();
    let full = processes.spawn(spawn("app:wait")).unwrap_err();
    assert_eq!(
        full.to_string(),
        "process host app:processes is full; wait for one of its processes to end, or raise host.max_processes of app:processes"
    );
    assert_eq!(full.kind(), ErrorKind::Unavailable);
    processes.terminate(&pid).unwrap();
    while !processes.list().is_empty() {
        tokio::task::yield_now().await;
    }
    processes.spawn(spawn("app:echo")).unwrap();
}

#[tokio::test]
async fn a_pid_is_text_and_leads_nowhere_once_its_process_has_ended() {
    let processes = processes(HostOptions::default());
    let pid = processes.spawn(spawn("app:wait")).unwrap();
    assert_eq!(pid.to_string(), "{app:processes|app:wait|0x00001}");
    assert_eq!(pid.to_string().parse::<Pid>().unwrap(), pid);
    assert_eq!("{a:b|c:d}".parse::<Pid>().unwrap_err().kind(), ErrorKind::Invalid);
    let other: Pid = "{app:processes|app:echo|0x00001}".parse().unwrap();
    assert_eq!(processes.terminate(&other).unwrap_err().kind(), ErrorKind::NotFound);
    let me = processes.attach(&"app:me".into());
    processes.monitor(me.pid(), &pid).unwrap();
    processes.terminate(&pid).unwrap();
    let error = me.events().recv().await.result.unwrap().unwrap_err();
    assert_eq!(error.message(), "process {app:processes|app:wait|0x00001} was terminated");
    assert_eq!(
        processes.monitor(me.pid(), &pid).unwrap_err().to_string(),
        format!("no process {pid}; it has ended, or never was")
    );
    assert_eq!(processes.cancel(None, &pid, "").unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_process_that_does_not_listen_is_canceled_at_once_and_with_the_reason() {
    let processes = processes(HostOptions { cancel_grace: Duration::from_secs(3_600), ..HostOptions::default() });
    let me = processes.attach(&"app:me".into());
    let pid = processes.spawn(spawn("app:wait").monitored_by(me.pid())).unwrap();
    processes.cancel(Some(me.pid()), &pid, "enough").unwrap();
    let error = me.events().recv().await.result.unwrap().unwrap_err();
    assert_eq!((error.message(), error.kind()), (&*format!("process {pid} was canceled: enough"), ErrorKind::Canceled));
}

/// A program that listens: it tells that it does, and what it was told, then waits for ever or ends.
fn listener(processes: &Processes, ends: bool) -> mpsc::UnboundedReceiver<Option<(Pid, String)>> {
    let (sender, told) = mpsc::unbounded_channel();
    let own = processes.clone();
    let body = function(move |_, _| {
        let (own, sender) = (own.clone(), sender.clone());
        async move {
            let me = own.attach(&"app:listen".into());
            sender.send(None).unwrap();
            let event = me.events().recv().await;
            sender.send(Some((event.from, event.reason.unwrap()))).unwrap();
            if ends { Ok(Value::from("done")) } else { pending().await }
        }
    });
    processes.exchange(&[], vec![("app:listen".into(), Arc::new(body))]);
    told
}

#[tokio::test]
async fn a_process_that_listens_is_asked_first() {
    let processes = processes(HostOptions::default());
    let mut told = listener(&processes, true);
    let me = processes.attach(&"app:me".into());
    let pid = processes.spawn(spawn("app:listen").monitored_by(me.pid())).unwrap();
    assert_eq!(told.recv().await.unwrap(), None);
    assert!(processes.list().first().unwrap().listens);
    processes.cancel(Some(me.pid()), &pid, "enough").unwrap();
    assert_eq!(told.recv().await.unwrap(), Some((me.pid().clone(), "enough".to_owned())));
    assert_eq!(me.events().recv().await.result.unwrap().unwrap(), Value::from("done"));
}

#[tokio::test]
async fn a_process_that_is_asked_and_stays_is_ended_after_the_grace() {
    let grace = Duration::from_millis(50);
    let processes = processes(HostOptions { cancel_grace: grace, ..HostOptions::default() });
    let mut told = listener(&processes, false);
    let me = processes.attach(&"app:me".into());
    let pid = processes.spawn(spawn("app:listen").monitored_by(me.pid())).unwrap();
    assert_eq!(told.recv().await.unwrap(), None);
    let asked = std::time::Instant::now();
    processes.cancel(None, &pid, "enough").unwrap();
    let error = me.events().recv().await.result.unwrap().unwrap_err();
    assert_eq!(error.message(), format!("process {pid} was canceled: enough"));
    assert!(asked.elapsed() >= grace);
}

#[tokio::test]
async fn no_exit_is_lost_and_no_mailbox_grows_without_end() {
    let processes = processes(HostOptions { max_processes: 2_000, ..HostOptions::default() });
    let me = processes.attach(&"app:me".into());
    let of_mine = |id: &str| spawn(id).monitored_by(me.pid());
    for _ in 0..MAX_MONITORED {
        processes.spawn(of_mine("app:echo")).unwrap();
    }
    let error = processes.spawn(of_mine("app:echo")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    for number in 0..1_000 {
        processes.cancel(None, me.pid(), &number.to_string()).unwrap();
    }
    let (mut exits, mut reasons) = (0, Vec::new());
    while exits < MAX_MONITORED || reasons.len() < MAX_CANCELS {
        let event = me.events().recv().await;
        match event.kind {
            EventKind::Exit => exits += 1,
            EventKind::Cancel => reasons.push(event.reason.unwrap()),
        }
    }
    assert!(me.events().try_recv().is_none());
    assert_eq!((reasons.first().unwrap().as_str(), reasons.last().unwrap().as_str()), ("984", "999"));
    processes.spawn(of_mine("app:echo")).unwrap();
}

#[tokio::test]
async fn unmonitored_processes_tell_nothing_and_a_place_is_free_again() {
    let processes = processes(HostOptions::default());
    let me = processes.attach(&"app:me".into());
    let pid = processes.spawn(spawn("app:wait").monitored_by(me.pid())).unwrap();
    processes.monitor(me.pid(), &pid).unwrap();
    assert_eq!(processes.list().first().unwrap().watchers, 1);
    processes.unmonitor(me.pid(), &pid).unwrap();
    processes.unmonitor(me.pid(), &pid).unwrap();
    processes.terminate(&pid).unwrap();
    while !processes.list().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(me.events().try_recv().is_none());
    let gone = me.pid().clone();
    drop(me);
    assert_eq!(processes.cancel(None, &gone, "").unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn stop_lets_listeners_end_and_terminates_the_rest_after_the_grace() {
    let processes = processes(HostOptions::default());
    let mut told = listener(&processes, true);
    let me = processes.attach(&"app:me".into());
    let listening = processes.spawn(spawn("app:listen").monitored_by(me.pid())).unwrap();
    assert_eq!(told.recv().await.unwrap(), None);
    let waiting = processes.spawn(spawn("app:wait").monitored_by(me.pid())).unwrap();
    processes.stop(Duration::from_millis(300)).await;
    let (first, second) = (me.events().recv().await, me.events().recv().await);
    assert_eq!((first.from, first.result.unwrap().unwrap()), (listening, Value::from("done")));
    assert_eq!((second.from, second.result.unwrap().unwrap_err().kind()), (waiting, ErrorKind::Canceled));
    assert_eq!(processes.spawn(spawn("app:echo")).unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn processes_end_with_the_last_handle_to_them() {
    let processes = processes(HostOptions::default());
    let (sender, mut dropped) = mpsc::unbounded_channel::<()>();
    let (started, mut begun) = mpsc::unbounded_channel();
    let hold = function(move |_, _| {
        let (held, started) = (sender.clone(), started.clone());
        async move {
            started.send(()).unwrap();
            let _held = held;
            pending().await
        }
    });
    processes.exchange(&[], vec![("app:hold".into(), Arc::new(hold))]);
    processes.spawn(spawn("app:hold")).unwrap();
    begun.recv().await.unwrap();
    drop(processes);
    assert!(dropped.recv().await.is_none());
}
