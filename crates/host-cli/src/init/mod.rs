//! `init`: a small working application, in a directory that holds nothing yet.

use crate::output::{Failure, Output, count, visible};
use serde_json::json;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wippy_host::{Error, ErrorKind};

/// How many of the files that are in the way are named.
const LISTED: usize = 10;

/// Where the schema for editors goes: loading skips hidden directories.
const SCHEMA: &str = ".wippy-host/schema.json";

/// The application. What makes it one comes last: a directory in which not all was written is none.
const FILES: &[(&str, &str)] = &[
    ("guests/add.wat", include_str!("template/guests/add.wat")),
    ("guests/greet.wat", include_str!("template/guests/greet.wat")),
    ("guests/greet.wit", include_str!("template/guests/greet.wit")),
    ("welcome.lua", include_str!("template/welcome.lua")),
    ("README.md", include_str!("template/README.md")),
    ("_index.yaml", include_str!("template/_index.yaml")),
];

#[derive(clap::Args)]
pub(crate) struct InitArguments {
    /// The directory: empty, or not there yet.
    #[arg(value_name = "DIR")]
    path: PathBuf,
}

pub(crate) fn run(output: &Output, init: &InitArguments) -> Result<ExitCode, Failure> {
    let path = &init.path;
    let failed = |error: io::Error| {
        Error::new(ErrorKind::Unavailable, format!("cannot write an application into {}: {error}", path.display()))
            .with_remedy("name a directory that this user may write to")
    };
    fs::create_dir_all(path).map_err(failed)?;
    is_empty(path)?;
    let schema = crate::schema::text()?;
    let files = || std::iter::once((SCHEMA, schema.as_str())).chain(FILES.iter().copied());
    for (name, content) in files() {
        write(&path.join(name), content).map_err(failed)?;
    }
    let names: Vec<&str> = files().map(|(name, _)| name).collect();
    if output.json {
        output.json(&json!({"directory": path.to_string_lossy(), "files": names}))?;
    } else {
        let shown = visible(&path.to_string_lossy());
        output.text(format_args!(
            "wrote {} into {shown}: {}\nnext:\n  wippy-host check {shown}\n  wippy-host call {shown} demo:welcome Ada\n",
            count(names.len(), "file"),
            names.join(", ")
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing that is there is touched.
fn is_empty(path: &Path) -> Result<(), Error> {
    let read = |error: io::Error| {
        Error::new(ErrorKind::Unavailable, format!("{} cannot be read: {error}", path.display()))
            .with_remedy("name a directory that this user may read")
    };
    let mut names = Vec::new();
    let mut more = false;
    for entry in fs::read_dir(path).map_err(read)? {
        if names.len() == LISTED {
            more = true;
            break;
        }
        names.push(entry.map_err(read)?.file_name().to_string_lossy().into_owned());
    }
    if names.is_empty() {
        return Ok(());
    }
    names.sort_unstable();
    let more = if more { ", …" } else { "" };
    let message = format!("{} is not empty: there is {}{more}", path.display(), names.join(", "));
    Err(Error::new(ErrorKind::AlreadyExists, message).with_remedy("name a directory that is empty, or not there yet"))
}

/// Writes a new file, whole or not at all: under another name first.
fn write(path: &Path, content: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".unfinished-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&unfinished)?;
    let written = file.write_all(content.as_bytes()).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}
