//! Which files of a directory tree may belong to an application, and their text.

use super::json_escapes;
use super::options::{LoadLimits, bytes};
use super::problem::{Problem, Sink};
use super::source::SourceFile;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wippy_host_core::ErrorKind;

/// A `.yaml`, `.yml` or `.json` file.
pub(super) struct Candidate {
    /// Relative to the root.
    pub(super) relative: PathBuf,
    /// With symbolic links resolved, and within the root.
    absolute: PathBuf,
}

/// The application's directory, with symbolic links resolved.
pub(super) fn open_root(root: &Path, sink: &Sink) -> Option<PathBuf> {
    let report = |kind, message: String, remedy: String| {
        sink.push(Problem::in_file(kind, Path::new(""), message).with_remedy(remedy));
        None
    };
    let shown = root.display();
    let canonical = match root.canonicalize() {
        Ok(canonical) => canonical,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return report(
                ErrorKind::NotFound,
                format!("the application's directory {shown} does not exist"),
                "give the directory that holds the application's `_index.yaml`".to_owned(),
            );
        }
        Err(error) => {
            return report(
                io_kind(&error),
                format!("the application's directory {shown} cannot be opened: {error}"),
                "make it readable for this user".to_owned(),
            );
        }
    };
    if canonical.is_dir() {
        return Some(canonical);
    }
    let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    report(
        ErrorKind::Invalid,
        format!("{shown} is a file, and an application is a directory"),
        format!("give the directory that it is in: {}", parent.display()),
    )
}

/// Lists the candidates in the order of their paths.
///
/// Hidden directories, `target` and `node_modules` are skipped. Directories behind symbolic links are not entered:
/// inside the application they are read where they are, and outside is out of bounds. A link to a file counts where its
/// target is in the application and is not itself a candidate.
pub(super) fn candidates(root: &Path, limits: &LoadLimits, sink: &Sink) -> Vec<Candidate> {
    let mut files = Vec::new();
    let mut links = Vec::new();
    let mut visited = 0_usize;
    // Reversed sorted names on a stack: the order is that of the paths, so a limit cuts the same files on every run.
    let mut pending = vec![(PathBuf::new(), 0_usize)];
    while let Some((directory, depth)) = pending.pop() {
        let Some(names) = names(root, &directory, limits, &mut visited, sink) else { continue };
        let mut below = Vec::new();
        for name in names {
            let relative = directory.join(&name);
            let absolute = root.join(&relative);
            let Ok(metadata) = fs::symlink_metadata(&absolute) else { continue };
            if metadata.is_dir() {
                if !is_skipped(&name) {
                    below.push((relative, depth + 1));
                }
            } else if metadata.is_symlink() {
                links.push(relative);
            } else if metadata.is_file() && is_candidate(&relative) {
                files.push(Candidate { relative, absolute });
            }
        }
        for (relative, depth) in below.into_iter().rev() {
            if depth > limits.depth() {
                let message = format!("directories are nested more than {} levels deep", limits.depth());
                let problem = Problem::in_file(ErrorKind::Invalid, &relative, message);
                sink.push(problem.with_remedy("flatten the directories").into_warning());
            } else {
                pending.push((relative, depth));
            }
        }
        if visited > limits.max_directory_entries || files.len() > limits.max_files {
            break;
        }
    }
    let mut known: HashSet<PathBuf> = files.iter().map(|file| file.absolute.clone()).collect();
    for relative in links {
        if let Some(candidate) = follow(root, relative, sink)
            && known.insert(candidate.absolute.clone())
        {
            files.push(candidate);
        }
    }
    files.sort_by(|a, b| a.relative.cmp(&b.relative));
    if files.len() > limits.max_files {
        let message = format!("more than {} .yaml, .yml and .json files", limits.max_files);
        let problem = Problem::in_file(ErrorKind::Invalid, Path::new(""), message);
        sink.push(problem.with_remedy("keep data out of the application's directory, or in a hidden directory of it"));
        files.truncate(limits.max_files);
    }
    files
}

fn names(
    root: &Path,
    directory: &Path,
    limits: &LoadLimits,
    visited: &mut usize,
    sink: &Sink,
) -> Option<Vec<OsString>> {
    let unreadable = |error: io::Error| {
        let message = format!("the directory cannot be read: {error}");
        let problem = Problem::in_file(io_kind(&error), directory, message);
        let problem =
            problem.with_remedy("make it readable for this user, or hide it with a name that begins with `.`");
        sink.push(if directory.as_os_str().is_empty() { problem } else { problem.into_warning() });
    };
    let mut names = Vec::new();
    let entries = fs::read_dir(root.join(directory)).map_err(unreadable).ok()?;
    for entry in entries {
        *visited += 1;
        if *visited > limits.max_directory_entries {
            let message = format!("more than {} files and directories", limits.max_directory_entries);
            let problem = Problem::in_file(ErrorKind::Invalid, Path::new(""), message);
            sink.push(
                problem.with_remedy("keep data out of the application's directory, or in a hidden directory of it"),
            );
            break;
        }
        match entry {
            Ok(entry) => names.push(entry.file_name()),
            Err(error) => unreadable(error),
        }
    }
    names.sort();
    Some(names)
}

/// What a symbolic link adds, if anything.
fn follow(root: &Path, relative: PathBuf, sink: &Sink) -> Option<Candidate> {
    let absolute = root.join(&relative).canonicalize();
    let wanted = is_candidate(&relative);
    let Ok(absolute) = absolute else {
        if is_index(&relative) {
            let problem = Problem::in_file(ErrorKind::NotFound, &relative, "the symbolic link leads nowhere");
            sink.push(problem.with_remedy("remove it, or put the file there"));
        }
        return None;
    };
    if !absolute.starts_with(root) {
        let problem = |message| {
            Problem::in_file(ErrorKind::PermissionDenied, &relative, message)
                .with_remedy("put a copy in the application's directory")
        };
        if is_index(&relative) {
            sink.push(problem("the symbolic link leads out of the application's directory"));
        } else if wanted || absolute.is_dir() {
            let message = "the symbolic link leads out of the application's directory, and is not followed";
            sink.push(problem(message).into_remark());
        }
        return None;
    }
    (wanted && absolute.is_file()).then_some(Candidate { relative, absolute })
}

fn is_skipped(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || matches!(&*name, "target" | "node_modules")
}

fn is_candidate(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}

/// Whether a file is named `_index.*`: then it must be right, whatever is in it.
pub(super) fn is_index(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "_index")
}

/// The text of a candidate. None, without a problem, where it can be told from outside that it is no part of an
/// application: data of any size and sort may lie in the tree.
pub(super) fn read(candidate: &Candidate, limits: &LoadLimits, sink: &Sink) -> Option<Arc<SourceFile>> {
    let path = &candidate.relative;
    let index = is_index(path);
    let (content, whole) = match read_up_to(&candidate.absolute, limits.max_file_bytes) {
        Ok(read) => read,
        Err(error) => {
            let problem = Problem::in_file(io_kind(&error), path, format!("the file cannot be read: {error}"))
                .with_remedy("make it readable for this user");
            sink.push(if index { problem } else { problem.into_warning() });
            return None;
        }
    };
    let text = match String::from_utf8(content) {
        Ok(text) => text,
        Err(error) if whole => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            if index || looks_like_application(path, &text) {
                let file = SourceFile::new(path.clone(), text);
                let problem = Problem::at(ErrorKind::Invalid, &file.span_at(valid), "the file is not UTF-8 text");
                sink.push(problem.with_remedy("save it as UTF-8"));
            }
            return None;
        }
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    if !whole {
        if index || looks_like_application(path, &text) {
            let message = format!("the file is larger than {}", bytes(limits.max_file_bytes));
            let problem = Problem::in_file(ErrorKind::Invalid, path, message);
            sink.push(problem.with_remedy("split it, and move long texts into files that `file://` brings in"));
        }
        return None;
    }
    (index || text.contains("namespace")).then(|| SourceFile::new(path.clone(), text))
}

/// A file's content up to a limit, and whether that is all of it. Only regular files are opened: a pipe would block.
pub(super) fn read_up_to(path: &Path, limit: usize) -> io::Result<(Vec<u8>, bool)> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut content = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut content)?;
    let whole = content.len() <= limit;
    content.truncate(limit);
    Ok((content, whole))
}

/// Whether a file that cannot be parsed was meant for this host: it has a line that starts with `namespace:`.
pub(super) fn looks_like_application(path: &Path, text: &str) -> bool {
    namespace_line(path, text).is_some()
}

/// The namespace of a file that cannot be parsed, as far as it can be seen.
pub(super) fn namespace_line(path: &Path, text: &str) -> Option<String> {
    let json = json_escapes::is_json(path);
    text.split(['\n', '\r']).find_map(|line| {
        // In YAML an indented `namespace` belongs to something else; in JSON everything is indented.
        let line =
            if json { line.trim_start_matches([' ', '\t', '{', ',']) } else { line.trim_start_matches('\u{feff}') };
        let rest =
            if json { line.strip_prefix("\"namespace\"")?.trim_start() } else { line.strip_prefix("namespace")? };
        let value = rest.strip_prefix(':')?.split(" #").next().unwrap_or_default();
        Some(value.trim().trim_end_matches(',').trim_matches(['"', '\'']).to_owned())
    })
}

/// What an error of the operating system is, in the host's terms.
pub(super) fn io_kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::InvalidInput => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    }
}
