//! One call in a process of its own: the command line, and what `wasmtime run` would do at its best.

use super::application::write;
use crate::bench::Bench;
use crate::guests::guest;
use crate::part;
use crate::plain::{WithWasi, bound};
use crate::row::Target::AtMost;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::WasiCtxBuilder;
use wippy_host::{EPOCH, EngineOptions, Limits};

const GUEST: &str = "std-calls";
const METHOD: &str = "env";
const ARGUMENT: &str = "NAME";

/// By this name the program is the command line. It is one program for both, so that neither has less to load.
const NAME: &str = "wippy-host";

pub(crate) fn command_line() -> Option<ExitCode> {
    let name = std::env::args_os().next()?;
    (name == NAME).then(wippy_host_cli::run)
}

pub(super) fn row(bench: &Bench) {
    let application = write(&[("called".to_owned(), GUEST, METHOD)]);
    let cache = tempfile::tempdir().unwrap();
    let code = cache.path().join("code");
    let component = Component::from_binary(&compiled_for(false), &guest(GUEST)).unwrap();
    std::fs::write(&code, component.serialize().unwrap()).unwrap();
    let ours = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg0(NAME).args(["call", "--cache-dir"]).arg(cache.path().join("ours")).arg(application.path());
        command.args(["bench:called", ARGUMENT]).env_remove("RUST_BACKTRACE").stdin(Stdio::null());
        printed(command)
    };
    let plain = || printed(part::command(&["start", code.to_str().unwrap()]));
    // Compiled, and kept.
    ours();
    bench.ratio_in(
        bench.length.pick(1, 25, 200),
        "one call from the cache, a process each",
        "ms",
        AtMost(1.2),
        ours,
        plain,
    );
}

/// Milliseconds from the start of a process to its end, which has printed that there is no such variable.
fn printed(command: Command) -> f64 {
    let start = Instant::now();
    let output = part::output(command).unwrap();
    let spent = start.elapsed().as_secs_f64() * 1e3;
    assert_eq!(String::from_utf8_lossy(&output).trim(), "null");
    spent
}

/// An engine with the host's settings.
pub(super) fn compiled_for(concurrent: bool) -> Engine {
    let engine = |pooling| Engine::new(&config(pooling, concurrent));
    engine(true).or_else(|_| engine(false)).unwrap()
}

fn config(pooling: bool, concurrent: bool) -> Config {
    let mut config = wippy_host::engine_config(&EngineOptions::default().with_pooling(pooling));
    if concurrent {
        config.concurrency_support(true).wasm_component_model_async(true);
    }
    config
}

/// What plain Wasmtime does: on one thread, with nothing to look up and nothing to log.
pub(crate) fn part(code: &str) {
    let engine = compiled_for(false);
    let weak = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(call(&engine, Path::new(code))) {
        Val::Option(None) => println!("null"),
        other => println!("{other:?}"),
    }
}

async fn call(engine: &Engine, code: &Path) -> Val {
    #[expect(unsafe_code, reason = "as `wasmtime run` takes it from its cache")]
    // SAFETY: the file is what `serialize` gave to this program, in a folder of this user.
    let component = unsafe { Component::deserialize_file(engine, code) }.unwrap();
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    let mut store = Store::new(engine, WithWasi::new(WasiCtxBuilder::new().build()));
    bound(&mut store, |data| &mut data.limits);
    let limit = Limits::default().max_execution.unwrap_or(Duration::MAX);
    let called = async {
        let instance = linker.instantiate_async(&mut store, &component).await?;
        let function = instance.get_func(&mut store, METHOD).unwrap();
        let mut results = [Val::Bool(false)];
        function.call_async(&mut store, &[Val::String(ARGUMENT.into())], &mut results).await?;
        let [result] = results;
        Ok::<_, wasmtime::Error>(result)
    };
    tokio::time::timeout(limit, called).await.unwrap().unwrap()
}
