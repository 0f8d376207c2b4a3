//! Two entries on one component, in whatever order; grants that are narrower than a group; the names in the list.

use crate::support::{Entry, call, host, told};
use serde_json::{Value as Json, json};
use wippy_host::{EntrySpec, ErrorKind, Finding, Grants, Place, Reason};

/// Exports that call into each group, and need no more than the group's name for it.
const USES: [(&str, &str, &str, &str); 6] = [
    ("wasi:cli", "probe-cli", "environment", "wasi:cli/environment#get-environment"),
    ("wasi:clocks", "probe-clocks", "wall-now", "wasi:clocks/wall-clock#now"),
    ("wasi:filesystem", "probe-filesystem", "preopens", "wasi:filesystem/preopens#get-directories"),
    ("wasi:random", "probe-random", "number", "wasi:random/random#get-random-u64"),
    ("wasi:http", "probe-http", "fields", "wasi:http/types#[constructor]fields"),
    ("wasi:sockets", "probe-sockets", "tcp-options", "wasi:sockets/tcp-create-socket#create-tcp-socket"),
];

fn arguments(export: &str) -> Json {
    if export == "tcp-options" { json!([false]) } else { json!([]) }
}

#[tokio::test]
async fn two_entries_on_one_component_never_see_each_other_s_grants() {
    for (group, guest, export, function) in USES {
        for granted_first in [true, false] {
            let with = Entry::new(guest)
                .id("app:with")
                .imports(&[group, "wasi:io", "wasi:clocks"][..if group == "wasi:clocks" { 2 } else { 3 }]);
            let others: Vec<&str> = wippy_host::ENABLED.iter().copied().filter(|other| *other != group).collect();
            let without = Entry::new(guest).imports(&others);
            let (with, without) = if granted_first {
                let with = with.prepare(export).await;
                (with, without.prepare(export).await)
            } else {
                let without = without.prepare(export).await;
                (with.prepare(export).await, without)
            };
            for _ in 0..3 {
                let (granted, denied) = tokio::join!(call(&with, arguments(export)), call(&without, arguments(export)));
                granted.unwrap_or_else(|error| panic!("{export}: {error}"));
                let said = format!(
                    "guest called {function}, but entry app:report does not import it; add \"{group}\" to its imports"
                );
                assert_eq!(told(&denied.unwrap_err()), (ErrorKind::PermissionDenied, Reason::NotGranted, said));
            }
        }
    }
}

#[tokio::test]
async fn entries_that_are_linked_alike_are_each_named_in_their_own_errors() {
    let (one, two) = (Entry::new("probe-clocks").id("app:one"), Entry::new("probe-clocks").id("app:two"));
    let prepared = [(one.prepare("wall-now").await, "app:one"), (two.prepare("wall-now").await, "app:two")];
    for (function, id) in &prepared {
        let error = call(function, json!([])).await.unwrap_err();
        let said = format!(
            "guest called wasi:clocks/wall-clock#now, but entry {id} does not import it; add \"wasi:clocks\" to its imports"
        );
        assert_eq!(error.to_string(), said);
    }
}

#[tokio::test]
async fn funcs_ungranted_calls_nobody() {
    let denied = Entry::new("probe-funcs").fails("call-string", json!(["app:x", "y"])).await;
    assert_eq!(
        denied.to_string(),
        "guest called wippy:runtime/funcs#call-string, but entry app:report does not import it; add \"funcs\" to its imports"
    );
}

#[tokio::test]
async fn a_single_interface_is_granted_and_no_other_of_its_group() {
    let entry = Entry::new("probe-cli").imports(&["wasi:cli/environment"]);
    assert_eq!(entry.call("environment", json!([])).await.unwrap(), json!([]));
    let error = entry.fails("exit-quietly", json!([true])).await;
    assert_eq!(
        error.to_string(),
        "guest called wasi:cli/exit#exit, but entry app:report does not import it; add \"wasi:cli\" to its imports"
    );
    // The handle comes from a granted function; what is done with it belongs to another interface.
    let entry = Entry::new("probe-filesystem").imports(&["wasi:filesystem/preopens"]).section("wasi", json!({}));
    assert_eq!(entry.call("preopens", json!([])).await.unwrap(), json!([]));
    let folder = tempfile::tempdir().unwrap();
    crate::support::add_directory("app:granted", folder.path());
    let entry = entry.section("wasi", json!({"mounts": [{"fs": "app:granted", "guest": "/data"}]}));
    let arguments = json!(["/data", "x", ["create", "write"]]);
    let error = entry.fails("open", arguments).await;
    assert_eq!(
        error.to_string(),
        "guest called wasi:filesystem/types#[method]descriptor.open-at, but entry app:report does not import it; add \
         \"wasi:filesystem\" to its imports"
    );
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "the file was made");
}

#[tokio::test]
async fn clocks_without_io_read_a_clock_and_cannot_wait_for_it() {
    let entry = Entry::new("probe-clocks").imports(&["wasi:clocks"]);
    assert!(entry.call("monotonic-now", json!([])).await.unwrap().is_number());
    let error = entry.fails("sleep-for", json!([1])).await;
    assert_eq!(
        error.to_string(),
        "guest called wasi:io/poll#[method]pollable.block, but entry app:report does not import it; add \"wasi:io\" to its \
         imports"
    );
    assert!(entry.imports(&["wasi:clocks", "wasi:poll"]).call("sleep-for", json!([1])).await.unwrap().is_number());
}

/// What each name grants: the number of interfaces, or the problem.
fn resolved(names: &[&str]) -> (usize, Vec<String>) {
    let (grants, problems) = Grants::resolve(&wippy_host::registry().unwrap(), names);
    let granted = grants.requests().iter().map(|grant| grant.interfaces.len()).sum();
    (
        granted,
        problems.iter().map(|problem| format!("{}: {}; {}", problem.index, problem.message, problem.remedy)).collect(),
    )
}

#[test]
fn names_versions_and_aliases_grant_what_they_say() {
    // How many more there are with the interfaces of 0.3.
    let p3 = |more: usize| if cfg!(feature = "p3") { more } else { 0 };
    for (name, interfaces) in [
        ("funcs", 3 + p3(1)),
        ("funcs@0.1", 1),
        ("funcs@0.2", 2 + p3(1)),
        ("wippy:runtime/funcs", 2),
        ("wippy:runtime/funcs@0.1.0", 1),
        ("wasi:cli", 10 + p3(11)),
        (" \tWASI:Cli\n", 10 + p3(11)),
        ("wasi:cli@0.2", 10),
        ("wasi:cli@0.2.3", 10),
        ("wasi:cli/stdout", 1 + p3(1)),
        ("Wasi:CLI/StdOut@0.2.0", 1),
        ("wasi:poll", 1),
        ("wasi:io/poll", 1),
        ("wasi:http@0.2", 2),
        ("wasi:sockets", 7 + p3(2)),
        ("preview1", 10 + 3 + 3 + 2 + 3 + p3(11 + 4 + 2 + 3)),
        ("wasi_snapshot_preview1", 21 + p3(20)),
        ("wasi-preview1", 21 + p3(20)),
        ("wasi1", 21 + p3(20)),
    ] {
        assert_eq!(resolved(&[name]), (interfaces, Vec::new()), "{name}");
    }
    #[cfg(feature = "p3")]
    for (name, interfaces) in
        [("wasi:cli@0.3", 11), ("wasi:cli@0.3.2", 11), ("wasi:cli/stdout@0.3.0", 1), ("wasi:http@0.3", 2)]
    {
        assert_eq!(resolved(&[name]), (interfaces, Vec::new()), "{name}");
    }
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest_and_the_list() {
    let has = "this build has: acme:kv, funcs, wasi:cli, wasi:clocks, wasi:filesystem, wasi:http, wasi:io, wasi:random, \
               wasi:sockets";
    for (name, expected) in [
        ("wasi:htp", format!("unsupported wasm host import: wasi:htp; did you mean \"wasi:http\"? {has}")),
        ("Wasi:FileSytem", format!("unsupported wasm host import: wasi:filesytem; did you mean \"wasi:filesystem\"? {has}")),
        ("postgres", format!("unsupported wasm host import: postgres; {has}")),
        ("", format!("unsupported wasm host import: ; {has}")),
        ("wasi:cli/stdouts", format!("unsupported wasm host import: wasi:cli/stdouts; did you mean \"wasi:cli/stdout\"? {has}")),
        (
            "wasi:io@0.3",
            "unsupported wasm host import: wasi:io@0.3: this build has no such version; write \"wasi:io@0.2\"".to_owned(),
        ),
        (
            "wasi:io@0.2.0-rc-1",
            "unsupported wasm host import: wasi:io@0.2.0-rc-1: this build has no such version; write \"wasi:io@0.2\"".to_owned(),
        ),
        (
            "wasi:cli@0.2.0/stdout",
            "unsupported wasm host import: wasi:cli@0.2.0/stdout: \"0.2.0/stdout\" is no version; write the version as numbers, \
             behind the whole name: \"wasi:cli@0.2\"".to_owned(),
        ),
    ] {
        assert_eq!(resolved(&[name]), (0, vec![format!("0: {expected}")]), "{name}");
    }
    let (_, problems) = resolved(&["wasi:*", "*", "wasi", "wasi:", ":", "@", "wasi:cli/*", "all", "\u{0}", "wаsi:cli"]);
    assert_eq!(problems.len(), 10, "{problems:?}");
}

#[test]
fn a_name_listed_twice_is_a_problem_whatever_its_spelling() {
    let (granted, problems) =
        resolved(&["wasi:cli", "wasi:io", " WASI:CLI ", "wasi:cli@0.2.0", "wasi:cli@0.2.9", "funcs"]);
    assert_eq!(
        problems,
        [
            "2: import listed twice:  WASI:CLI ; remove one of the two; the first is number 1",
            "4: import listed twice: wasi:cli@0.2.9; remove one of the two; the first is number 4",
        ]
    );
    assert_eq!(granted, 10 + 3 + 10 + 3 + if cfg!(feature = "p3") { 11 + 1 } else { 0 });
}

#[tokio::test]
async fn a_wrong_name_stops_the_entry_at_its_place() {
    let entry = Entry::new("probe-cli").imports(&["wasi:cli", "wasi:htp", "wasi:cli"]);
    let problems = entry.try_prepare("environment").await.err().unwrap();
    let places: Vec<_> = problems.iter().map(|problem| problem.place.clone()).collect();
    assert_eq!(places, [Place::Import(1), Place::Import(2)]);
    // Also where the component is not there yet.
    let spec = EntrySpec::new("app:report", "environment").with_imports(["wasi:htp"]);
    assert_eq!(host().check(&spec).len(), 1);
}

#[tokio::test]
async fn strict_imports_list_all_that_is_missing_at_once() {
    let entry = Entry::new("probe-clocks").imports(&["wasi:random"]).strict();
    let problems = entry.problems("wall-now").await;
    assert_eq!(problems.len(), 4, "{problems:?}");
    for interface in
        ["io/poll@0.2.12", "clocks/wall-clock@0.2.12", "clocks/monotonic-clock@0.2.12", "clocks/timezone@0.2.12"]
    {
        let start = format!("strict_imports: wasi:{interface}: imported but not granted (");
        assert!(problems.iter().any(|problem| problem.starts_with(&start)), "{interface}: {problems:?}");
    }
    let entry = Entry::new("probe-clocks").imports(&["wasi:clocks", "wasi:io"]).strict();
    assert!(entry.call("wall-now", json!([])).await.is_ok());
    let problems = Entry::new("imports-unknown").strict().problems("idle").await;
    assert_eq!(
        problems,
        [
            "strict_imports: test:demo/host: no import of this host provides it; a call of it ends the guest's call, unless \
          `bindings` bind it to functions"
        ]
    );
    let problems = Entry::new("imports-unknown-version").imports(&["wasi:random"]).strict().problems("run").await;
    let has = if cfg!(feature = "p3") { "0.2, 0.3" } else { "0.2" };
    assert_eq!(problems, [format!("strict_imports: wasi:random/random@9.0.0: this build has version {has} of it")]);
}

#[tokio::test]
async fn what_nobody_provides_is_a_stub_with_its_own_text() {
    let entry = Entry::new("imports-unknown");
    assert_eq!(entry.call("idle", json!([])).await.unwrap(), 7);
    let error = entry.fails("run", json!([])).await;
    let said = "guest called test:demo/host#ping, but no import of this host provides it to entry app:report; bind it, \
                bindings: { \"test:demo/host\": { \"ping\": <id of a function> } }";
    assert_eq!(told(&error), (ErrorKind::PermissionDenied, Reason::NotGranted, said.to_owned()));
    let error = Entry::new("imports-unknown-version").imports(&["wasi:random"]).fails("run", json!([])).await;
    assert!(error.message().starts_with("guest called wasi:random/random@9.0.0#get-random-u64, but "), "{error}");
}

#[tokio::test]
async fn the_preflight_says_in_data_what_is_used_missing_and_too_much() {
    let imports = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let component = crate::support::component("probe-clocks");
    let report =
        host().preflight("app:report", &imports(&["wasi:clocks/wall-clock", "wasi:http", "wasi:nothing"]), &component);
    let not_granted = |interface: &str, functions: &[&str], add: &str| Finding::NotGranted {
        interface: interface.to_owned(),
        functions: functions.iter().map(|&function| function.to_owned()).collect(),
        add: add.to_owned(),
    };
    assert_eq!(report.entry, "app:report");
    let has = |finding: &Finding| assert!(report.findings.contains(finding), "{finding:?} in {:?}", report.findings);
    let wall = "wasi:clocks/wall-clock";
    has(&Finding::Used { interface: format!("{wall}@0.2.12"), by: wall.to_owned() });
    has(&not_granted("wasi:io/poll@0.2.12", &["[method]pollable.block"], "wasi:io"));
    has(&not_granted("wasi:clocks/timezone@0.2.12", &["display", "utc-offset"], "wasi:clocks"));
    has(&Finding::Unused { name: "wasi:http".to_owned(), index: 1 });
    assert_eq!(report.findings.len(), 5);
    assert_eq!(report.missing().count(), 3);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["findings"][4], json!({"finding": "unused", "name": "wasi:http", "index": 1}));

    let report = host().preflight("a:b", &[], crate::support::component("imports-unknown"));
    assert_eq!(report.findings, [Finding::Unprovided { interface: "test:demo/host".to_owned() }]);
    let report =
        host().preflight("a:b", &imports(&["wasi:random"]), crate::support::component("imports-unknown-version"));
    assert_eq!(
        report.findings,
        [
            Finding::NoSuchVersion {
                interface: "wasi:random/random@9.0.0".to_owned(),
                available: if cfg!(feature = "p3") {
                    vec!["0.2".to_owned(), "0.3".to_owned()]
                } else {
                    vec!["0.2".to_owned()]
                }
            },
            Finding::Unused { name: "wasi:random".to_owned(), index: 0 },
        ]
    );
}
