//! The program under test: its streams, and an end to every wait for them.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Output,
    stderr: Output,
    limit: Duration,
}

/// One of the two output streams: what has come of it, and what comes.
struct Output {
    coming: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
    /// How much of it has been read by steps of the test.
    read: usize,
}

impl Process {
    pub(super) fn start(binary: &Path, arguments: &[String], limit: Duration) -> Result<Self, String> {
        let mut command = Command::new(binary);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{} cannot be started: {error}", binary.display()))?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else { return Err("the streams are gone".to_owned()) };
        let stdin = child.stdin.take();
        Ok(Self { child, stdin, stdout: Output::of(stdout), stderr: Output::of(stderr), limit })
    }

    pub(super) fn write(&mut self, payload: &str) -> Result<(), String> {
        let stdin = self.stdin.as_mut().ok_or("standard input is closed")?;
        stdin.write_all(payload.as_bytes()).and_then(|()| stdin.flush()).map_err(|error| format!("stdin: {error}"))
    }

    /// Reads as many bytes as `payload` has, and compares them.
    pub(super) fn read(&mut self, id: &str, payload: &str) -> Result<(), String> {
        let limit = self.limit;
        let got = self.output(id).take(payload.len(), limit)?;
        if got == payload.as_bytes() {
            return Ok(());
        }
        Err(format!("{id}: expected {payload:?}, got {:?}", String::from_utf8_lossy(&got)))
    }

    /// Reads one line, without its end.
    pub(super) fn line(&mut self, id: &str) -> Result<String, String> {
        let (mut line, limit) = (Vec::new(), self.limit);
        loop {
            match &*self.output(id).take(1, limit)? {
                [] | [b'\n'] => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
                more => line.extend_from_slice(more),
            }
        }
    }

    /// Sends a signal, by the system's own command: the standard library has none but the last.
    pub(super) fn signal(&self, name: &str) -> Result<(), String> {
        let name = name.strip_prefix("SIG").unwrap_or(name);
        let mut kill = Command::new("kill");
        let status = kill.args(["-s", name, &self.child.id().to_string()]).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("kill -s {name}: {status}")),
            Err(error) => Err(format!("kill: {error}")),
        }
    }

    /// Waits for the end, and compares the exit code.
    pub(super) fn wait(&mut self, exit_code: i32) -> Result<(), String> {
        self.stdin = None;
        let limit = self.limit;
        self.stdout.rest(limit)?;
        self.stderr.rest(limit)?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.code() != Some(exit_code) {
            return Err(format!("expected exit code {exit_code}, got {status}"));
        }
        // A program that the host did not even start has the exit code of one that failed as it should.
        let ended_by_host = String::from_utf8_lossy(&self.stderr.bytes).lines().any(|line| line.starts_with("error: "));
        if ended_by_host { Err("the host ended it".to_owned()) } else { Ok(()) }
    }

    /// What the program has written, for the message of a test that failed.
    pub(super) fn said(&mut self) -> String {
        let mut said = String::new();
        for (name, output) in [("stdout", &mut self.stdout), ("stderr", &mut self.stderr)] {
            output.bytes.extend(output.coming.try_iter().flatten());
            let text = String::from_utf8_lossy(&output.bytes);
            let text = text.trim_end();
            if !text.is_empty() {
                let shown: String = text.chars().take(2000).collect();
                said.push_str(&format!("\n{name}: {shown}"));
            }
        }
        said
    }

    fn output(&mut self, id: &str) -> &mut Output {
        if id == "stderr" { &mut self.stderr } else { &mut self.stdout }
    }
}

impl Drop for Process {
    /// No test outlives its run. One that has ended already needs no killing.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Output {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let (send, coming) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                if send.send(buffer.get(..count).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { coming, bytes: Vec::new(), read: 0 }
    }

    /// The next `count` bytes; fewer where the stream ends.
    fn take(&mut self, count: usize, limit: Duration) -> Result<Vec<u8>, String> {
        let until = Instant::now() + limit;
        while self.bytes.len() < self.read + count && self.more(until)? {}
        let end = self.bytes.len().min(self.read + count);
        let taken = self.bytes.get(self.read..end).unwrap_or_default().to_vec();
        self.read = end;
        Ok(taken)
    }

    fn rest(&mut self, limit: Duration) -> Result<(), String> {
        let until = Instant::now() + limit;
        while self.more(until)? {}
        Ok(())
    }

    /// Waits for more. False where the stream has ended.
    fn more(&mut self, until: Instant) -> Result<bool, String> {
        match self.coming.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(bytes) => self.bytes.extend(bytes),
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
            Err(RecvTimeoutError::Timeout) => return Err("nothing more came in time".to_owned()),
        }
        Ok(true)
    }
}
