//! `cargo xtask docs`: the pages of the book that are written from the source, and the book's links.
//!
//! The page of errors is written here, from the text of the crates. The page of imports needs a registry, so a test of the
//! facade writes it.

mod enums;
mod errors;
mod links;
mod scan;
mod source;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cargo::{self, CargoError};
use crate::progress;

/// The page of errors, under the root of the repository.
const ERRORS: &str = "docs/book/src/reference/errors.md";
/// The test of the facade that compares the page of imports, or writes it.
const IMPORTS_TEST: &str = "the_page_of_imports_is_what_the_registry_says";
/// Set, it lets that test write.
const WRITE: &str = "WIPPY_WRITE_DOCS";

/// Write the pages of the book that come from the source, and check its links
#[derive(Args)]
pub(crate) struct DocsArgs {
    /// Write nothing: fail where a page is stale
    #[arg(long)]
    check: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DocsError {
    #[error("{path} cannot be read or written")]
    File { path: String, source: io::Error },
    #[error("docs/book/reasons.json or cures.json cannot be understood")]
    Reasons(#[source] serde_json::Error),
    #[error("the book is not as its sources say:\n{0}")]
    Problems(String),
    #[error("{ERRORS} is stale: cargo xtask docs")]
    Stale,
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

pub(crate) fn run(args: &DocsArgs) -> Result<(), DocsError> {
    let root = root();
    let page = errors::page(root)?;
    let path = root.join(ERRORS);
    if !args.check {
        std::fs::write(&path, page).map_err(|source| at(&path, source))?;
    } else if read(&path)? != page {
        return Err(DocsError::Stale);
    }
    let mut command = cargo::command();
    command.args(["test", "-p", "wippy-host", "--features", "p3", "--test", "registry", "--", IMPORTS_TEST]);
    if !args.check {
        command.env(WRITE, "1");
    }
    cargo::pass_through(&mut command)?;
    match links::problems(root)?.as_slice() {
        [] => {
            progress(format_args!("the book is as its sources say"));
            Ok(())
        }
        problems => Err(DocsError::Problems(problems.join("\n"))),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

fn read(path: &Path) -> Result<String, DocsError> {
    std::fs::read_to_string(path).map_err(|source| at(path, source))
}

fn at(path: &Path, source: io::Error) -> DocsError {
    DocsError::File { path: path.display().to_string(), source }
}

/// The files below a folder whose names end in `extension`, sorted, without those of tests.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, DocsError> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|source| at(&folder, source))? {
            let path = entry.map_err(|source| at(&folder, source))?.path();
            let stem = path.file_stem().unwrap_or_default();
            if stem == "tests" || stem == "fixtures" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::{ERRORS, errors, links, read, root};

    #[test]
    fn the_page_of_errors_is_what_the_source_says() {
        let page = read(&root().join(ERRORS)).unwrap();
        assert!(page == errors::page(root()).unwrap(), "{ERRORS} is stale: cargo xtask docs");
    }

    #[test]
    fn every_link_and_include_of_the_book_leads_to_a_file() {
        assert_eq!(links::problems(root()).unwrap(), Vec::<String>::new());
    }
}
