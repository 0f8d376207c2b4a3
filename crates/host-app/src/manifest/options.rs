//! What a load is told: where variables come from, and how much it may read.

use std::fmt;

/// Answers `${env:NAME}`: the value of a variable, or none where it is not set.
pub type EnvironmentLookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Is told how many entries are made, and of how many, after each: from a thread of the async runtime, so it must not
/// wait.
pub type Progress = std::sync::Arc<dyn Fn(usize, usize) + Send + Sync>;

/// How an application is loaded.
#[non_exhaustive]
pub struct LoadOptions {
    /// Where `${env:NAME}` looks. A variable that is set to nothing counts as set.
    pub environment: EnvironmentLookup,
    /// Entries of a kind that this host does not have are left out with a warning, instead of being an error.
    /// Default: false.
    pub skip_unknown_kinds: bool,
    /// How much is read at most.
    pub limits: LoadLimits,
    /// Who is told how far the opening of an application is; a reload is not reported. Default: nobody.
    pub progress: Option<Progress>,
}

impl LoadOptions {
    /// Variables come from the given function; everything else is the default.
    pub fn new(environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            environment: Box::new(environment),
            skip_unknown_kinds: false,
            limits: LoadLimits::default(),
            progress: None,
        }
    }

    /// Variables come from the environment of this process. One whose value is not UTF-8 counts as not set.
    pub fn from_process_environment() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Whether entries of a kind that this host does not have are left out with a warning. Default: false.
    #[must_use]
    pub fn with_skip_unknown_kinds(mut self, skip: bool) -> Self {
        self.skip_unknown_kinds = skip;
        self
    }

    /// How much is read at most. Default: see [`LoadLimits`].
    #[must_use]
    pub fn with_limits(mut self, limits: LoadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Who is told how far the opening is. Default: nobody.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }
}

impl fmt::Debug for LoadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadOptions")
            .field("skip_unknown_kinds", &self.skip_unknown_kinds)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How much a load reads at most; beyond it there is a problem that names the limit.
///
/// The defaults are far above any application written by hand, and low enough that a wrong directory, a generated file
/// or a hostile one costs seconds and megabytes, not the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadLimits {
    /// Bytes of one `.yaml`, `.yml` or `.json` file. Default: 4 MiB.
    pub max_file_bytes: usize,
    /// How deep lists and mappings nest in a file, and directories in the application. Default 64, at most 200, since
    /// the tree is walked by recursion.
    pub max_depth: usize,
    /// Values in one file, keys and all that aliases repeat counted. Default: 1,000,000.
    pub max_nodes: usize,
    /// Files that end in `.yaml`, `.yml` or `.json`, with a `namespace` or without. Default: 10,000.
    pub max_files: usize,
    /// Files and directories of any name that are looked at in search of those. Default: 1,000,000.
    pub max_directory_entries: usize,
    /// Bytes of one file that `file://` brings in. Default: 16 MiB.
    pub max_included_bytes: usize,
    /// Bytes of all text that `file://` (each file once) and `${env:…}` bring in. Default: 256 MiB.
    pub max_expanded_bytes: usize,
    /// Problems that are listed; the rest is counted. Default: 1,000.
    pub max_problems: usize,
}

impl LoadLimits {
    /// Bytes of one `.yaml`, `.yml` or `.json` file. Default: 4 MiB.
    #[must_use]
    pub fn with_max_file_bytes(mut self, bytes: usize) -> Self {
        self.max_file_bytes = bytes;
        self
    }

    /// How deep lists, mappings and directories nest. Default 64, at most 200.
    #[must_use]
    pub fn with_max_depth(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }

    /// Values in one file. Default: 1,000,000.
    #[must_use]
    pub fn with_max_nodes(mut self, values: usize) -> Self {
        self.max_nodes = values;
        self
    }

    /// Files that end in `.yaml`, `.yml` or `.json`. Default: 10,000.
    #[must_use]
    pub fn with_max_files(mut self, files: usize) -> Self {
        self.max_files = files;
        self
    }

    /// Files and directories of any name. Default: 1,000,000.
    #[must_use]
    pub fn with_max_directory_entries(mut self, entries: usize) -> Self {
        self.max_directory_entries = entries;
        self
    }

    /// Bytes of one file that `file://` brings in. Default: 16 MiB.
    #[must_use]
    pub fn with_max_included_bytes(mut self, bytes: usize) -> Self {
        self.max_included_bytes = bytes;
        self
    }

    /// Bytes of all text that `file://` and `${env:…}` bring in. Default: 256 MiB.
    #[must_use]
    pub fn with_max_expanded_bytes(mut self, bytes: usize) -> Self {
        self.max_expanded_bytes = bytes;
        self
    }

    /// Problems that are listed. Default: 1,000.
    #[must_use]
    pub fn with_max_problems(mut self, problems: usize) -> Self {
        self.max_problems = problems;
        self
    }
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            max_file_bytes: 4 << 20,
            max_depth: 64,
            max_nodes: 1_000_000,
            max_files: 10_000,
            max_directory_entries: 1_000_000,
            max_included_bytes: 16 << 20,
            max_expanded_bytes: 256 << 20,
            max_problems: 1_000,
        }
    }
}

impl LoadLimits {
    pub(super) fn depth(&self) -> usize {
        self.max_depth.min(200)
    }
}

/// A number of bytes as a limit is spoken of.
pub(super) fn bytes(count: usize) -> String {
    match count {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}
