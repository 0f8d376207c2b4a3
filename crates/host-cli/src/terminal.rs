//! The standard streams of this process, for a guest. Whatever blocks does so on the runtime's blocking threads, for which
//! nobody waits when the process ends.

use bytes::Bytes;
use futures::future::BoxFuture;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use wippy_host::{ByteSink, ByteSource, StandardStreams};

/// The streams, and the writes that are under way on them.
#[derive(Default)]
pub(crate) struct Terminal(TaskTracker);

impl Terminal {
    pub(crate) fn streams(&self) -> StandardStreams {
        let out = |error| Arc::new(Out { error, writes: self.0.clone() });
        StandardStreams { stdin: Arc::new(In::default()), stdout: out(false), stderr: out(true) }
    }

    /// Waits until all that was written is out. A pipe that nobody reads makes this wait as long as a pipe does.
    pub(crate) async fn written(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

/// Standard input. Nothing is read before it is asked for.
#[derive(Default)]
struct In(Mutex<Reading>);

#[derive(Default)]
struct Reading {
    /// A read that goes on although whoever asked for it has given up.
    under_way: Option<JoinHandle<io::Result<Vec<u8>>>>,
    left: Bytes,
}

impl ByteSource for In {
    fn read(&self, size: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        Box::pin(async move {
            let mut reading = self.0.lock().await;
            if reading.left.is_empty() {
                let under_way =
                    reading.under_way.get_or_insert_with(|| tokio::task::spawn_blocking(move || read(size)));
                let arrived = under_way.await;
                reading.under_way = None;
                reading.left = arrived.map_err(io::Error::other)??.into();
            }
            let size = size.min(reading.left.len());
            Ok(reading.left.split_to(size))
        })
    }

    fn is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }
}

fn read(size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    loop {
        match io::stdin().lock().read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => {
                bytes.truncate(read?);
                return Ok(bytes);
            }
        }
    }
}

/// Standard output, or error.
struct Out {
    error: bool,
    writes: TaskTracker,
}

impl ByteSink for Out {
    fn write(&self, bytes: Bytes) -> BoxFuture<'static, io::Result<()>> {
        let error = self.error;
        let written = self.writes.spawn_blocking(move || match error {
            true => whole(&mut io::stderr().lock(), &bytes),
            false => whole(&mut io::stdout().lock(), &bytes),
        });
        Box::pin(async { written.await.map_err(io::Error::other)? })
    }

    fn is_terminal(&self) -> bool {
        if self.error { io::stderr().is_terminal() } else { io::stdout().is_terminal() }
    }
}

/// Unbuffered: what a guest wrote is out when its write has ended.
fn whole(stream: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}
