//! Where compiled components are kept.

use std::path::PathBuf;
use wippy_host::CacheOptions;

/// What every command that compiles takes.
#[derive(clap::Args)]
pub(crate) struct CacheArguments {
    /// Keep compiled components in this folder, instead of WIPPY_CACHE_DIR, $XDG_CACHE_HOME/wippy-host or
    /// ~/.cache/wippy-host.
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    cache_dir: Option<PathBuf>,
    /// Compile everything anew, and keep nothing.
    #[arg(long)]
    no_cache: bool,
}

impl CacheArguments {
    /// The cache; none where nobody says where, as in a process without a home.
    pub(crate) fn options(&self) -> Option<CacheOptions> {
        if self.no_cache {
            return None;
        }
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The standard of these variables: a path that is not absolute does not count.
        let home = |name| set(name).filter(|path| path.is_absolute());
        let directory = self.cache_dir.clone().or_else(|| set("WIPPY_CACHE_DIR")).or_else(|| {
            let caches = home("XDG_CACHE_HOME").or_else(|| Some(home("HOME")?.join(".cache")));
            Some(caches?.join("wippy-host"))
        });
        directory.map(CacheOptions::new)
    }
}
