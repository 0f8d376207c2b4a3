//! Applications in temporary directories, and the binary run on them: bounded in time, in an environment of its own.

use sha2::{Digest, Sha256};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// No command here takes a second; a machine that is busy with other builds may make it many.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Lines 1 to 3 of every application; its entries begin in line 4.
const HEAD: &str = "version: \"1.0\"\nnamespace: demo\nentries:\n";

/// `add: func(a: s32, b: s32) -> s32`, which imports nothing.
pub(crate) const ADD: &str = include_str!("../../../../guests/wat/add.wat");

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// A directory for one test.
pub(crate) struct App(TempDir);

impl App {
    /// An application whose `_index.yaml` has these entries, and `add.wat` beside it.
    pub(crate) fn new(entries: &str) -> Self {
        Self::with_index(&format!("{HEAD}{entries}"))
    }

    /// An application whose `_index.yaml` is this.
    pub(crate) fn with_index(index: &str) -> Self {
        Self::empty().with("_index.yaml", index).with("add.wat", ADD)
    }

    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// An application with one entry `demo:it`, a `function.wasm` of a committed guest. `rest` begins in line 12.
    pub(crate) fn guest(guest: &str, method: &str, rest: &str) -> Self {
        let bytes = fs::read(repository().join(format!("guests/built/{guest}.wasm"))).unwrap();
        Self::wasm(&bytes, method, rest)
    }

    /// The same of any bytes.
    pub(crate) fn wasm(bytes: &[u8], method: &str, rest: &str) -> Self {
        let hash = hash(bytes);
        Self::new(&format!(
            "  - name: code
    kind: fs.directory
    directory: ./code
  - name: it
    kind: function.wasm
    fs: code
    path: /guest.wasm
    hash: {hash}
    method: {method}\n{rest}"
        ))
        .with("code/guest.wasm", bytes)
    }

    /// An application with one entry `demo:it`, a `function.wat`. `rest` begins in line 8.
    pub(crate) fn wat(source: &str, method: &str, rest: &str) -> Self {
        let entry = format!("  - name: it\n    kind: function.wat\n    source: file://it.wat\n    method: {method}\n");
        Self::new(&format!("{entry}{rest}")).with("it.wat", source)
    }

    pub(crate) fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// The directory, with symbolic links resolved, as messages show it.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    /// Runs `wippy-host <command> <this application> <arguments>`.
    pub(crate) fn run(&self, command: &str, arguments: &[&str]) -> Ran {
        let root = self.path();
        let mut all = vec![command, root.to_str().unwrap()];
        all.extend(arguments);
        let mut ran = run(&all);
        for text in [&mut ran.stdout, &mut ran.stderr] {
            *text = text.replace(root.to_str().unwrap(), "ROOT");
        }
        ran
    }

    /// Runs `call` of `demo:it`.
    pub(crate) fn call(&self, arguments: &[&str]) -> Ran {
        let mut all = vec!["demo:it"];
        all.extend(arguments);
        self.run("call", &all)
    }

    /// What `check` says is wrong: something is.
    #[track_caller]
    pub(crate) fn problems(&self) -> String {
        let ran = self.run("check", &[]);
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.stderr
    }

    /// What `check` remarks on an application that is sound.
    #[track_caller]
    pub(crate) fn remarks(&self) -> String {
        let ran = self.run("check", &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stderr
    }
}

/// `sha256:…` of some bytes.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Ran {
    /// The command succeeded, with this on standard output and nothing on standard error.
    #[track_caller]
    pub(crate) fn gives(&self, stdout: &str) {
        assert_eq!((self.stdout.as_str(), self.stderr.as_str(), self.code), (stdout, "", 0));
    }

    /// The command failed, with this on standard error and nothing on standard output.
    #[track_caller]
    pub(crate) fn fails(&self, stderr: &str) {
        assert_eq!((self.stderr.as_str(), self.stdout.as_str(), self.code), (stderr, "", 1));
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Runs the binary.
#[track_caller]
pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_in(&[("NO_COLOR", "1")], arguments)
}

/// Runs the binary with these variables and no other.
#[track_caller]
pub(crate) fn run_in(environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let ran = finish(command(environment, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let (stdout, stderr) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    Ran { stdout, stderr, code: ran.code }
}

/// The binary with these variables and no other: without a home there is no cache but one that a test names.
pub(crate) fn command(environment: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wippy-host"));
    command.args(arguments).env_clear().envs(environment.iter().copied()).stdin(Stdio::null());
    command
}

/// What a command wrote, before it is text.
pub(crate) struct Finished {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) code: i32,
}

/// Runs a command to its end, which is an exit code and no panic.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Finished {
    let mut child = command.spawn().unwrap();
    let stdout = child.stdout.take().map(read);
    let stderr = child.stderr.take().map(read);
    let received = |pipe: Option<mpsc::Receiver<Vec<u8>>>| pipe.map(|pipe| pipe.recv_timeout(PATIENCE));
    let (stdout, stderr) = (received(stdout), received(stderr));
    let late = [&stdout, &stderr].into_iter().flatten().any(Result::is_err);
    if late {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(!late, "the command did not end within {PATIENCE:?}");
    let text = |pipe: Option<Result<Vec<u8>, _>>| pipe.map(Result::unwrap).unwrap_or_default();
    let (stdout, stderr) = (text(stdout), text(stderr));
    let shown = String::from_utf8_lossy(&stderr);
    assert!(!shown.contains("panicked at") && !shown.contains("BACKTRACE"), "{shown}");
    let code = status.code().unwrap_or_else(|| panic!("ended by a signal: {status}"));
    Finished { stdout, stderr, code }
}

fn read(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut content = Vec::new();
        let _ = pipe.read_to_end(&mut content);
        let _ = sender.send(content);
    });
    receiver
}
