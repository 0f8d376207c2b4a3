//! A file that is there when it is finished, and not before.

use crate::output::Failure;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use wippy_host::{Error, ErrorKind};

/// The file of a profile. It is written under a name of its own beside its place, and takes its place when all is written.
pub(crate) struct ProfileFile {
    place: PathBuf,
    unfinished: NamedTempFile,
}

impl ProfileFile {
    /// Makes sure that it can be written, before there is anything to write.
    ///
    /// # Errors
    /// Why it cannot.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let refused = |why: &dyn std::fmt::Display, kind| {
            let message = format!("cannot write a profile to {}: {why}", path.display());
            let remedy = "name a file, new or old, in a directory that you may write to: --profile out.json";
            Failure::usage(Error::new(kind, message).with_remedy(remedy))
        };
        // Where a link leads: the link itself would be replaced by the file.
        let place = match path.canonicalize() {
            Ok(place) if place.is_file() => place,
            Ok(place) if place.is_dir() => return Err(refused(&"it is a directory", ErrorKind::Invalid)),
            Ok(_) => return Err(refused(&"it is no regular file", ErrorKind::Invalid)),
            Err(_) => path.to_path_buf(),
        };
        let Some(name) = place.file_name() else { return Err(refused(&"it names no file", ErrorKind::Invalid)) };
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".unfinished");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        match builder.tempfile_in(folder) {
            Ok(unfinished) => Ok(Self { place, unfinished }),
            Err(error) => {
                let kind = match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::NotFound,
                    io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                    _ => ErrorKind::Unavailable,
                };
                Err(refused(&words(&error), kind))
            }
        }
    }

    /// The path, as messages show it.
    pub(crate) fn path(&self) -> &Path {
        &self.place
    }

    /// Writes it whole, or leaves what was there before.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) fn write(
        self,
        content: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let Self { place, mut unfinished } = self;
        let mut writer = BufWriter::new(unfinished.as_file_mut());
        let written = content(&mut writer).and_then(|()| writer.flush());
        drop(writer);
        let kept = written.and_then(|()| unfinished.persist(&place).map_err(|error| error.error));
        kept.map(drop).map_err(|error| {
            let message = format!("cannot write the profile to {}: {}", place.display(), words(&error));
            Error::new(ErrorKind::Unavailable, message).into()
        })
    }
}

/// What the system says, without the temporary name that `tempfile` adds.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" at path ").map_or(text.as_str(), |(words, _)| words).to_owned()
}
