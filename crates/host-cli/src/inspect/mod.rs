//! `inspect`: what a component or module is, and the entry that it needs.

mod entry;
mod report;
mod role;

use crate::cache::CacheArguments;
use crate::open::{ApplicationArguments, host, open};
use crate::output::{Failure, Output};
use report::Report;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wippy_host::{Error, ErrorKind};
use wippy_host_app::manifest::{EntryId, Severity};

/// The largest file that is read, as in an application: 512 MiB.
const MAX_BYTES: u64 = 512 << 20;

#[derive(clap::Args)]
pub(crate) struct InspectArguments {
    /// A component or module (.wasm or .wat); or, with NS:NAME, the directory of an application.
    #[arg(value_name = "FILE|APP")]
    path: PathBuf,
    /// The function or program of the application.
    #[arg(value_name = "NS:NAME")]
    entry: Option<String>,
    /// The signatures of a core module, as `wit` of an entry has them; @FILE reads them from a file.
    #[arg(long, value_name = "WIT", conflicts_with = "entry")]
    wit: Option<String>,
    #[command(flatten)]
    cache: CacheArguments,
}

pub(crate) async fn run(output: &Output, inspect: InspectArguments) -> Result<ExitCode, Failure> {
    let report = match &inspect.entry {
        Some(id) => of_entry(output, inspect.path.clone(), id, inspect.cache).await?,
        None => {
            let task = tokio::task::spawn_blocking(move || of_file(&inspect));
            task.await.map_err(|_| Failure::message("inspecting the file failed"))??
        }
    };
    if output.json {
        output.json(&report.json())?;
    } else {
        output.text(report.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn of_file(inspect: &InspectArguments) -> Result<Report, Error> {
    let path = &inspect.path;
    let bytes = read(path)?;
    let wit = match inspect.wit.as_deref().map(|wit| (wit, wit.strip_prefix('@'))) {
        None => None,
        Some((_, Some(file))) => Some(String::from_utf8(read(Path::new(file))?).map_err(|_| {
            Error::invalid(format!("{file} is not text")).with_remedy("name a file of WIT text behind the @")
        })?),
        Some((wit, None)) => Some(wit.to_owned()),
    };
    let host = host(&inspect.cache)?.build()?;
    let (inspection, component) = host.inspect(&bytes, wit.as_deref())?;
    let preflight = component.map(|component| host.preflight("", &[], &component));
    Ok(Report::new(path, &bytes, inspection, preflight, wit))
}

async fn of_entry(output: &Output, path: PathBuf, id: &str, cache: CacheArguments) -> Result<Report, Failure> {
    let id: EntryId = id.parse().map_err(|error| {
        Error::invalid(format!("{id} is no id of an entry: {error}")).with_remedy("write namespace:name")
    })?;
    let opened = open(output, &ApplicationArguments { path, skip_unknown_kinds: true, cache }).await?;
    let own = |entry: &Option<String>| entry.as_deref().is_none_or(|entry| entry == id.to_string());
    let problems: Vec<_> = opened.problems.iter().filter(|problem| own(&problem.entry)).cloned().collect();
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(Failure::Problems(problems));
    }
    let application = opened.application;
    let task = tokio::task::spawn_blocking(move || {
        let code = application.code(&id)?;
        let (inspection, component) = application.host().inspect(&code.bytes, code.wit.as_deref())?;
        let ungranted = component.map(|component| application.host().preflight("", &[], &component));
        Ok::<_, Error>(Report::of_entry(&id, code, inspection, ungranted.as_ref()))
    });
    Ok(task.await.map_err(|_| Failure::message("inspecting the entry failed"))??)
}

/// Reads a file, which is one and no larger than the limit.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::NotFound, format!("there is no file {shown}")).with_remedy("name the guest's file")
        }
        _ => Error::new(ErrorKind::Unavailable, format!("{shown} cannot be read: {error}"))
            .with_remedy("make the file readable for this user"),
    };
    let found = std::fs::metadata(path).map_err(failed)?;
    if found.is_dir() {
        return Err(Error::invalid(format!("{shown} is a directory"))
            .with_remedy("name a .wasm or .wat file; or, of an application, an entry too: inspect <APP> <NS:NAME>"));
    }
    // Opening a pipe would wait for whoever writes to it.
    if !found.is_file() {
        return Err(Error::invalid(format!("{shown} is not a file")).with_remedy("name a .wasm or .wat file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::invalid(format!("{shown} is larger than {} MiB", MAX_BYTES >> 20))
            .with_remedy("strip the module, or split it"));
    }
    Ok(bytes)
}
