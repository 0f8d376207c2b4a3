use super::names::{NameError, Names};
use super::{FILES, NewImportError, Source, write};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What is written of an import.
struct New {
    _folder: TempDir,
    into: PathBuf,
}

impl New {
    fn of(import: &str, source: &Source) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("new");
        write(&Names::of(import).unwrap(), source, root(), &into).unwrap();
        Self { _folder: folder, into }
    }

    fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.into.join(file)).unwrap()
    }
}

fn checkout() -> Source {
    Source::Checkout(root().to_owned())
}

#[test]
fn what_is_written_has_every_name_and_reads_as_what_it_is() {
    let new = New::of("acme:key-value", &checkout());
    for (file, _) in FILES {
        let text = new.text(file);
        assert!(!text.contains("{{") && !text.contains("}}"), "{file}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{file}");
    }
    assert!(new.text("src/lib.rs").contains("pub struct KeyValue;"));
    assert!(new.text("src/main.rs").contains("use acme_key_value as _;"));
    assert!(new.text("tests/import.rs").contains("use acme_key_value::KeyValue;"));
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_source("counting.wit", &new.text("wit/counting.wit")).unwrap();
    assert_eq!(resolve.packages[package].name.to_string(), "acme:key-value@0.1.0");
}

/// Rust that does not parse cannot be formatted.
#[test]
fn the_rust_that_is_written_parses_and_is_formatted() {
    let new = New::of("acme:key-value", &checkout());
    for file in ["src/lib.rs", "src/main.rs", "tests/import.rs"] {
        let mut format = Command::new("rustfmt");
        let format = format.args(["--edition", "2024", "--check", "--config-path"]).arg(root().join("rustfmt.toml"));
        // Not everybody has it.
        let Ok(output) = format.arg(new.into.join(file)).output() else { return };
        assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The crates of the host that it depends on are there, under the features that it asks for: Cargo resolves it without a change to the
/// lock file's versions.
#[test]
fn its_manifest_is_one_that_cargo_takes() {
    let new = New::of("acme:key-value", &checkout());
    let mut metadata = crate::cargo::command();
    metadata
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(new.into.join("Cargo.toml"));
    let metadata: serde_json::Value = serde_json::from_str(&crate::cargo::capture(&mut metadata).unwrap()).unwrap();
    let package = &metadata["packages"][0];
    assert_eq!(package["name"], "acme-key-value");
    let paths = package["dependencies"].as_array().unwrap().iter().filter_map(|needed| needed["path"].as_str());
    let paths: Vec<_> = paths.collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    for path in paths {
        assert!(Path::new(path).join("Cargo.toml").exists(), "{path}");
    }
}

#[test]
fn a_crate_for_others_depends_on_a_repository() {
    let new = New::of("acme:kv", &Source::Git("https://example.com/host.git".into()));
    let manifest = new.text("Cargo.toml");
    assert!(manifest.contains("wippy-host-core = { git = \"https://example.com/host.git\" }"), "{manifest}");
    assert!(!manifest.contains("path = \"/"), "{manifest}");
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Git("x\" }".into());
    let written = write(&Names::of("acme:kv").unwrap(), &source, root(), folder.path());
    assert!(matches!(written, Err(NewImportError::Source(_))));
}

#[test]
fn a_directory_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let written = write(&Names::of("acme:kv").unwrap(), &checkout(), root(), folder.path());
    assert!(matches!(written, Err(NewImportError::NotEmpty(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_no_name_is_refused_with_an_example() {
    let names = [
        "acme",
        "acme:",
        ":kv",
        "Acme:kv",
        "acme:kv/store",
        "acme:k--v",
        "acme:1kv",
        "acme:kv@1",
        "a:b:c",
        "ä:b",
        "../a:b",
    ];
    for name in names {
        let error = Names::of(name).err().unwrap().to_string();
        assert!(error.ends_with("for example acme:counter"), "{name}: {error}");
    }
    assert!(matches!(Names::of("wasi:kv"), Err(NameError::Namespace(_))));
    assert!(matches!(Names::of("acme:interface"), Err(NameError::Word(_))));
    assert!(matches!(Names::of("serde:json"), Err(NameError::Crate(_))));
    assert!(matches!(Names::of("wippy-host:core"), Err(NameError::Crate(_))));
}

/// What the library itself uses is not what the import's type is called.
#[test]
fn a_type_has_a_name_of_its_own() {
    for (import, ty) in
        [("acme:kv", "Kv"), ("acme:state", "StateGroup"), ("acme:self", "SelfGroup"), ("acme:a1-b", "A1B")]
    {
        let library = New::of(import, &checkout()).text("src/lib.rs");
        assert!(library.contains(&format!("pub struct {ty};")), "{import}");
    }
}
