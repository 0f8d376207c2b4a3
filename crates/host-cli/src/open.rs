//! Opens an application for a command.

use std::path::PathBuf;
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
}

pub(crate) async fn open(arguments: &ApplicationArguments) -> wippy_host::Result<Opened> {
    let mut options = LoadOptions::from_process_environment();
    options.skip_unknown_kinds = arguments.skip_unknown_kinds;
    Application::open(&arguments.path, options, wippy_host::builder()?).await
}
