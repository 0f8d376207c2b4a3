//! `cargo xtask new-import`: writes an import crate that builds and whose tests pass, to begin with.
//!
//! What it writes stands in `xtask/templates/new-import`. The test here looks at what is written; whether it builds is tried by hand
//! when a template changes, since that links a command line more:
//!
//! ```console
//! $ cargo xtask new-import acme:counter --into target/acme-counter
//! $ cargo test --manifest-path target/acme-counter/Cargo.toml
//! ```

mod names;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use self::names::{NameError, Names};
use crate::progress;

/// Write an import crate of your own, with tests that pass, to begin with
///
/// It can stand anywhere, and is no member of this workspace. Without --git it depends on the crates of this checkout by their path.
#[derive(Args)]
pub(crate) struct NewImportArgs {
    /// What `imports` of an entry will list: a namespace and a name, for example acme:counter
    #[arg(value_name = "NAMESPACE:NAME")]
    import: String,
    /// An empty or new directory; NAMESPACE-NAME without it
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Depend on the crates of this repository, for a crate that others build, too
    #[arg(long, value_name = "URL")]
    git: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NewImportError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("{} is not empty; name a new directory with --into", .0.display())]
    NotEmpty(PathBuf),
    #[error(
        "{0:?} cannot stand in a Cargo.toml; write the address as `git clone` takes it, without quotes and backslashes"
    )]
    Source(String),
    #[error("{}", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// Each file and its text; the names of the import stand in double braces.
const FILES: [(&str, &str); 7] = [
    (".gitignore", include_str!("../templates/new-import/gitignore.template")),
    ("Cargo.toml", MANIFEST),
    ("README.md", include_str!("../templates/new-import/README.md.template")),
    ("src/lib.rs", LIBRARY),
    ("src/main.rs", include_str!("../templates/new-import/src/main.rs.template")),
    ("tests/import.rs", include_str!("../templates/new-import/tests/import.rs.template")),
    ("wit/counting.wit", include_str!("../templates/new-import/wit/counting.wit.template")),
];
const MANIFEST: &str = include_str!("../templates/new-import/Cargo.toml.template");
const LIBRARY: &str = include_str!("../templates/new-import/src/lib.rs.template");

pub(crate) fn run(args: &NewImportArgs) -> Result<(), NewImportError> {
    let names = Names::of(&args.import)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let source = args.git.as_ref().map_or_else(|| Source::Checkout(root.to_owned()), |url| Source::Git(url.clone()));
    let into = args.into.clone().unwrap_or_else(|| names.package().into());
    write(&names, &source, root, &into)?;
    // Names have different lengths, so lines break elsewhere. Not everybody has it, and without it nothing is wrong.
    let rust = FILES.iter().map(|(file, _)| into.join(file)).filter(|file| file.extension().is_some_and(|e| e == "rs"));
    let _ = std::process::Command::new("rustfmt").args(["--edition", "2024"]).args(rust).output();
    let manifest = into.join("Cargo.toml");
    progress(format_args!("written: {}; try it (the first build takes some minutes):", into.display()));
    progress(format_args!("    cargo test --manifest-path {}", manifest.display()));
    progress(format_args!("    cargo run --manifest-path {} -- imports", manifest.display()));
    Ok(())
}

/// Where the crate finds the host's.
enum Source {
    Checkout(PathBuf),
    Git(String),
}

impl Source {
    /// What stands behind the name of one of the host's crates in a `Cargo.toml`.
    fn of(&self, package: &str) -> Result<String, NewImportError> {
        let (key, value) = match self {
            // In TOML a backslash begins an escape.
            Self::Checkout(root) => ("path", format!("{}/crates/{package}", root.display()).replace('\\', "/")),
            Self::Git(url) => ("git", url.clone()),
        };
        if value.contains(['"', '\\']) || value.contains(char::is_control) {
            return Err(NewImportError::Source(value));
        }
        Ok(format!("{key} = \"{value}\""))
    }
}

fn write(names: &Names, source: &Source, root: &Path, into: &Path) -> Result<(), NewImportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| NewImportError::File { path, source }
    };
    if into.exists() && std::fs::read_dir(into).map_err(failed(into))?.next().is_some() {
        return Err(NewImportError::NotEmpty(into.to_owned()));
    }
    let sources = [
        ("{{core}}", source.of("host-core")?),
        ("{{test}}", source.of("host-test")?),
        ("{{cli}}", source.of("host-cli")?),
    ];
    for (file, template) in FILES {
        let file = into.join(file);
        let folder = file.parent().unwrap_or(into);
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let text = sources.iter().fold(names.fill(template), |text, (name, source)| text.replace(name, source));
        std::fs::write(&file, text).map_err(failed(&file))?;
    }
    // The versions that this checkout is tested with.
    let lock = into.join("Cargo.lock");
    std::fs::copy(root.join("Cargo.lock"), &lock).map_err(failed(&lock))?;
    Ok(())
}

#[cfg(test)]
mod tests;
