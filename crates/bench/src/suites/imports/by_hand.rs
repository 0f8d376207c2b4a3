//! What Wasmtime's context is told, to do what ours does.

use super::ours::{LineSink, VARIABLE};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWrite;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wippy_host::{Output as _, OutputStream as Which};

/// One variable, and standard output that becomes lines.
pub(super) fn prepare(builder: &mut WasiCtxBuilder) {
    builder.env(VARIABLE.0, VARIABLE.1).stdout(Lines::default());
}

/// Hands on what is written line by line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        let mut pending = self.0.lock().unwrap();
        let mut rest = &bytes[..];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            pending.extend_from_slice(&rest[..end]);
            LineSink.line("bench:loops", Which::Stdout, &String::from_utf8_lossy(&pending));
            pending.clear();
            rest = &rest[end + 1..];
        }
        pending.extend_from_slice(rest);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}

#[async_trait::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}
