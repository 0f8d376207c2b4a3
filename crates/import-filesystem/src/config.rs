//! What `wasi:filesystem` reads of an entry's `wasi` section.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::PathBuf;
use wippy_host_core::{ConfigProblem, SetupContext};

/// The keys of the `wasi` section that this import owns.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Config {
    /// The directories that the guest sees. Default none.
    pub mounts: Vec<Mount>,
}

/// One directory.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["fs", "guest"]))]
#[non_exhaustive]
pub struct Mount {
    /// The id of an `fs.directory`. Required.
    pub fs: Option<String>,
    /// Where the guest sees it: an absolute path. Required.
    #[schemars(extend("pattern" = r"^/|\$\{env:|^file://"))]
    pub guest: Option<String>,
    /// Whether every change is refused. Default false.
    pub read_only: bool,
    /// How many bytes all files in it may have together. Default no limit.
    #[schemars(extend("minimum" = 1))]
    pub max_bytes: Option<i64>,
    /// How many files, directories and links may be in it. Default no limit.
    #[schemars(extend("minimum" = 1))]
    pub max_files: Option<i64>,
}

impl Mount {
    pub(crate) fn has_quota(&self) -> bool {
        self.max_bytes.is_some() || self.max_files.is_some()
    }

    fn quotas(&self) -> impl Iterator<Item = (&'static str, i64)> {
        let quotas = [("max_bytes", self.max_bytes), ("max_files", self.max_files)];
        quotas.into_iter().filter_map(|(key, max)| Some((key, max?)))
    }
}

pub(crate) fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let mut guests = HashMap::new();
    for (index, mount) in config.mounts.iter().enumerate() {
        let at = |key: &str| ["mounts".to_owned(), index.to_string(), key.to_owned()];
        let here = || ["mounts".to_owned(), index.to_string()];
        match mount.fs.as_deref().filter(|fs| !fs.is_empty()) {
            None => problems.push(
                ConfigProblem::new(here(), "wasi.mounts[].fs is required")
                    .with_remedy("add fs: with the id of an fs.directory entry"),
            ),
            Some(fs) => problems.extend(check_directory(cx, &cx.resolve_id(fs)).map(|mut problem| {
                problem.path = at("fs").into();
                problem
            })),
        }
        match mount.guest.as_deref().filter(|guest| !guest.is_empty()) {
            None => problems.push(
                ConfigProblem::new(here(), "wasi.mounts[].guest is required")
                    .with_remedy("add guest: with an absolute path, for example /data"),
            ),
            Some(guest) if !guest.starts_with('/') => problems.push(
                ConfigProblem::new(at("guest"), format!("wasi.mounts[].guest must be absolute, got {guest:?}"))
                    .with_remedy(format!("write guest: /{}", guest.trim_start_matches("./"))),
            ),
            Some(guest) => {
                let clean = cleaned(guest);
                if let Some(first) = guests.insert(clean.clone(), index) {
                    problems.push(
                        ConfigProblem::new(
                            at("guest"),
                            format!("wasi.mounts[].guest must be unique: {clean} is that of number {} too", first + 1),
                        )
                        .with_remedy("mount one of the two elsewhere, or remove it"),
                    );
                }
            }
        }
    }
    problems.extend(contradictions(cx, config));
    problems.extend(quotas(config));
    problems.extend(overlaps(cx, config));
    problems
}

fn quotas(config: &Config) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for (index, mount) in config.mounts.iter().enumerate() {
        for (key, max) in mount.quotas() {
            let at = ["mounts".to_owned(), index.to_string(), key.to_owned()];
            if mount.read_only {
                problems.push(
                    ConfigProblem::new(at, format!("wasi.mounts[].{key} has no effect on what is mounted read-only"))
                        .with_remedy(format!("remove {key}, or read_only: true")),
                );
            } else if max < 1 {
                problems.push(
                    ConfigProblem::new(at, format!("wasi.mounts[].{key} must be at least 1, got {max}"))
                        .with_remedy("write read_only: true for a mount that takes nothing, or remove it for no limit"),
                );
            }
        }
    }
    problems
}

/// Mounts for writing that lie in one another, where one has a quota: what is written through the one would not count for
/// the other.
fn overlaps(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let writable = config.mounts.iter().enumerate().filter(|(_, mount)| !mount.read_only);
    for (index, mount) in writable.clone().filter(|(_, mount)| mount.has_quota()) {
        let (Some((id, path)), Some((key, _))) = (directory(cx, mount), mount.quotas().next()) else { continue };
        for (_, other) in writable.clone().filter(|(other, _)| *other != index) {
            let Some((other, its)) = directory(cx, other) else { continue };
            if path.starts_with(&its) || its.starts_with(&path) {
                let at = ["mounts".to_owned(), index.to_string(), key.to_owned()];
                let text = match path == its {
                    true => format!("{id} has a quota, and this entry mounts the same directory for writing again"),
                    false => {
                        format!("{id} has a quota, and overlaps with {other}, which this entry mounts for writing too")
                    }
                };
                problems.push(
                    ConfigProblem::new(at, text)
                        .with_remedy("mount one of the two with read_only: true, or keep the two apart"),
                );
            }
        }
    }
    problems
}

/// The id and the real path of a mount's directory.
fn directory(cx: &SetupContext<'_>, mount: &Mount) -> Option<(String, PathBuf)> {
    let id = cx.resolve_id(mount.fs.as_deref()?);
    let path = cx.services.directories.get(&id).ok()??;
    Some((id, path.canonicalize().ok()?))
}

/// Read-only mounts of what another mount lets the guest change: the guest would write there through the other.
fn contradictions(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
    let directory = |mount: &Mount| directory(cx, mount);
    let mut problems = Vec::new();
    for (index, mount) in config.mounts.iter().enumerate().filter(|(_, mount)| mount.read_only) {
        let Some((id, path)) = directory(mount) else { continue };
        let writable = config.mounts.iter().filter(|other| !other.read_only).filter_map(directory);
        for (other, _) in writable.filter(|(_, outer)| path.starts_with(outer)) {
            problems.push(
                ConfigProblem::new(
                    ["mounts".to_owned(), index.to_string(), "read_only".to_owned()],
                    format!("{id} is mounted read-only, and lies in {other}, which this entry mounts for writing"),
                )
                .with_remedy(format!("mount {other} with read_only: true too, or keep the two apart")),
            );
        }
    }
    problems
}

fn check_directory(cx: &SetupContext<'_>, id: &str) -> Option<ConfigProblem> {
    let nowhere: [&str; 0] = [];
    match cx.services.directories.get(id) {
        Ok(Some(_)) => None,
        Ok(None) => Some(
            ConfigProblem::new(nowhere, format!("no fs.directory {id}"))
                .with_remedy(format!("add an entry of kind fs.directory with the id {id}")),
        ),
        Err(error) => {
            let problem = ConfigProblem::new(nowhere, error.message());
            Some(match error.remedy() {
                Some(remedy) => problem.with_remedy(remedy),
                None => problem,
            })
        }
    }
}

/// An absolute path without `.`, `..` and doubled slashes. `..` at the root stays there.
pub(crate) fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn a_guest_path_is_cleaned_of_dots_and_doubled_slashes() {
        for (path, expected) in
            [("/", "/"), ("//data/", "/data"), ("/a/./b/../c", "/a/c"), ("/../..", "/"), ("/a/..", "/")]
        {
            assert_eq!(cleaned(path), expected, "{path}");
        }
    }
}
