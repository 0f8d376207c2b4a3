//! The section `acme:kv` of an entry.

use schemars::JsonSchema;
use serde::Deserialize;
use wippy_host_core::{ConfigProblem, SetupContext};

/// `config: {"acme:kv": …}`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Config {
    /// The `fs.directory` that holds the database: its id, or the name of one in the entry's own namespace.
    pub fs: String,
    /// The database's file in it: a plain name. Entries that name the same file share its buckets. Default: the entry's id with a
    /// dot in the place of the colon, `app.notes.redb`.
    #[serde(default)]
    pub file: Option<String>,
    /// Bytes of one value. Default 64 KiB.
    #[serde(default = "max_value_bytes")]
    pub max_value_bytes: u64,
    /// Keys in the whole file. Default 10,000.
    #[serde(default = "max_keys")]
    pub max_keys: u64,
    /// Bytes of all buckets' names, keys and values in the whole file. Default 16 MiB.
    #[serde(default = "max_bytes")]
    pub max_bytes: u64,
    /// Buckets that one instance has open at a time. Default 100.
    #[serde(default = "max_open_buckets")]
    pub max_open_buckets: u64,
    /// Whether every change is refused. Default false.
    #[serde(default)]
    pub read_only: bool,
}

fn max_value_bytes() -> u64 {
    64 << 10
}

fn max_keys() -> u64 {
    10_000
}

fn max_bytes() -> u64 {
    16 << 20
}

fn max_open_buckets() -> u64 {
    100
}

/// The longest name of a file.
const FILE_BYTES: usize = 128;

pub(crate) fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let id = cx.resolve_id(&config.fs);
    match cx.services.directories.get(&id) {
        Ok(Some(_)) => {}
        Ok(None) => problems.push(
            ConfigProblem::new(["fs"], format!("no fs.directory {id}"))
                .with_remedy("add an entry of kind fs.directory, or write the id of one that there is"),
        ),
        Err(error) => {
            let problem = ConfigProblem::new(["fs"], error.message());
            problems.push(match error.remedy() {
                Some(remedy) => problem.with_remedy(remedy),
                None => problem,
            });
        }
    }
    if let Some(file) = config.file.as_deref().filter(|file| !is_plain(file)) {
        problems.push(
            ConfigProblem::new(["file"], format!("{file:?} is no plain name of a file"))
                .with_remedy("write letters, digits, -, _ and . alone, the first no dot, for example notes.redb"),
        );
    }
    let read_only = "write read_only: true for an entry that may change nothing";
    let ungranted = "take acme:kv out of imports for an entry that may open nothing";
    for (key, value, remedy) in [
        ("max_value_bytes", config.max_value_bytes, read_only),
        ("max_keys", config.max_keys, read_only),
        ("max_bytes", config.max_bytes, read_only),
        ("max_open_buckets", config.max_open_buckets, ungranted),
    ] {
        if value == 0 {
            problems.push(ConfigProblem::new([key], format!("{key} must be at least 1")).with_remedy(remedy));
        }
    }
    problems
}

/// A name that cannot lead out of its directory. Whether what is there is a link is looked at when it is opened.
fn is_plain(file: &str) -> bool {
    (1..=FILE_BYTES).contains(&file.len())
        && !file.starts_with('.')
        && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The file of an entry that names none.
pub(crate) fn file_of(entry: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let name = entry.bytes().map(|byte| match byte {
        b':' => ".".to_owned(),
        byte if plain(byte) => char::from(byte).to_string(),
        // Different ids have different files.
        byte => format!("_{byte:02x}"),
    });
    format!("{}.redb", name.collect::<String>())
}
