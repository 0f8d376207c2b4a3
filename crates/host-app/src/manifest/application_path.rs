//! Paths of files that belong to the application.

use super::expand::within;
use super::fields::Fields;
use super::problem::{Problem, quoted};
use super::source::Located;
use std::path::{Path, PathBuf};
use wippy_host_core::ErrorKind;

/// A path under a key that must be there: relative to the application's root, cleaned, and below it as far as the text can
/// tell.
pub(super) fn required(fields: &Fields<'_>, key: &str) -> Option<Located<PathBuf>> {
    let text = fields.required_text(key)?;
    match within(Path::new(""), Path::new(&*text.value)) {
        Some(path) if !path.as_os_str().is_empty() => Some(text.map(|_| path)),
        Some(_) => {
            let message = format!("{} must name a file, found {}", fields.name(key), quoted(&text.value));
            fields.error(&text.span, message, "write a path relative to the application's root");
            None
        }
        None => {
            let message = format!("{} leaves the application's directory: {}", fields.name(key), quoted(&text.value));
            let problem = Problem::at(ErrorKind::PermissionDenied, &text.span, message);
            fields.cx.report(problem.with_remedy(
                "put the file into the application's directory, and write its path relative to the application's root",
            ));
            None
        }
    }
}
