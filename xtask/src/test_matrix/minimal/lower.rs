//! Lowers direct dependencies in a lock file, as far as what else is in it allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use semver::{Op, Version, VersionReq};

/// How often one dependency is tried with a higher version because another crate needs that.
const TRIES: usize = 12;
/// Rounds over all dependencies: lowering one can make way for another.
const ROUNDS: usize = 4;

/// What Cargo said to lowering a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// A crate that stays as it is needs this or a newer one.
    Needs(Version),
    /// The registry has no such version.
    Missing,
    /// The first line of anything else.
    Other(String),
}

/// Why a dependency is at the version it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is the least that its requirement allows.
    Least,
    /// A crate that is not ours needs a newer one than we ask for.
    Needed,
    /// The least version is not in the registry.
    Missing(Version),
    /// The requirement has no least version, or the lock file no version that it allows.
    NotUnderstood,
    Refused(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Least => f.write_str("the least"),
            Self::Needed => f.write_str("another crate needs this"),
            Self::Missing(version) => write!(f, "there is no {version} in the registry"),
            Self::NotUnderstood => f.write_str("left alone"),
            Self::Refused(line) => write!(f, "not lowered: {line}"),
        }
    }
}

/// A dependency as members of the workspace declare it.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) requirement: VersionReq,
    pub(crate) by: BTreeSet<String>,
}

/// A dependency after all attempts.
#[derive(Debug)]
pub(crate) struct Lowered {
    pub(crate) declared: Declared,
    /// What the lock file has; nothing where it is not in it.
    pub(crate) version: String,
    pub(crate) why: Why,
}

impl Lowered {
    /// What is wrong with its requirement.
    pub(crate) fn problem(&self) -> Option<String> {
        let Why::Missing(least) = &self.why else { return None };
        let Declared { name, requirement, by } = &self.declared;
        let by = by.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        Some(format!(
            "`{name} = \"{requirement}\"` (of {by}) allows {least}, which is not in the registry: nobody knows whether \
             its minimum compiles; ask for a version that exists"
        ))
    }
}

/// The least version that a requirement allows; none where that is not written in it.
pub(crate) fn least(requirement: &VersionReq) -> Option<Version> {
    let of = |op| matches!(op, Op::Caret | Op::Tilde | Op::GreaterEq | Op::Exact);
    let lower = requirement.comparators.iter().find(|comparator| of(comparator.op))?;
    let number = |part: Option<u64>| part.unwrap_or(0);
    let mut version = Version::new(lower.major, number(lower.minor), number(lower.patch));
    version.pre = lower.pre.clone();
    Some(version)
}

/// The versions of each package in the text of a lock file.
pub(crate) fn locked(text: &str) -> Locked {
    let quoted = |line: &str, key: &str| {
        let value = line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')?;
        Some(value.to_owned())
    };
    let mut found = Locked::new();
    let mut name = None;
    for line in text.lines() {
        name = quoted(line, "name").or(name);
        let version = quoted(line, "version").and_then(|version| Version::parse(&version).ok());
        if let Some((name, version)) = version.and_then(|version| Some((name.take()?, version))) {
            found.entry(name).or_default().insert(version);
        }
    }
    found
}

/// Understands what `cargo update --precise` says when it refuses.
pub(crate) fn answer(name: &str, stderr: &str) -> Answer {
    let text = stderr.trim();
    if text.contains(&format!("no matching package named `{name}` found")) {
        return Answer::Missing;
    }
    let needed =
        text.split_once(&format!("for the requirement `{name} = \"")).and_then(|(_, rest)| rest.split_once('"'));
    let needed = needed.and_then(|(requirement, _)| least(&VersionReq::parse(requirement).ok()?));
    needed.map_or_else(
        || Answer::Other(text.lines().map(str::trim).find(|line| line.starts_with("error")).unwrap_or(text).to_owned()),
        Answer::Needs,
    )
}

/// The versions of each package in a lock file.
type Locked = BTreeMap<String, BTreeSet<Version>>;

/// Lowers each dependency as far as it goes. `read` reads the lock file, `update` asks Cargo to take the dependency of
/// this name from one version to another.
pub(crate) fn all<E>(
    declared: Vec<Declared>,
    read: impl Fn() -> Result<Locked, E>,
    update: impl Fn(&str, &Version, &Version) -> Result<Answer, E>,
) -> Result<Vec<Lowered>, E> {
    let new = |declared| Lowered { declared, version: String::new(), why: Why::NotUnderstood };
    let mut lowered: Vec<Lowered> = declared.into_iter().map(new).collect();
    for _ in 0..ROUNDS {
        let mut moved = false;
        for one in lowered.iter_mut().filter(|one| !matches!(one.why, Why::Least | Why::Missing(_))) {
            if let (Some(from), Some(least)) = (version_of(one, &read()?), least(&one.declared.requirement)) {
                let (why, lower) = lower(one, from, least, &update)?;
                one.why = why;
                moved |= lower;
            }
        }
        if !moved {
            break;
        }
    }
    let locked = read()?;
    for one in &mut lowered {
        let version = version_of(one, &locked);
        if one.why == Why::Least && version != least(&one.declared.requirement) {
            one.why = Why::Needed;
        }
        one.version = version.map_or_else(|| "not in the lock file".to_owned(), |version| version.to_string());
    }
    Ok(lowered)
}

fn version_of(one: &Lowered, locked: &Locked) -> Option<Version> {
    locked.get(&one.declared.name)?.iter().find(|version| one.declared.requirement.matches(version)).cloned()
}

/// Lowers one, and says whether it is lower now.
fn lower<E>(
    one: &Lowered,
    from: Version,
    least: Version,
    update: &impl Fn(&str, &Version, &Version) -> Result<Answer, E>,
) -> Result<(Why, bool), E> {
    let mut target = least.clone();
    for _ in 0..TRIES {
        if target >= from {
            return Ok((if from <= least { Why::Least } else { Why::Needed }, false));
        }
        match update(&one.declared.name, &from, &target)? {
            Answer::Done => return Ok((if target == least { Why::Least } else { Why::Needed }, true)),
            Answer::Needs(version) if version > target => target = version,
            Answer::Needs(version) => return Ok((Why::Refused(format!("{target}, where {version} is needed")), false)),
            Answer::Missing if target == least => return Ok((Why::Missing(least), false)),
            Answer::Missing => return Ok((Why::Refused(format!("there is no {target} in the registry")), false)),
            Answer::Other(line) => return Ok((Why::Refused(line), false)),
        }
    }
    Ok((Why::Needed, false))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn requirement(text: &str) -> VersionReq {
        VersionReq::parse(text).unwrap()
    }

    #[test]
    fn the_least_version_is_the_one_in_the_requirement() {
        let of = |text: &str| least(&requirement(text)).map(|version| version.to_string());
        assert_eq!(of("^1").as_deref(), Some("1.0.0"));
        assert_eq!(of("^0.1.89").as_deref(), Some("0.1.89"));
        assert_eq!(of(">=0.5, <2").as_deref(), Some("0.5.0"));
        assert_eq!(of("=1.2.3-rc.1").as_deref(), Some("1.2.3-rc.1"));
        assert_eq!(of("<2"), None);
        assert_eq!(of("*"), None);
    }

    #[test]
    fn a_lock_file_has_several_versions_of_one_name() {
        let text = "version = 4\n\n[[package]]\nname = \"rand\"\nversion = \"0.8.5\"\ndependencies = [\n \"libc\",\n]\n\n\
                    [[package]]\nname = \"rand\"\nversion = \"0.10.1\"\n";
        assert_eq!(locked(text), BTreeMap::from([("rand".into(), [version("0.8.5"), version("0.10.1")].into())]));
    }

    #[test]
    fn cargos_refusals_are_understood() {
        let needs = "\n    error: failed to select a version for the requirement `tokio = \"^1.51.1\"`\n    candidate versions \
                     found which didn't match: 1.51.0\n    required by package `wasmtime-wasi v48.0.8`";
        assert_eq!(answer("tokio", needs), Answer::Needs(version("1.51.1")));
        let missing = "\n    error: no matching package named `wat` found\n    location searched: crates.io index";
        assert_eq!(answer("wat", missing), Answer::Missing);
        let other = "\n    Updating crates.io index\n    error: failed to get `wat`\n    because of the network";
        assert_eq!(answer("wat", other), Answer::Other("error: failed to get `wat`".into()));
        assert_eq!(answer("hyper", needs), Answer::Other(needs.trim().lines().next().unwrap().to_owned()));
    }

    /// Lowers `declared` in a lock file where each (dependent, its version up to which, dependency, at least) holds.
    fn lowered(declared: &[(&str, &str)], lock: &[(&str, &str)], holds: &[(&str, &str, &str, &str)]) -> Vec<String> {
        let new = |name: &str, req| Declared { name: name.to_owned(), requirement: requirement(req), by: [].into() };
        let declared = declared.iter().map(|(name, req)| new(name, req)).collect();
        let lock =
            RefCell::new(lock.iter().map(|(name, at)| ((*name).to_owned(), version(at))).collect::<BTreeMap<_, _>>());
        let read = || {
            let lock = lock.borrow();
            Ok::<_, Infallible>(lock.iter().map(|(name, at)| (name.clone(), BTreeSet::from([at.clone()]))).collect())
        };
        let update = |name: &str, _: &Version, to: &Version| {
            if name == "gone" {
                return Ok(Answer::Missing);
            }
            for (dependent, above, dependency, at_least) in holds {
                let holds = lock.borrow()[*dependent] > version(above) && *dependency == name;
                if holds && *to < version(at_least) {
                    return Ok(Answer::Needs(version(at_least)));
                }
            }
            lock.borrow_mut().insert(name.to_owned(), to.clone());
            Ok(Answer::Done)
        };
        let all = all(declared, read, update).unwrap();
        all.iter().map(|one| format!("{} {} {}", one.declared.name, one.version, one.why)).collect()
    }

    #[test]
    fn each_dependency_is_lowered_as_far_as_the_others_allow() {
        let declared = [("a", "^1"), ("b", "^1.2"), ("gone", "^1"), ("kept", "^2.5")];
        let lock = [("a", "1.9.0"), ("b", "1.8.0"), ("gone", "1.1.0"), ("kept", "2.5.0"), ("other", "3.0.0")];
        // `a` is held by `b` until that is lowered, and by `other` for good.
        let holds = [("b", "1.2.0", "a", "1.7.0"), ("other", "1.0.0", "a", "1.4.0")];
        assert_eq!(
            lowered(&declared, &lock, &holds),
            [
                "a 1.4.0 another crate needs this",
                "b 1.2.0 the least",
                "gone 1.1.0 there is no 1.0.0 in the registry",
                "kept 2.5.0 the least"
            ]
        );
    }

    #[test]
    fn a_minimum_that_does_not_exist_is_a_problem_with_its_remedy() {
        let by = ["wippy-host-core".to_owned()].into();
        let one = Lowered {
            declared: Declared { name: "wat".into(), requirement: requirement("^1"), by },
            version: "1.254.0".into(),
            why: Why::Missing(version("1.0.0")),
        };
        assert_eq!(
            one.problem().unwrap(),
            "`wat = \"^1\"` (of wippy-host-core) allows 1.0.0, which is not in the registry: nobody knows whether its \
             minimum compiles; ask for a version that exists"
        );
        assert_eq!(Lowered { why: Why::Needed, ..one }.problem(), None);
    }
}
