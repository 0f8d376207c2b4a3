//! `serve`: a component that handles HTTP requests, outside any application.

use crate::graceful::{GRACE, stopped};
use crate::observation::Observation;
use crate::operate::{OperateArguments, Operations};
use crate::otlp::OtlpArguments;
use crate::output::{Failure, Output};
use crate::signals::Signals;
use crate::single::{Single, SingleArguments};
use serde_json::json;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use wippy_host::Error;
use wippy_host::pool::{PoolFields, PoolKind, PoolSpec};
use wippy_host_server::{Server, Service, ServiceOptions, single};
use wippy_import_http::behind_http;

/// Answers every method and path until SIGINT or SIGTERM: then no more is accepted, what was accepted ends within 30 s, and
/// the exit code is 0. A second signal ends it at once. The first line on standard error is the URL.
#[derive(clap::Args)]
pub(crate) struct ServeArguments {
    /// Where it listens; port 0 is one that the system picks.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    addr: String,
    /// Requests that one instance answers, one behind the other. Without, each gets a fresh instance.
    #[arg(long, value_name = "N")]
    reuse: Option<NonZeroU32>,
    /// Requests that are answered at one time; 64 times as many wait, and what comes beyond is answered with 503. Without,
    /// there is no limit but the host's.
    #[arg(long, value_name = "N")]
    concurrency: Option<NonZeroU32>,
    #[command(flatten)]
    operate: OperateArguments,
    #[command(flatten)]
    otlp: OtlpArguments,
    #[command(flatten)]
    single: SingleArguments,
    /// The component, a .wasm or .wat file that exports wasi:http/incoming-handler.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What a component without a handler lacks.
const HANDLER: &str = "wasi:http/incoming-handler#handle";

pub(crate) async fn run(
    output: &Output,
    serve: ServeArguments,
    observation: &Observation,
) -> Result<ExitCode, Failure> {
    let mut signals = Signals::new()?;
    let operations = serve.operate.begin().await?;
    let (opened, server) = tokio::select! {
        code = signals.next() => return Ok(ExitCode::from(code)),
        started = start(&serve, &operations, observation) => started?,
    };
    let url = format!("http://{}/", server.local_addr());
    operations.ready();
    if output.json {
        let mut document = json!({"url": url});
        if let (Some(url), Some(members)) = (operations.url(), document.as_object_mut()) {
            members.insert("metrics".to_owned(), url.into());
        }
        output.json(&document)?;
    }
    output.note(&url);
    operations.announce(output);
    let code = signals.next().await;
    operations.stopping();
    let stopping = async {
        let until = Instant::now() + GRACE;
        let ended = server.stop(GRACE).await;
        opened.host.drain(until).await == 0 && ended
    };
    Ok(stopped(output, &mut signals, code, stopping).await)
}

async fn start(
    serve: &ServeArguments,
    operations: &Operations,
    observation: &Observation,
) -> Result<(Single, Server), Failure> {
    let addr = address(&serve.addr).await.map_err(Failure::usage)?;
    let mut opened = serve.single.open(&serve.file, None, |host| operations.host(observation.host(host))).await?;
    opened.spec = opened.spec.with_pool(serve.pool());
    let mut method = HANDLER.to_owned();
    if let Some(component) = opened.program.component() {
        let (spec, handles) = behind_http(opened.spec.clone(), component);
        opened.spec = spec;
        if handles {
            method.clone_from(&opened.spec.method);
        }
    }
    let handler = opened.prepare(&method, "HTTP handler").await?;
    let router = single(Arc::new(handler))?;
    let mut options = ServiceOptions::new(addr);
    operations.serves(&opened.host, &opened.spec.id, &mut options);
    let service = Service::bind(options).await?;
    let server = service.serve(router, opened.host.functions().clone());
    Ok((opened, server))
}

impl ServeArguments {
    pub(crate) fn otlp(&self) -> &OtlpArguments {
        &self.otlp
    }

    fn pool(&self) -> PoolSpec {
        let kind = if self.concurrency.is_some() { PoolKind::Lazy } else { PoolKind::Inline };
        let mut fields = PoolFields::default().with_kind(kind);
        fields.max_size = self.concurrency.map(NonZeroU32::get);
        fields.reuse_max_calls = self.reuse.map(NonZeroU32::get);
        PoolSpec::resolve(fields)
    }
}

async fn address(text: &str) -> Result<SocketAddr, Error> {
    let found = tokio::net::lookup_host(text).await.map(|mut found| found.next());
    found.ok().flatten().ok_or_else(|| {
        Error::invalid(format!("--addr: {text:?} is no address of this machine"))
            .with_remedy("write HOST:PORT, for example --addr 127.0.0.1:8080")
    })
}
