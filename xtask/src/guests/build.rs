//! Builds one guest.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::hash::SourceError;
use super::index::IndexError;
use super::manifest::{Guest, Kind};
use super::toolchain::{C, Missing, Rust};
use crate::cargo::{self, CargoError};

#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(transparent)]
    Cargo(#[from] CargoError),
    #[error("`{program}` could not be started: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{program}` failed:\n{stderr}")]
    Compile { program: String, stderr: String },
    #[error("{path}: {source}")]
    File { path: String, source: io::Error },
    #[error("{path} holds the path {found} of this machine")]
    MachinePath { path: String, found: String },
    #[error(transparent)]
    Sources(SourceError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// A built guest, which is in its place already.
pub(crate) struct Built {
    pub(crate) bytes: Vec<u8>,
    /// Compiler and bindings, for people.
    pub(crate) with: String,
}

/// Links modules and makes components of them.
const COMPONENTS: &str = "wasm-component-ld";
/// Links modules.
const MODULES: &str = "rust-lld";

/// Looks for each compiler once.
pub(crate) struct Builder<'a> {
    root: &'a Path,
    plain: Option<Result<Rust, Missing>>,
    full: Option<Result<Rust, Missing>>,
    preview1: Option<Result<Rust, Missing>>,
    c: Option<Result<C, Missing>>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, plain: None, full: None, preview1: None, c: None }
    }

    pub(crate) fn build(&mut self, guest: &Guest) -> Result<Built, BuildError> {
        let (made, with) = match guest.kind {
            Kind::Rust => {
                let find = || Rust::find(&["wasm32-unknown-unknown"], COMPONENTS);
                let rust = self.plain.get_or_insert_with(find).clone()?;
                self.rust(guest, &rust)?
            }
            Kind::RustStd => {
                // The linker adapts a preview 1 module, so that either target gives a component.
                let find = || Rust::find(&["wasm32-wasip2", "wasm32-wasip1"], COMPONENTS);
                let rust = self.full.get_or_insert_with(find).clone()?;
                self.rust(guest, &rust)?
            }
            Kind::RustPreview1 => {
                let find = || Rust::find(&["wasm32-wasip1"], MODULES);
                let rust = self.preview1.get_or_insert_with(find).clone()?;
                self.rust(guest, &rust)?
            }
            Kind::C => {
                let c = self.c.get_or_insert_with(C::find).clone()?;
                self.c(guest, &c)?
            }
        };
        let bytes = std::fs::read(&made).map_err(|source| at(&made, source))?;
        self.refuse_machine_paths(&made, &bytes)?;
        let output = self.root.join(&guest.output);
        if let Some(folder) = output.parent() {
            std::fs::create_dir_all(folder).map_err(|source| at(folder, source))?;
        }
        std::fs::write(&output, &bytes).map_err(|source| at(&output, source))?;
        Ok(Built { bytes, with })
    }

    fn rust(&self, guest: &Guest, rust: &Rust) -> Result<(PathBuf, String), BuildError> {
        let folder = self.root.join(guest.folder());
        let target = self.root.join("target/guests");
        let linker = format!("CARGO_TARGET_{}_LINKER", rust.target.to_uppercase().replace('-', "_"));
        let mut command = cargo::command();
        command
            .current_dir(&folder)
            .args(["build", "--release", "--locked", "--quiet", "--target", rust.target])
            .env("RUSTC", &rust.rustc)
            .env("CARGO_TARGET_DIR", &target)
            .env(linker, &rust.linker)
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", remapped(&folder, &rust.sysroot).join("\u{1f}"));
        cargo::capture(&mut command)?;
        let file = format!("{}.wasm", guest.name.replace('-', "_"));
        let lock = std::fs::read_to_string(folder.join("Cargo.lock")).unwrap_or_default();
        let bindings = locked(&lock, "wit-bindgen").map(|version| format!(", wit-bindgen {version}"));
        let with = format!("{}{}", rust.version, bindings.unwrap_or_default());
        Ok((target.join(rust.target).join("release").join(file), with))
    }

    fn c(&self, guest: &Guest, c: &C) -> Result<(PathBuf, String), BuildError> {
        let folder = self.root.join(guest.folder());
        let scratch = self.root.join("target/guests/c");
        std::fs::create_dir_all(&scratch).map_err(|source| at(&scratch, source))?;
        let module = scratch.join(format!("{}.module.wasm", guest.name));
        let component = scratch.join(format!("{}.wasm", guest.name));

        let mut sources = Vec::new();
        for part in ["src", "generated"] {
            let path = folder.join(part);
            for entry in std::fs::read_dir(&path).map_err(|source| at(&path, source))? {
                let file = Path::new(part).join(entry.map_err(|source| at(&path, source))?.file_name());
                if file.extension().is_some_and(|extension| extension == "c" || extension == "o") {
                    sources.push(file);
                }
            }
        }
        sources.sort();

        let (program, arguments) = c.command.split_first().ok_or(Missing::C)?;
        let mut command = Command::new(program);
        // Relative names, and so no path of this machine in what the compiler writes.
        command.current_dir(&folder).args(arguments);
        command.args(["-mexec-model=reactor", "-Os", "-std=c17", "-Wall", "-Wextra", "-Werror", "-Igenerated", "-s"]);
        command.arg("-o").arg(&module).args(sources);
        let output = command.output().map_err(|source| BuildError::Start { program: program.clone(), source })?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
            return Err(BuildError::Compile { program: c.command.join(" "), stderr });
        }
        let mut encode = cargo::command();
        encode.args(["run", "--quiet", "--locked", "--manifest-path"]).arg(self.root.join("guests/encode/Cargo.toml"));
        encode.env("CARGO_TARGET_DIR", self.root.join("target/guests/encode"));
        encode.arg("--").arg(&module).arg(&component);
        cargo::capture(&mut encode)?;
        Ok((component, format!("{}, wit-bindgen c", c.version)))
    }

    /// A binary that is committed must not tell where it was built.
    fn refuse_machine_paths(&self, path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
        let places = [Some(self.root.to_path_buf()), cargo_home(), home()];
        // A home such as `/` is in every file.
        for place in places.iter().flatten().filter(|place| place.components().count() > 1) {
            let text = place.to_string_lossy();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Err(BuildError::MachinePath { path: path.display().to_string(), found: text.into_owned() });
            }
        }
        Ok(())
    }
}

fn at(path: &Path, source: io::Error) -> BuildError {
    BuildError::File { path: path.display().to_string(), source }
}

fn home() -> Option<PathBuf> {
    std::env::home_dir()
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(home()?.join(".cargo")))
}

/// Panics hold the paths of sources: names that are the same on every machine take the place of folders.
fn remapped(folder: &Path, sysroot: &Path) -> Vec<String> {
    let mut places = vec![(folder.to_path_buf(), "/src"), (sysroot.join("lib/rustlib/src/rust"), "/rust")];
    let registries = cargo_home().and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    places.extend(registries.into_iter().flatten().flatten().map(|entry| (entry.path(), "/crates")));
    places.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect()
}

/// The version of a package in a lock file.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::locked;

    #[test]
    fn a_lock_file_gives_the_version_of_that_package_alone() {
        let lock = "[[package]]\nname = \"wit-bindgen-core\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wit-bindgen\"\nversion = \"0.60.0\"\n";
        assert_eq!(locked(lock, "wit-bindgen"), Some("0.60.0"));
        assert_eq!(locked(lock, "absent"), None);
    }
}
