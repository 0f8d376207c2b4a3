//! `run <app>`: the services of an application, until a signal.

use super::commands::Commands;
use super::summary::Summary;
use crate::graceful::{GRACE, stopped};
use crate::log::Format;
use crate::operate::Operations;
use crate::output::{Failure, Output};
use crate::signals::Signals;
use serde_json::json;
use std::process::ExitCode;
use wippy_host::{Error, ErrorKind, Result};
use wippy_host_app::manifest::{Problem, Severity};
use wippy_host_app::{Application, Changes, Opened, ServiceAddress, Watcher};

/// Starts the services, prints where each listens, and stops gracefully on SIGINT or SIGTERM.
pub(super) async fn serve(
    output: &Output,
    opened: &Opened,
    signals: &mut Signals,
    operations: &Operations,
    (watch, format): (bool, Format),
) -> Result<ExitCode, Failure> {
    let application = &opened.application;
    let mut watcher = if watch { Some(Watcher::new(application.root())?) } else { None };
    let addresses = match application.serve(GRACE).await {
        Ok(addresses) => addresses,
        Err(errors) => {
            application.stop(GRACE).await;
            return Err(all(errors));
        }
    };
    if addresses.is_empty() && !watch {
        return Err(nothing_to_run(application).into());
    }
    operations.ready();
    announce(output, &addresses, operations)?;
    Summary::of(opened, &addresses).print(output, format);
    let code = loop {
        let changes = tokio::select! {
            code = signals.next() => break code,
            changes = changed(&mut watcher) => changes,
        };
        tokio::select! {
            code = signals.next() => break code,
            done = reload(output, application, operations, &changes) => done?,
        }
    };
    operations.stopping();
    Ok(stopped(output, signals, code, application.stop(GRACE)).await)
}

async fn changed(watcher: &mut Option<Watcher>) -> Changes {
    match watcher {
        Some(watcher) => watcher.changed().await,
        None => std::future::pending().await,
    }
}

/// Takes over what has changed, or says why not.
async fn reload(
    output: &Output,
    application: &Application,
    operations: &Operations,
    changes: &Changes,
) -> Result<(), Failure> {
    if !application.concerns(changes) {
        return Ok(());
    }
    let reloaded = application.reload().await?;
    let shown: Vec<Problem> =
        reloaded.problems.into_iter().filter(|problem| problem.severity != Severity::Remark).collect();
    output.problems(&shown);
    if !reloaded.applied {
        output.note("the application has problems: what ran before runs on");
        return Ok(());
    }
    let addresses = match application.serve(GRACE).await {
        Ok(addresses) => addresses,
        Err(errors) => {
            operations.unready(errors.iter().map(Error::message).collect::<Vec<_>>().join("; "));
            for error in errors {
                output.fail(&error.into());
            }
            return Ok(());
        }
    };
    operations.ready();
    match reloaded.changed.as_slice() {
        [] => output.note("reloaded: no function has changed"),
        changed => output.note(&format!("reloaded: {}", changed.join(", "))),
    }
    announce(output, &addresses, operations)
}

/// One line for each service, to standard error; with --json, one document to standard output.
fn announce(output: &Output, addresses: &[ServiceAddress], operations: &Operations) -> Result<(), Failure> {
    if output.json {
        let services = addresses.iter().map(|service| json!({"id": service.id, "url": service.url()}));
        let mut document = json!({"services": services.collect::<Vec<_>>()});
        if let (Some(url), Some(members)) = (operations.url(), document.as_object_mut()) {
            members.insert("metrics".to_owned(), url.into());
        }
        return output.json(&document);
    }
    addresses.iter().for_each(|service| output.note(&format!("{} {}", service.url(), service.id)));
    operations.announce(output);
    Ok(())
}

fn nothing_to_run(application: &Application) -> Error {
    let commands = application.declarations();
    let commands = Commands::of(&commands).listed();
    Error::new(ErrorKind::NotFound, "the application has no http.service that starts by itself")
        .with_remedy(format!("declare one, with an http.router and an http.endpoint, or run a command; {commands}"))
}

fn all(errors: Vec<Error>) -> Failure {
    match <[Error; 1]>::try_from(errors) {
        Ok([error]) => error.into(),
        Err(errors) => {
            let texts: Vec<String> = errors.iter().map(Error::to_string).collect();
            Failure::message(texts.join("\n"))
        }
    }
}
