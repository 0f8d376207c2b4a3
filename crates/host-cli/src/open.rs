//! Opens an application for a command.

use crate::cache::CacheArguments;
use crate::output::Output;
use crate::progress::ProgressLine;
use std::path::PathBuf;
use wippy_host::HostBuilder;
use wippy_host_app::manifest::LoadOptions;
use wippy_host_app::{Application, Opened};

/// What every command that takes an application takes.
#[derive(clap::Args)]
pub(crate) struct ApplicationArguments {
    /// The application's directory: a tree of _index.yaml files.
    #[arg(value_name = "APP")]
    pub(crate) path: PathBuf,
    /// Leave out entries of kinds that this host does not have, with a warning.
    #[arg(long)]
    pub(crate) skip_unknown_kinds: bool,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

pub(crate) async fn open(output: &Output, arguments: &ApplicationArguments) -> wippy_host::Result<Opened> {
    open_with(output, arguments, |host| host).await
}

/// The same on a host that is built differently.
pub(crate) async fn open_with(
    output: &Output,
    arguments: &ApplicationArguments,
    change: impl FnOnce(HostBuilder) -> HostBuilder,
) -> wippy_host::Result<Opened> {
    let (line, progress) = ProgressLine::new(output.json);
    let mut options = LoadOptions::from_process_environment();
    options.skip_unknown_kinds = arguments.skip_unknown_kinds;
    options.progress = progress;
    let opened = Application::open(&arguments.path, options, change(host(&arguments.cache)?)).await;
    drop(line);
    opened
}

/// A builder of the host with the cache that the arguments name.
pub(crate) fn host(cache: &CacheArguments) -> wippy_host::Result<HostBuilder> {
    let builder = wippy_host::builder()?;
    Ok(match cache.options() {
        Some(options) => builder.cache(options),
        None => builder,
    })
}
