//! One test of a suite: where it stands, and how its steps are done.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ConformanceError;
use super::http::{self, Body, Message};
use super::process::Process;
use super::specification::{Operation, Request, Run, Specification};

pub(super) struct Test {
    /// Language, suite and test: `c/wasm32-wasip1/lseek`.
    pub(super) name: String,
    file: PathBuf,
    specification: Specification,
}

/// All tests below a directory, by name.
pub(super) fn find(directory: &Path) -> Result<Vec<Test>, ConformanceError> {
    let mut tests = Vec::new();
    let mut folders = vec![directory.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let is_suite = folder.join("manifest.json").is_file();
        for path in listed(&folder)? {
            if path.is_dir() && !is_suite {
                folders.push(path);
            } else if is_suite && path.extension().is_some_and(|extension| extension == "wasm") {
                tests.push(Test::read(path)?);
            }
        }
    }
    if tests.is_empty() {
        return Err(ConformanceError::NoTests(directory.to_path_buf()));
    }
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tests)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, ConformanceError> {
    let read = |source| ConformanceError::Read { path: folder.to_path_buf(), source };
    let entries = fs::read_dir(folder).map_err(read)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(read)).collect()
}

impl Test {
    fn read(file: PathBuf) -> Result<Self, ConformanceError> {
        let path = file.with_extension("json");
        let specification = match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|source| ConformanceError::Syntax { path, source })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Specification::default(),
            Err(source) => return Err(ConformanceError::Read { path, source }),
        };
        Ok(Self { name: name(&file), file, specification })
    }

    /// Does the steps, and says which one went wrong.
    pub(super) fn run(&self, binary: &Path, limit: Duration) -> Result<(), String> {
        let serves = self.specification.serves()?;
        let mut variables = Vec::new();
        for server in &self.specification.servers {
            variables.push(server.start(limit).map_err(|error| format!("no server: {error}"))?);
        }
        let root = tempfile::tempdir().map_err(|error| format!("no folder for the test's files: {error}"))?;
        let mut running = None;
        let mut connections = Connections::default();
        for operation in self.specification.operations() {
            if let Operation::Run(run) = &operation {
                let arguments = self.arguments(serves, run, &variables, root.path())?;
                running = Some(Process::start(binary, &arguments, limit)?);
                continue;
            }
            let process = running.as_mut().ok_or("a step stands before the run")?;
            step(process, &mut connections, operation, limit).map_err(|why| format!("{why}{}", process.said()))?;
        }
        Ok(())
    }

    /// The command line. The directory is a copy: tests write to it.
    fn arguments(
        &self,
        serves: bool,
        run: &Run,
        servers: &[(String, String)],
        root: &Path,
    ) -> Result<Vec<String>, String> {
        let command: &[&str] = if serves { &["serve", "--addr=127.0.0.1:0"] } else { &["exec"] };
        let mut arguments: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        arguments.push("--import=all".to_owned());
        arguments.extend(ADDRESSES.iter().map(|address| format!("--allow={address}")));
        if let Some(directory) = &run.root {
            let from = self.file.with_file_name(directory);
            copy(&from, root).map_err(|error| format!("{} cannot be copied: {error}", from.display()))?;
            arguments.push(format!("--mount={}::/", root.display()));
        }
        let servers = servers.iter().map(|(name, value)| (name, value));
        arguments.extend(run.env.iter().chain(servers).map(|(name, value)| format!("--env={name}={value}")));
        arguments.push(self.file.display().to_string());
        arguments.extend(run.args.iter().cloned());
        Ok(arguments)
    }
}

/// What tests of sockets bind to, and whom they reach: nobody outside this machine. The last four are addresses that nobody has.
const ADDRESSES: [&str; 10] = [
    "127.0.0.1",
    "::1",
    "0.0.0.0",
    "::",
    "127.0.0.0/8",
    "::ffff:127.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "2001:db8::1",
];

/// What a test has connected to.
#[derive(Default)]
struct Connections {
    streams: HashMap<String, TcpStream>,
    /// Where the component serves, once it has said so.
    service: Option<String>,
}

fn step(
    process: &mut Process,
    connections: &mut Connections,
    operation: Operation,
    limit: Duration,
) -> Result<(), String> {
    match operation {
        Operation::Run(_) | Operation::Unknown => Err("the test has a step that this program does not know".to_owned()),
        Operation::Wait { exit_code } => process.wait(exit_code),
        Operation::Kill { signal } => process.signal(&signal),
        Operation::Request(request) => ask(process, connections, &request, limit),
        Operation::Read { id, payload } => process.read(&id, &payload),
        Operation::Write { payload } => process.write(&payload),
        Operation::Connect { id, protocol_type } if protocol_type == "tcp" => {
            let address = process.line("stdout")?;
            let stream = TcpStream::connect(&address).map_err(|error| format!("{address:?}: {error}"))?;
            stream.set_read_timeout(Some(limit)).map_err(|error| error.to_string())?;
            connections.streams.insert(id, stream);
            Ok(())
        }
        Operation::Connect { protocol_type, .. } => Err(format!("no connection by {protocol_type} can be made yet")),
        Operation::Send { id, payload } => {
            let sent = connection(connections, &id)?.write_all(payload.as_bytes());
            sent.map_err(|error| format!("{id}: {error}"))
        }
        Operation::Recv { id, payload } => {
            let mut got = vec![0; payload.len()];
            connection(connections, &id)?.read_exact(&mut got).map_err(|error| format!("{id}: {error}"))?;
            match got == payload.as_bytes() {
                true => Ok(()),
                false => Err(format!("{id}: expected {payload:?}, got {:?}", String::from_utf8_lossy(&got))),
            }
        }
    }
}

/// Makes a request of the component, and compares the response.
fn ask(process: &mut Process, connections: &mut Connections, request: &Request, limit: Duration) -> Result<(), String> {
    let address = match &connections.service {
        Some(address) => address.clone(),
        None => {
            let line = process.line("stderr")?;
            let address = line.strip_prefix("http://").and_then(|rest| rest.split('/').next());
            let address = address.ok_or_else(|| format!("expected an address, got {line:?}"))?.to_owned();
            connections.service.insert(address).clone()
        }
    };
    let Request { method, path, headers, body, response } = request;
    let asked = || {
        let stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(limit))?;
        let headers = headers.clone().into_iter().chain([("host".to_owned(), address.clone())]);
        http::write(&stream, &format!("{method} {path} HTTP/1.1"), headers, Body::Whole(body.as_bytes()))?;
        Message::read(&stream, true, method == "HEAD")
    };
    let answer = asked().map_err(|error| format!("{method} {path}: {error}"))?;
    let status = answer.start.split(' ').nth(1).unwrap_or_default();
    if status != response.status.to_string() {
        return Err(format!("{method} {path}: expected status {}, got {:?}", response.status, answer.start));
    }
    for (name, value) in &response.headers {
        if answer.header(&name.to_ascii_lowercase()) != Some(value) {
            return Err(format!("{method} {path}: expected {name}: {value}, got {:?}", answer.header(name)));
        }
    }
    if answer.body != response.body.as_bytes() {
        let got = String::from_utf8_lossy(&answer.body);
        return Err(format!("{method} {path}: expected {:?}, got {got:?}", response.body));
    }
    Ok(())
}

fn connection<'c>(connections: &'c mut Connections, id: &str) -> Result<&'c mut TcpStream, String> {
    connections.streams.get_mut(id).ok_or_else(|| format!("{id}: no such connection"))
}

/// `<language>/testsuite/<suite>/<test>.wasm`, without what all have.
fn name(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    let parts: Vec<_> = parts.iter().filter(|part| &***part != "testsuite").map(|part| &**part).collect();
    let last = parts.get(parts.len().saturating_sub(3)..).unwrap_or_default();
    last.join("/").trim_end_matches(".wasm").to_owned()
}

/// Copies a directory with its links. What an earlier run of a test has left in it stays behind.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.extension().is_some_and(|extension| extension == "cleanup") {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(&fs::read_link(&source)?, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_: &Path, link: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other(format!("{}: links are copied on Unix alone", link.display())))
}
