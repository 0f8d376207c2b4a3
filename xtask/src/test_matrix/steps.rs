//! What a run of the matrix consists of: its steps, in order.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::capabilities::{Capability, FACADE};
use super::sets::FeatureSet;
use super::{minimal, suite, tree};
use crate::cargo;

/// What a step looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The dependency tree of a set.
    Tree,
    /// The tests of a set.
    Tests,
    /// The documentation of a set.
    Docs,
    /// The tests of an example crate.
    Example,
    /// The least versions of dependencies.
    Minimal,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Tests => "tests",
            Self::Docs => "docs",
            Self::Example => "example",
            Self::Minimal => "minimal",
        }
    }
}

/// One step.
#[derive(Debug)]
pub(crate) struct Step {
    /// The set, or the folder of the example.
    pub(crate) subject: String,
    /// Features of the facade.
    pub(crate) features: Vec<String>,
    pub(crate) work: Work,
    /// Repeats it, judged as it is here.
    pub(crate) repeat: String,
    /// Repeats it without xtask.
    pub(crate) command: String,
}

#[derive(Debug)]
pub(crate) enum Work {
    Tree(FeatureSet),
    Tests(FeatureSet),
    /// A set, with the import crates that are documented beside the facade.
    Docs(FeatureSet, Vec<String>),
    /// The manifest.
    Example(PathBuf),
    Minimal {
        check: bool,
    },
}

impl Step {
    pub(crate) fn kind(&self) -> Kind {
        match self.work {
            Work::Tree(_) => Kind::Tree,
            Work::Tests(_) => Kind::Tests,
            Work::Docs(..) => Kind::Docs,
            Work::Example(_) => Kind::Example,
            Work::Minimal { .. } => Kind::Minimal,
        }
    }

    fn of_set(set: &FeatureSet, work: Work, more: &str, command: String) -> Self {
        Self {
            subject: set.name.clone(),
            features: set.all_features().cloned().collect(),
            work,
            repeat: format!("cargo xtask test-matrix --only {}{more}", set.name),
            command,
        }
    }
}

/// Which steps a run has.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) sets: &'a [FeatureSet],
    pub(crate) capabilities: &'a [Capability],
    /// The dependency trees and the tests of the sets.
    pub(crate) trees_and_tests: bool,
    /// Leaves out the tests of all capabilities.
    pub(crate) short: bool,
    pub(crate) docs: bool,
    /// Manifests of example crates, relative to the root.
    pub(crate) examples: &'a [PathBuf],
    pub(crate) minimal: Option<minimal::Depth>,
}

impl Plan<'_> {
    /// Whether the tests of this set run.
    fn has_tests(&self, set: &FeatureSet) -> bool {
        !(self.short && set.features.len() == self.capabilities.len())
    }

    /// Trees first: they take a moment each, and say most of what can be wrong.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.trees_and_tests {
            steps.extend(
                self.sets
                    .iter()
                    .map(|set| Step::of_set(set, Work::Tree(set.clone()), "", cargo::display(&tree::of_set(set)))),
            );
            let tested = self.sets.iter().filter(|set| self.has_tests(set));
            steps.extend(tested.map(|set| Step::of_set(set, Work::Tests(set.clone()), "", suite::command_line(set))));
        }
        if self.docs {
            steps.extend(self.sets.iter().map(|set| {
                let enabled = self.capabilities.iter().filter(|c| set.features.contains(&c.feature));
                let packages: Vec<String> = enabled.map(|capability| capability.package.clone()).collect();
                let command = format!("RUSTDOCFLAGS='-D warnings' {}", doc_line(set, &packages));
                Step::of_set(set, Work::Docs(set.clone(), packages), " --no-tests --docs", command)
            }));
        }
        steps.extend(self.examples.iter().map(|manifest| {
            let command = format!("cargo test --manifest-path {}", slashed(manifest));
            Step {
                subject: slashed(manifest.parent().unwrap_or(manifest)),
                features: Vec::new(),
                work: Work::Example(manifest.clone()),
                repeat: command.clone(),
                command,
            }
        }));
        if let Some(depth) = self.minimal {
            let repeat = format!("cargo xtask test-matrix --no-tests --minimal={}", depth.name());
            steps.push(Step {
                subject: "least versions".to_owned(),
                features: Vec::new(),
                work: Work::Minimal { check: depth == minimal::Depth::Check },
                command: repeat.clone(),
                repeat,
            });
        }
        steps
    }
}

/// The arguments that document the facade and `packages` with the features of `set`.
pub(crate) fn doc_arguments(set: &FeatureSet, packages: &[String]) -> Vec<String> {
    let mut arguments = vec!["doc".to_owned(), "--no-deps".to_owned()];
    for package in packages {
        arguments.extend(["-p".to_owned(), package.clone()]);
    }
    arguments.extend(set.cargo_arguments(FACADE));
    arguments
}

fn doc_line(set: &FeatureSet, packages: &[String]) -> String {
    format!("cargo {}", doc_arguments(set, packages).join(" "))
}

/// A path as it is written everywhere.
pub(crate) fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// The manifests of the example crates, relative to `root`: each `Cargo.toml` under `examples`.
pub(crate) fn examples(files: &[PathBuf]) -> Vec<PathBuf> {
    let manifest = |path: &&PathBuf| path.starts_with("examples") && path.ends_with("Cargo.toml");
    files.iter().filter(manifest).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_matrix::capabilities::capabilities;
    use crate::test_matrix::fixtures::metadata;
    use crate::test_matrix::sets::{Known, Selection, select};

    /// The steps of none, `clocks` and all, with what `change` asks for besides.
    fn steps(change: impl FnOnce(&mut Plan<'_>)) -> Vec<String> {
        let capabilities = capabilities(&metadata()).unwrap();
        let sizes: Vec<(String, usize)> = capabilities.iter().map(|c| (c.feature.clone(), 1)).collect();
        let known = Known { capabilities: &sizes, tracks: &["p3".to_owned()] };
        let names = ["none", "clocks+p3", "all"].map(str::to_owned).to_vec();
        let sets = select(&Selection::Only(names), &known, false).unwrap();
        let examples = [PathBuf::from("examples/one/Cargo.toml")];
        let mut plan = Plan {
            sets: &sets,
            capabilities: &capabilities,
            trees_and_tests: true,
            short: false,
            docs: false,
            examples: &[],
            minimal: None,
        };
        change(&mut plan);
        if plan.minimal.is_some() {
            plan.examples = &examples;
        }
        plan.steps().iter().map(|step| format!("{} {}", step.kind().name(), step.subject)).collect()
    }

    #[test]
    fn the_trees_of_all_sets_come_before_the_tests() {
        assert_eq!(
            steps(|_| {}),
            ["tree none", "tree clocks+p3", "tree all", "tests none", "tests clocks+p3", "tests all"]
        );
    }

    #[test]
    fn the_short_matrix_has_of_all_capabilities_the_tree_alone() {
        assert_eq!(
            steps(|plan| plan.short = true),
            ["tree none", "tree clocks+p3", "tree all", "tests none", "tests clocks+p3"]
        );
    }

    #[test]
    fn what_is_asked_for_besides_can_be_had_without_trees_and_tests() {
        let asked = |plan: &mut Plan<'_>| {
            plan.trees_and_tests = false;
            plan.docs = true;
            plan.minimal = Some(minimal::Depth::Resolve);
        };
        assert_eq!(
            steps(asked),
            ["docs none", "docs clocks+p3", "docs all", "example examples/one", "minimal least versions"]
        );
    }

    #[test]
    fn the_documentation_of_a_set_is_of_the_facade_and_its_import_crates() {
        let set = FeatureSet {
            name: "clocks+p3".into(),
            features: ["clocks".to_owned()].into(),
            tracks: ["p3".to_owned()].into(),
        };
        assert_eq!(
            doc_line(&set, &["wippy-import-clocks".to_owned()]),
            "cargo doc --no-deps -p wippy-import-clocks -p wippy-host --no-default-features --features clocks,p3"
        );
    }

    #[test]
    fn example_crates_are_found_wherever_they_are_below_their_folder() {
        let files = ["Cargo.toml", "examples/a/Cargo.toml", "examples/a/src/main.rs", "examples/b/c/Cargo.toml"];
        let found = examples(&files.map(PathBuf::from));
        assert_eq!(found.iter().map(|path| slashed(path)).collect::<Vec<_>>(), [files[1], files[3]]);
    }
}
