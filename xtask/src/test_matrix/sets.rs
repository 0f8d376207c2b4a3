//! The sets of features that the matrix visits.

use std::collections::BTreeSet;

/// Most capabilities of which `--full` makes every subset: 4096 sets.
const MAX_FULL: usize = 12;

/// One cell of the matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FeatureSet {
    /// `none`, `all`, or the features joined by `+`: what `--only` takes.
    pub(crate) name: String,
    /// Capabilities.
    pub(crate) features: BTreeSet<String>,
    /// Features that add interfaces to capabilities, as `p3` does.
    pub(crate) tracks: BTreeSet<String>,
}

impl FeatureSet {
    fn new(features: BTreeSet<String>, tracks: BTreeSet<String>, known: &Known<'_>) -> Self {
        let base = if features.is_empty() {
            "none".to_owned()
        } else if features.len() == known.capabilities.len() {
            "all".to_owned()
        } else {
            joined(&features, "+")
        };
        let name = tracks.iter().fold(base, |name, track| format!("{name}+{track}"));
        Self { name, features, tracks }
    }

    /// The capabilities joined by commas, as the facade's registry test takes them.
    pub(crate) fn list(&self) -> String {
        joined(&self.features, ",")
    }

    /// All features that Cargo is asked for.
    pub(crate) fn all_features(&self) -> impl Iterator<Item = &String> {
        self.features.iter().chain(&self.tracks)
    }

    /// What selects the package with exactly these features.
    pub(crate) fn cargo_arguments(&self, package: &str) -> Vec<String> {
        let mut arguments = vec!["-p".to_owned(), package.to_owned(), "--no-default-features".to_owned()];
        if self.all_features().next().is_some() {
            arguments.extend(["--features".to_owned(), joined(self.all_features(), ",")]);
        }
        arguments
    }
}

fn joined<'a>(features: impl IntoIterator<Item = &'a String>, by: &str) -> String {
    features.into_iter().map(String::as_str).collect::<Vec<_>>().join(by)
}

/// What sets are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Each capability with the number of crates that its import needs.
    pub(crate) capabilities: &'a [(String, usize)],
    pub(crate) tracks: &'a [String],
}

/// Which sets to visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// None, each alone, all.
    Each,
    /// None, the one with fewest and the one with most dependencies, all.
    Short,
    /// None, each alone, each two, all.
    Pairs,
    /// Every subset.
    Full,
    /// The named ones.
    Only(Vec<String>),
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SetError {
    #[error(
        "`--only {set}`: there is no capability {feature:?}; write `none`, `all`, or some of {known} joined by `+`"
    )]
    Unknown { set: String, feature: String, known: String },
    #[error(
        "`--full` would visit every subset of {count} capabilities, at most {MAX_FULL} are allowed; \
         name sets with `--only`"
    )]
    TooMany { count: usize },
}

/// The sets of a selection, without repetition. With `both_tracks`, one that has a capability is followed by itself with
/// all tracks.
pub(crate) fn select(selection: &Selection, known: &Known<'_>, both_tracks: bool) -> Result<Vec<FeatureSet>, SetError> {
    let mut sets: Vec<FeatureSet> = Vec::new();
    for (features, tracks) in chosen(selection, known)? {
        let mut variants = vec![tracks];
        if both_tracks && !features.is_empty() {
            variants.push(known.tracks.iter().cloned().collect());
        }
        for tracks in variants {
            let set = FeatureSet::new(features.clone(), tracks, known);
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
    }
    Ok(sets)
}

type Chosen = (BTreeSet<String>, BTreeSet<String>);

fn chosen(selection: &Selection, known: &Known<'_>) -> Result<Vec<Chosen>, SetError> {
    let capabilities = known.capabilities;
    let all: BTreeSet<String> = capabilities.iter().map(|(feature, _)| feature.clone()).collect();
    let alone = |feature: &String| BTreeSet::from([feature.clone()]);
    let each = || capabilities.iter().map(|(feature, _)| alone(feature));
    let features: Vec<BTreeSet<String>> = match selection {
        Selection::Each => [BTreeSet::new()].into_iter().chain(each()).chain([all]).collect(),
        Selection::Short => {
            // Of equals the first by name, whichever end is asked for, so that a run can be compared with the last one.
            let least = capabilities.iter().min_by_key(|(feature, size)| (*size, feature));
            let most = capabilities.iter().min_by_key(|(feature, size)| (std::cmp::Reverse(*size), feature));
            let ends = [least, most].into_iter().flatten().map(|(feature, _)| alone(feature));
            [BTreeSet::new()].into_iter().chain(ends).chain([all]).collect()
        }
        Selection::Pairs => {
            let pairs = all.iter().enumerate().flat_map(|(index, one)| {
                all.iter().skip(index + 1).map(|other| BTreeSet::from([one.clone(), other.clone()]))
            });
            [BTreeSet::new()].into_iter().chain(each()).chain(pairs).chain([all.clone()]).collect()
        }
        Selection::Full if all.len() > MAX_FULL => return Err(SetError::TooMany { count: all.len() }),
        Selection::Full => {
            let mut subsets = vec![BTreeSet::new()];
            for feature in &all {
                let with: Vec<BTreeSet<String>> =
                    subsets.iter().map(|set| set.iter().chain([feature]).cloned().collect()).collect();
                subsets.extend(with);
            }
            // Small ones first: they build fastest and say most precisely what is wrong.
            subsets.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
            subsets
        }
        Selection::Only(names) => return names.iter().map(|name| named(name, &all, known.tracks)).collect(),
    };
    Ok(features.into_iter().map(|features| (features, BTreeSet::new())).collect())
}

fn named(name: &str, all: &BTreeSet<String>, known_tracks: &[String]) -> Result<Chosen, SetError> {
    let (mut features, mut tracks) = Chosen::default();
    for feature in name.split(['+', ',']).map(str::trim) {
        if feature == "all" {
            features.extend(all.iter().cloned());
        } else if all.contains(feature) {
            features.insert(feature.to_owned());
        } else if known_tracks.iter().any(|track| track == feature) {
            tracks.insert(feature.to_owned());
        } else if feature != "none" {
            let known: Vec<String> = all.iter().chain(known_tracks).map(|known| format!("`{known}`")).collect();
            return Err(SetError::Unknown {
                set: name.to_owned(),
                feature: feature.to_owned(),
                known: known.join(", "),
            });
        }
    }
    Ok((features, tracks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities() -> Vec<(String, usize)> {
        [("clocks", 90), ("funcs", 60), ("http", 200), ("io", 90)].map(|(f, n)| (f.to_owned(), n)).to_vec()
    }

    fn names(selection: &Selection, capabilities: &[(String, usize)], both_tracks: bool) -> Vec<String> {
        let known = Known { capabilities, tracks: &["p3".to_owned()] };
        select(selection, &known, both_tracks).unwrap().into_iter().map(|set| set.name).collect()
    }

    fn visited(selection: &Selection, capabilities: &[(String, usize)]) -> Vec<String> {
        names(selection, capabilities, false)
    }

    fn refused(selection: &Selection, capabilities: &[(String, usize)]) -> String {
        select(selection, &Known { capabilities, tracks: &[] }, false).unwrap_err().to_string()
    }

    fn only(names: &[&str]) -> Selection {
        Selection::Only(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn the_matrix_is_none_and_each_alone_and_all() {
        assert_eq!(visited(&Selection::Each, &capabilities()), ["none", "clocks", "funcs", "http", "io", "all"]);
    }

    #[test]
    fn the_short_matrix_has_the_smallest_and_the_largest_capability() {
        assert_eq!(visited(&Selection::Short, &capabilities()), ["none", "funcs", "http", "all"]);
    }

    #[test]
    fn the_matrix_of_pairs_has_each_two_capabilities_once() {
        assert_eq!(
            visited(&Selection::Pairs, &capabilities()[..3]),
            ["none", "clocks", "funcs", "http", "clocks+funcs", "clocks+http", "funcs+http", "all"]
        );
        assert_eq!(visited(&Selection::Pairs, &capabilities()[..2]), ["none", "clocks", "funcs", "all"]);
    }

    #[test]
    fn with_both_tracks_each_set_that_has_a_capability_is_visited_without_and_with_them() {
        let two = capabilities()[..2].to_vec();
        assert_eq!(
            names(&Selection::Each, &two, true),
            ["none", "clocks", "clocks+p3", "funcs", "funcs+p3", "all", "all+p3"]
        );
        assert_eq!(names(&only(&["all+p3", "p3", "clocks"]), &two, false), ["all+p3", "none+p3", "clocks"]);
        assert_eq!(names(&only(&["all+p3", "all"]), &two, true), ["all+p3", "all"]);
    }

    #[test]
    fn a_track_is_asked_of_cargo_but_not_expected_in_the_registry() {
        let known = Known { capabilities: &capabilities(), tracks: &["p3".to_owned()] };
        let set = select(&only(&["io+p3"]), &known, false).unwrap().remove(0);
        assert_eq!(set.list(), "io");
        assert_eq!(
            set.cargo_arguments("wippy-host"),
            ["-p", "wippy-host", "--no-default-features", "--features", "io,p3"]
        );
    }

    #[test]
    fn of_equally_large_capabilities_the_short_matrix_takes_the_first_by_name() {
        let equal = [("b".to_owned(), 1), ("a".to_owned(), 1), ("c".to_owned(), 1)];
        assert_eq!(visited(&Selection::Short, &equal), ["none", "a", "all"]);
    }

    #[test]
    fn the_full_matrix_has_every_subset_once_small_ones_first() {
        let names = visited(&Selection::Full, &capabilities());
        assert_eq!(names.len(), 16);
        assert_eq!(names[..6], ["none", "clocks", "funcs", "http", "io", "clocks+funcs"]);
        assert_eq!(names[15], "all");
    }

    #[test]
    fn a_full_matrix_of_too_many_capabilities_is_refused() {
        let many: Vec<(String, usize)> = (0..13).map(|n| (format!("c{n}"), n)).collect();
        assert_eq!(
            refused(&Selection::Full, &many),
            "`--full` would visit every subset of 13 capabilities, at most 12 are allowed; name sets with `--only`"
        );
    }

    #[test]
    fn a_set_is_visited_once_however_it_is_reached() {
        assert_eq!(visited(&Selection::Each, &[("clocks".to_owned(), 1)]), ["none", "all"]);
        let sets = only(&["io+clocks", "clocks, io", "all", "clocks+funcs+http+io", "none"]);
        assert_eq!(visited(&sets, &capabilities()), ["clocks+io", "all", "none"]);
    }

    #[test]
    fn an_unknown_set_is_answered_with_the_known_ones() {
        assert_eq!(
            refused(&only(&["io+htpp"]), &capabilities()),
            "`--only io+htpp`: there is no capability \"htpp\"; \
             write `none`, `all`, or some of `clocks`, `funcs`, `http`, `io` joined by `+`"
        );
        assert!(!refused(&only(&[""]), &capabilities()).is_empty());
    }

    #[test]
    fn a_set_selects_its_features_and_no_default_ones() {
        let known = Known { capabilities: &capabilities(), tracks: &[] };
        let sets = select(&only(&["none", "io+clocks"]), &known, false).unwrap();
        assert_eq!(sets[0].cargo_arguments("wippy-host"), ["-p", "wippy-host", "--no-default-features"]);
        assert_eq!(
            sets[1].cargo_arguments("wippy-host"),
            ["-p", "wippy-host", "--no-default-features", "--features", "clocks,io"]
        );
    }
}
