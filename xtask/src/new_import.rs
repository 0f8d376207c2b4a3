//! `cargo xtask new-import`: writes an import crate that builds and whose tests pass, to begin with.
//!
//! What it writes stands in `xtask/templates/new-import`. The test here looks at what is written; whether it builds is tried by hand
//! when a template changes, since that compiles Wasmtime for another workspace:
//!
//! ```console
//! $ cargo xtask new-import acme:counter --into /tmp/acme-counter
//! $ cargo test --manifest-path /tmp/acme-counter/Cargo.toml
//! ```

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::progress;

/// Write an import crate of your own, with tests that pass, to begin with
///
/// It depends on the crates of this checkout by their path.
#[derive(Args)]
pub(crate) struct NewImportArgs {
    /// What `imports` of an entry will list: a namespace and a name, for example acme:counter
    #[arg(value_name = "NAMESPACE:NAME")]
    import: String,
    /// An empty or new directory; NAMESPACE-NAME without it
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NewImportError {
    #[error(
        "{0:?} is no name of an import; write a namespace and a name of lower-case letters, digits and single dashes, for \
         example acme:counter"
    )]
    Name(String),
    #[error("{0} is a word that WIT or this project needs for itself; choose another")]
    Taken(String),
    #[error("{} is not empty; name a new directory with --into", .0.display())]
    NotEmpty(PathBuf),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// Each file and its text; the names of the import stand in double braces.
const FILES: [(&str, &str); 7] = [
    (".gitignore", include_str!("../templates/new-import/gitignore.template")),
    ("Cargo.toml", include_str!("../templates/new-import/Cargo.toml.template")),
    ("README.md", include_str!("../templates/new-import/README.md.template")),
    ("src/lib.rs", include_str!("../templates/new-import/src/lib.rs.template")),
    ("src/main.rs", include_str!("../templates/new-import/src/main.rs.template")),
    ("tests/import.rs", include_str!("../templates/new-import/tests/import.rs.template")),
    ("wit/counting.wit", include_str!("../templates/new-import/wit/counting.wit.template")),
];

/// Keywords of WIT, and the namespaces of groups that are there already.
const TAKEN: [&str; 24] = [
    "as",
    "async",
    "bool",
    "char",
    "constructor",
    "enum",
    "export",
    "flags",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "package",
    "record",
    "resource",
    "result",
    "static",
    "stream",
    "string",
    "wasi",
    "wippy",
];

pub(crate) fn run(args: &NewImportArgs) -> Result<(), NewImportError> {
    let names = Names::of(&args.import)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let into = args.into.clone().unwrap_or_else(|| names.package.clone().into());
    write(&names, root, &into)?;
    let manifest = into.join("Cargo.toml");
    progress(format_args!("written: {}; try it (the first build takes some minutes):", into.display()));
    progress(format_args!("    cargo test --manifest-path {}", manifest.display()));
    progress(format_args!("    cargo run --manifest-path {} -- imports", manifest.display()));
    Ok(())
}

/// What the templates call the import.
struct Names {
    /// `acme:key-value`
    import: String,
    /// `acme-key-value`
    package: String,
    /// `acme_key_value`
    module: String,
    /// `KeyValue`
    ty: String,
}

impl Names {
    fn of(import: &str) -> Result<Self, NewImportError> {
        let no_name = || NewImportError::Name(import.to_owned());
        let (namespace, name) = import.split_once(':').ok_or_else(no_name)?;
        for part in [namespace, name] {
            if !part.split('-').all(is_word) {
                return Err(no_name());
            }
            if TAKEN.contains(&part) {
                return Err(NewImportError::Taken(part.to_owned()));
            }
        }
        let package = format!("{namespace}-{name}");
        let ty = name.split('-').map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        });
        Ok(Self { import: import.to_owned(), module: package.replace('-', "_"), package, ty: ty.collect() })
    }

    fn fill(&self, template: &str, root: &str) -> String {
        [
            ("{{import}}", self.import.as_str()),
            ("{{crate}}", &self.package),
            ("{{module}}", &self.module),
            ("{{type}}", &self.ty),
            ("{{root}}", root),
        ]
        .iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Lower-case letters and digits, the first a letter.
fn is_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn write(names: &Names, root: &Path, into: &Path) -> Result<(), NewImportError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| NewImportError::File { path, source }
    };
    if into.exists() && std::fs::read_dir(into).map_err(failed(into))?.next().is_some() {
        return Err(NewImportError::NotEmpty(into.to_owned()));
    }
    // In TOML a backslash begins an escape.
    let path = root.display().to_string().replace('\\', "/");
    for (file, template) in FILES {
        let file = into.join(file);
        let folder = file.parent().unwrap_or(into);
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        std::fs::write(&file, names.fill(template, &path)).map_err(failed(&file))?;
    }
    // The versions that this checkout is tested with.
    let lock = into.join("Cargo.lock");
    std::fs::copy(root.join("Cargo.lock"), &lock).map_err(failed(&lock))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FILES, Names, NewImportError, write};
    use std::path::Path;

    #[test]
    fn what_is_written_has_every_name_and_reads_as_what_it_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("new");
        write(&Names::of("acme:key-value").unwrap(), root, &into).unwrap();
        let text = |file: &str| std::fs::read_to_string(into.join(file)).unwrap();
        for (file, _) in FILES {
            assert!(!text(file).contains("{{"), "{file}");
        }
        let manifest = text("Cargo.toml");
        assert!(manifest.contains("name = \"acme-key-value\""));
        for line in manifest.lines().filter(|line| line.contains("path = \"/")) {
            let path = line.split("path = \"").nth(1).unwrap().split('"').next().unwrap();
            assert!(Path::new(path).join("Cargo.toml").exists(), "{line}");
        }
        assert!(text("src/lib.rs").contains("pub struct KeyValue;"));
        assert!(text("src/main.rs").contains("use acme_key_value as _;"));
        assert!(text("tests/import.rs").contains("use acme_key_value::KeyValue;"));
        let mut resolve = wit_parser::Resolve::default();
        resolve.push_str("counting.wit", &text("wit/counting.wit")).unwrap();
        // Rust that does not parse cannot be formatted.
        for file in ["src/lib.rs", "src/main.rs", "tests/import.rs"] {
            let mut format = std::process::Command::new("rustfmt");
            let formatted =
                format.args(["--edition", "2024", "--check", "--config-path"]).arg(root.join("rustfmt.toml"));
            // Not everybody has it.
            let Ok(output) = formatted.arg(into.join(file)).output() else { continue };
            assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stdout));
        }
    }

    #[test]
    fn a_directory_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let written = write(&Names::of("acme:kv").unwrap(), folder.path(), folder.path());
        assert!(matches!(written, Err(NewImportError::NotEmpty(_))));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_name_is_refused_with_an_example() {
        for name in ["acme", "acme:", ":kv", "Acme:kv", "acme:kv/store", "acme:k--v", "acme:1kv", "acme:kv@1", "a:b:c"]
        {
            let error = Names::of(name).err().unwrap().to_string();
            assert!(error.ends_with("for example acme:counter"), "{name}: {error}");
        }
        for name in ["wasi:kv", "acme:interface"] {
            assert!(matches!(Names::of(name), Err(NewImportError::Taken(_))), "{name}");
        }
    }
}
