//! Every case of `error-code`: the test in which a guest reads it, or why no guest can. `crates/import-http/ERRORS.md` is
//! this table.

use crate::support::root;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use wit_parser::{Resolve, TypeDefKind};

struct Code {
    name: &'static str,
    /// What provokes it, or else why nothing does.
    what: Result<&'static str, &'static str>,
    /// The test in which a guest reads it, or one that holds the reason to be true.
    test: Option<&'static str>,
}

const fn read(name: &'static str, what: &'static str, test: &'static str) -> Code {
    Code { name, what: Ok(what), test: Some(test) }
}

const fn never(name: &'static str, why: &'static str) -> Code {
    Code { name, what: Err(why), test: None }
}

const fn refused(name: &'static str, why: &'static str, test: &'static str) -> Code {
    Code { name, what: Err(why), test: Some(test) }
}

const NETWORK: &str = "each_failure_of_the_network_has_its_code";
const UNSENT: &str = "a_request_that_cannot_be_sent_has_its_code";
const NO_HTTP: &str = "an_answer_that_is_no_http_has_its_code";
const BROKEN_OFF: &str = "a_body_that_breaks_off_has_its_code_within_the_stream";
const WAITS: &str = "each_time_limit_of_a_request_ends_it_with_its_own_code";
const TOO_LARGE: &str = "heads_and_trailers_beyond_the_limit_are_refused";
const TLS: &str = "each_failure_of_tls_has_its_code";
const FIELDS: &str = "huge_header_fields_are_refused";
const NO_FIELDS: &str = "fields beyond 128 KiB are refused while the guest makes them: the call ends in 0.2, 0.3 says `size-exceeded`; a server \
                         that wants fewer says so with status 431";
const NO_SINGLE: &str = "no single field has a limit of its own; what is too large is so as a section";

const CODES: &[Code] = &[
    read("DNS-timeout", "the name servers do not answer within 10 s", NETWORK),
    read("DNS-error", "the name has no address, or the name servers answer with an error", NETWORK),
    never(
        "destination-not-found",
        "a gateway says it that cannot tell where a request goes; here the URI tells, and a name without an address is \
         `DNS-error`",
    ),
    never(
        "destination-unavailable",
        "a gateway says it that remembers a server to be down; here each request asks the server, and gets the code of \
         what happens",
    ),
    refused(
        "destination-IP-prohibited",
        "whatever the policy refuses is `HTTP-request-denied`, so that the code does not tell whether a name or what it \
         resolves to was refused",
        NETWORK,
    ),
    read("destination-IP-unroutable", "the host has no route to the address", NETWORK),
    read("connection-refused", "nothing listens at the port", NETWORK),
    read("connection-terminated", "the server closes or resets the connection before its answer", NETWORK),
    read("connection-timeout", "no connection, TLS included, within `connect-timeout`", WAITS),
    read("connection-read-timeout", "no more of the body within `between-bytes-timeout`", WAITS),
    read(
        "connection-write-timeout",
        "the server stops reading the request, and does not answer within `first-byte-timeout`",
        "a_server_that_does_not_read_stops_the_guest_until_its_wait_runs_out",
    ),
    read(
        "connection-limit-reached",
        "256 requests of the entry are in flight, and none ends within `connect-timeout`",
        "a_request_beyond_those_that_may_be_in_flight_waits_for_its_turn_and_is_told_when_none_comes",
    ),
    read("TLS-protocol-error", "what answers does not speak TLS", TLS),
    read("TLS-certificate-error", "the certificate is of an unknown authority, of another name or out of date", TLS),
    read("TLS-alert-received", "the server ends TLS, for instance because it wants a certificate of the client", TLS),
    read(
        "HTTP-request-denied",
        "the entry's network policy refuses the name or every address of it; the log has the line to add",
        NETWORK,
    ),
    never(
        "HTTP-request-length-required",
        "a server that insists on a length says so with status 411, which is an answer like any other",
    ),
    read(
        "HTTP-request-body-size",
        "the guest writes another number of bytes than its `content-length` says",
        "a_body_has_the_length_that_its_header_says",
    ),
    read("HTTP-request-method-invalid", "the method is `CONNECT`: the client opens no tunnels", UNSENT),
    read(
        "HTTP-request-URI-invalid",
        "the authority holds a user name, a port out of range, or no name in the sense of TLS",
        UNSENT,
    ),
    refused(
        "HTTP-request-URI-too-long",
        "`set-path-with-query` refuses a path beyond 65,534 bytes; a server that wants a shorter one says so with status 414",
        "a_path_beyond_the_limit_makes_no_request",
    ),
    refused("HTTP-request-header-section-size", NO_FIELDS, FIELDS),
    refused("HTTP-request-header-size", NO_FIELDS, FIELDS),
    refused("HTTP-request-trailer-section-size", NO_FIELDS, FIELDS),
    refused("HTTP-request-trailer-size", NO_FIELDS, FIELDS),
    read("HTTP-response-incomplete", "the server closes the connection in the middle of the body", BROKEN_OFF),
    read("HTTP-response-header-section-size", "a head beyond 64 KiB, or 100 fields in HTTP/1", TOO_LARGE),
    never("HTTP-response-header-size", NO_SINGLE),
    read(
        "HTTP-response-body-size",
        "the guest's own response has another number of bytes than its `content-length` says; what a server sends has no \
         limit",
        "a_response_is_made_changed_and_checked",
    ),
    read("HTTP-response-trailer-section-size", "trailers beyond 64 KiB, or 16 KiB or 100 fields in HTTP/1", TOO_LARGE),
    never("HTTP-response-trailer-size", NO_SINGLE),
    read("HTTP-response-transfer-coding", "a chunk without a size, or a coding other than `chunked`", BROKEN_OFF),
    never(
        "HTTP-response-content-coding",
        "the client decodes no content: what the server encoded reaches the guest as it is",
    ),
    read("HTTP-response-timeout", "no answer within `first-byte-timeout`", WAITS),
    read("HTTP-upgrade-failed", "the server switches to another protocol, which nobody asked for", NO_HTTP),
    read("HTTP-protocol-error", "what answers speaks no HTTP; the scheme is neither `http` nor `https`", NO_HTTP),
    never(
        "loop-detected",
        "a proxy says it that got a request of its own; the client follows no redirects, and status 508 is an answer like \
         any other",
    ),
    refused(
        "configuration-error",
        "a configuration that cannot be used is an error when the entry is prepared, before there is a guest",
        "a_configuration_that_cannot_be_used_makes_no_entry",
    ),
    read("internal-error", "the operating system fails in a way that no other code is for", NETWORK),
];

const SOURCES: &[&str] = &[
    include_str!("failures.rs"),
    include_str!("messages.rs"),
    include_str!("pressure.rs"),
    include_str!("secure.rs"),
    include_str!("../../containment/handles.rs"),
];

#[test]
fn every_error_code_of_both_tracks_has_a_test_or_a_reason() {
    let names: Vec<&str> = CODES.iter().map(|code| code.name).collect();
    for (track, files) in [
        ("0.2", &["io", "clocks", "random", "filesystem", "sockets", "cli", "http"][..]),
        ("0.3", &["clocks", "random", "filesystem", "sockets", "cli", "http"]),
    ] {
        assert_eq!(cases(track, files), names, "the error codes of WASI {track}, and the rows of the table");
    }
    for Code { name, what, test } in CODES {
        let Some(test) = test else { continue };
        let source = source_of(test).unwrap_or_else(|| panic!("{name}: no test is called {test}"));
        let expected = in_rust(name);
        assert!(what.is_err() || source.contains(&expected), "{name}: {test} does not expect {expected}");
    }
}

#[test]
fn the_published_table_is_this_one() {
    let path = root().join("crates/import-http/ERRORS.md");
    let published = fs::read_to_string(&path).unwrap_or_default();
    let table = table();
    if published != table && std::env::var_os("WIPPY_WRITE_ERRORS").is_some() {
        fs::write(&path, &table).unwrap();
        return;
    }
    assert_eq!(published, table, "set WIPPY_WRITE_ERRORS=1 to write {}", path.display());
}

/// The cases of `error-code`, in the order of the WIT.
fn cases(track: &str, files: &[&str]) -> Vec<String> {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    for file in files {
        let path = root().join(format!("wit/wasi-{track}/{file}.wit"));
        resolve.push_source(&path.display().to_string(), &fs::read_to_string(&path).unwrap()).unwrap();
    }
    let types = resolve.interfaces.iter().find(|(id, _)| resolve.id_of(*id).unwrap().starts_with("wasi:http/types@"));
    let TypeDefKind::Variant(variant) = &resolve.types[types.unwrap().1.types["error-code"]].kind else {
        panic!("error-code is no variant")
    };
    variant.cases.iter().map(|case| case.name.clone()).collect()
}

/// The text of a test, without what precedes it.
fn source_of(test: &str) -> Option<&'static str> {
    let start = format!("\n#[tokio::test]\nasync fn {test}() {{\n");
    let source = SOURCES.iter().find_map(|source| source.split_once(&start))?.1;
    source.split("\n}\n").next()
}

/// `HTTP-request-URI-invalid` as a guest in Rust writes it: `HttpRequestUriInvalid`.
fn in_rust(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_uppercase() + &word[1..].to_lowercase()).collect()
}

fn table() -> String {
    let mut text = String::from(
        "# Error codes\n\nEvery case of `error-code` in `wasi:http/types`, which is the same in WASI 0.2 and 0.3. This file is written from the table in\n\
         `crates/host/tests/guests/http/codes.rs`, which also holds that no case is left out.\n\n## What a guest can get\n\n\
         | code | when | test |\n|---|---|---|\n",
    );
    for Code { name, what, test } in CODES {
        if let Ok(what) = what {
            writeln!(text, "| `{name}` | {what} | `{}` |", test.unwrap()).unwrap();
        }
    }
    text += "\n## What it cannot\n\n| code | why |\n|---|---|\n";
    for Code { name, what, .. } in CODES {
        if let Err(why) = what {
            writeln!(text, "| `{name}` | {why} |").unwrap();
        }
    }
    let tests: BTreeSet<_> = CODES.iter().filter(|code| code.what.is_err()).filter_map(|code| code.test).collect();
    let tests: Vec<_> = tests.into_iter().map(|test| format!("`{test}`")).collect();
    writeln!(text, "\nTests that hold these reasons to be true: {}.", tests.join(", ")).unwrap();
    text
}
