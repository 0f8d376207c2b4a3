//! The promises that take a guest: what links, what is a stub, what state costs and what stays behind.

use super::Conformance;
use super::cost::Cost;
use super::guest::{Guest, Imported};
use super::metadata::of_track;
use super::watched::Watch;
use crate::Harness;
use serde_json::json;
use std::time::{Duration, Instant};
use wippy_host_core::{Error, ErrorKind, Interface, Reason};

/// States that are made to find the cheapest.
const STATES: usize = 100;
/// What a state may take.
const CHEAP: Duration = Duration::from_millis(1);
/// How long what a call has started may take to end.
const GRACE: Duration = Duration::from_secs(5);

pub(super) async fn links_alone(conformance: &Conformance) -> Vec<String> {
    let guests = match conformance.guests() {
        Ok(guests) => guests,
        Err(error) => return vec![error],
    };
    let mut found = Vec::new();
    for guest in &guests {
        let harness = granted(conformance, guest).alone();
        if let Err(error) = harness.prepare("noop").await {
            found.push(format!("{} does not link alone: {error}", named(&guest.functions)));
        }
    }
    found
}

pub(super) async fn stubs(conformance: &Conformance) -> Vec<String> {
    let mut found = Vec::new();
    match conformance.guests() {
        Err(error) => found.push(error),
        Ok(guests) => {
            for guest in &guests {
                let harness = conformance.fresh().imports::<&str>([]).guest(&guest.bytes);
                found.extend(denied(conformance, &harness, guest, |_| true).await);
            }
        }
    }
    found
}

/// Calls the functions that must be stubs, and says which are not.
async fn denied(
    conformance: &Conformance,
    harness: &Harness,
    guest: &Guest,
    must: impl Fn(&Interface) -> bool,
) -> Vec<String> {
    let (import, entry) = (conformance.meta().name, harness.spec().id.clone());
    let mut found = Vec::new();
    for (index, function) in guest.functions.iter().enumerate().filter(|(_, function)| must(&function.interface)) {
        let name = function.full_name();
        let expected =
            format!("guest called {name}, but entry {entry} does not import it; add \"{import}\" to its imports");
        match harness.call(&format!("call-{index}"), json!([])).await {
            Ok(_) => found.push(format!("{name} works without a grant")),
            Err(error) if error.to_string() == expected && is_denial(&error) => {}
            // The handle is looked for before the function is called.
            Err(error) if function.takes_handle && error.to_string().contains("handle") => {}
            Err(error) => found.push(format!("{name} is no stub: {error} (expected: {expected})")),
        }
    }
    found
}

fn is_denial(error: &Error) -> bool {
    (error.kind(), error.reason()) == (ErrorKind::PermissionDenied, Reason::NotGranted)
}

pub(super) async fn state_is_cheap(conformance: &Conformance) -> Vec<String> {
    let guests = match conformance.guests() {
        Ok(guests) => guests,
        Err(error) => return vec![error],
    };
    let mut found = Vec::new();
    for guest in &guests {
        let harness = granted(conformance, guest).watched();
        let watch = Watch::of(&harness.spec().id);
        for _ in 0..STATES {
            if let Err(error) = harness.call("noop", json!([])).await {
                found.push(format!("a guest that imports {} cannot be called: {error}", named(&guest.functions)));
                return found;
            }
        }
        found.extend(dear(&watch.costs()));
    }
    found
}

fn dear(costs: &[Cost]) -> Option<String> {
    let fastest = costs.iter().map(|cost| cost.time).min()?;
    if fastest > CHEAP {
        return Some(format!("the cheapest of {} states took {fastest:?}: move the work to setup", costs.len()));
    }
    let busy: Vec<_> = costs.iter().filter(|cost| !cost.computes_alone()).collect();
    let least = busy.iter().min_by_key(|cost| cost.transfers + cost.waits)?;
    (busy.len() > costs.len() / 2).then(|| {
        format!(
            "{} of {} states read, wrote or waited (at least {} transfers, {} waits): move the work to setup",
            busy.len(),
            costs.len(),
            least.transfers,
            least.waits
        )
    })
}

pub(super) async fn nothing_stays_behind(conformance: &Conformance) -> Vec<String> {
    let guests = match conformance.guests() {
        Ok(guests) => guests,
        Err(error) => return vec![error],
    };
    let mut found = Vec::new();
    for guest in &guests {
        let harness = granted(conformance, guest).watched();
        let watch = Watch::of(&harness.spec().id);
        for (index, function) in guest.functions.iter().enumerate() {
            match harness.call(&format!("call-{index}"), json!([])).await {
                Err(error) if error.reason() == Reason::NotGranted => {
                    found.push(format!("{} is a stub although it is granted", function.full_name()));
                }
                // How it answers to zeros is the import's own affair.
                _ => {}
            }
            if !reached(&watch, 1).await {
                found.push(format!(
                    "a call of {} has ended, and something still holds what its entry shares",
                    function.full_name()
                ));
                return found;
            }
        }
        drop(harness);
        if !reached(&watch, 0).await {
            found.push("the entry is gone, and something still holds what it shared".to_owned());
        }
    }
    found
}

/// Whether no shared value has more holders than that, at the latest after the grace.
async fn reached(watch: &Watch, holders: usize) -> bool {
    let end = Instant::now() + GRACE;
    while watch.holders().iter().any(|count| *count > holders) {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

pub(super) async fn tracks(conformance: &Conformance) -> Vec<String> {
    let (meta, tracks) = (conformance.meta(), conformance.tracks());
    let mut found = Vec::new();
    for track in &tracks {
        let interfaces = of_track(meta.interfaces, track);
        let guests = match conformance.guests() {
            Ok(guests) => guests,
            Err(error) => return vec![error],
        };
        let name = format!("{}@{track}", meta.name);
        for guest in &guests {
            let harness = conformance.fresh().imports([&name]).guest(&guest.bytes);
            let prepared = match harness.prepare("noop").await {
                Ok(prepared) => prepared,
                Err(error) => {
                    found.push(format!("\"{name}\" cannot be granted: {error}"));
                    continue;
                }
            };
            let missing = prepared.preflight().missing().map(ToString::to_string);
            let missing =
                missing.filter(|line| interfaces.iter().any(|i| line.starts_with(&format!("{}:", i.full_name()))));
            found.extend(missing.map(|line| format!("\"{name}\" does not grant its own track: {line}")));
            found.extend(denied(conformance, &harness, guest, |interface| interface.track() != *track).await);
        }
    }
    found
}

/// A harness with the whole import granted.
fn granted(conformance: &Conformance, guest: &Guest) -> Harness {
    conformance.fresh().imports([conformance.meta().name]).guest(&guest.bytes)
}

fn named(functions: &[Imported]) -> String {
    let mut names: Vec<_> = functions.iter().map(|function| function.interface.full_name()).collect();
    names.dedup();
    names.join(", ")
}
