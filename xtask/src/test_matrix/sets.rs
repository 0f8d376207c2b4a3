//! The sets of features that the matrix visits.

use std::collections::BTreeSet;

/// Most capabilities of which `--full` makes every subset: 4096 sets.
const MAX_FULL: usize = 12;

/// One cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeatureSet {
    /// `none`, `all`, or the features joined by `+`: what `--only` takes.
    pub(crate) name: String,
    pub(crate) features: BTreeSet<String>,
}

impl FeatureSet {
    fn new(features: BTreeSet<String>, capabilities: &[(String, usize)]) -> Self {
        let name = if features.is_empty() {
            "none".to_owned()
        } else if features.len() == capabilities.len() {
            "all".to_owned()
        } else {
            features.iter().map(String::as_str).collect::<Vec<_>>().join("+")
        };
        Self { name, features }
    }

    /// The features joined by commas, as Cargo and the facade's registry test take them.
    pub(crate) fn list(&self) -> String {
        self.features.iter().map(String::as_str).collect::<Vec<_>>().join(",")
    }

    /// What selects the package with exactly these features.
    pub(crate) fn cargo_arguments(&self, package: &str) -> Vec<String> {
        let mut arguments = vec!["-p".to_owned(), package.to_owned(), "--no-default-features".to_owned()];
        if !self.features.is_empty() {
            arguments.extend(["--features".to_owned(), self.list()]);
        }
        arguments
    }
}

/// Which sets to visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selection {
    /// None, each alone, all.
    Each,
    /// None, the one with fewest and the one with most dependencies, all.
    Short,
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

/// The sets of a selection, without repetition. A capability comes with the number of crates that its import needs.
pub(crate) fn select(selection: &Selection, capabilities: &[(String, usize)]) -> Result<Vec<FeatureSet>, SetError> {
    let all: BTreeSet<String> = capabilities.iter().map(|(feature, _)| feature.clone()).collect();
    let alone = |feature: &String| BTreeSet::from([feature.clone()]);
    let chosen: Vec<BTreeSet<String>> = match selection {
        Selection::Each => {
            let each = capabilities.iter().map(|(feature, _)| alone(feature));
            [BTreeSet::new()].into_iter().chain(each).chain([all]).collect()
        }
        Selection::Short => {
            // Of equals the first by name, whichever end is asked for, so that a run can be compared with the last one.
            let least = capabilities.iter().min_by_key(|(feature, size)| (*size, feature));
            let most = capabilities.iter().min_by_key(|(feature, size)| (std::cmp::Reverse(*size), feature));
            let ends = [least, most].into_iter().flatten().map(|(feature, _)| alone(feature));
            [BTreeSet::new()].into_iter().chain(ends).chain([all]).collect()
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
        Selection::Only(names) => names.iter().map(|name| named(name, &all)).collect::<Result<_, _>>()?,
    };
    let mut sets: Vec<FeatureSet> = Vec::with_capacity(chosen.len());
    for features in chosen {
        let set = FeatureSet::new(features, capabilities);
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    Ok(sets)
}

fn named(name: &str, all: &BTreeSet<String>) -> Result<BTreeSet<String>, SetError> {
    match name.trim() {
        "none" => return Ok(BTreeSet::new()),
        "all" => return Ok(all.clone()),
        _ => {}
    }
    let mut features = BTreeSet::new();
    for feature in name.split(['+', ',']).map(str::trim) {
        if !all.contains(feature) {
            let known: Vec<String> = all.iter().map(|known| format!("`{known}`")).collect();
            return Err(SetError::Unknown {
                set: name.to_owned(),
                feature: feature.to_owned(),
                known: known.join(", "),
            });
        }
        features.insert(feature.to_owned());
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities() -> Vec<(String, usize)> {
        [("clocks", 90), ("funcs", 60), ("http", 200), ("io", 90)].map(|(f, n)| (f.to_owned(), n)).to_vec()
    }

    fn visited(selection: &Selection, capabilities: &[(String, usize)]) -> Vec<String> {
        select(selection, capabilities).unwrap().into_iter().map(|set| set.name).collect()
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
            select(&Selection::Full, &many).unwrap_err().to_string(),
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
            select(&only(&["io+htpp"]), &capabilities()).unwrap_err().to_string(),
            "`--only io+htpp`: there is no capability \"htpp\"; \
             write `none`, `all`, or some of `clocks`, `funcs`, `http`, `io` joined by `+`"
        );
        assert!(select(&only(&[""]), &capabilities()).is_err());
    }

    #[test]
    fn a_set_selects_its_features_and_no_default_ones() {
        let sets = select(&only(&["none", "io+clocks"]), &capabilities()).unwrap();
        assert_eq!(sets[0].cargo_arguments("wippy-host"), ["-p", "wippy-host", "--no-default-features"]);
        assert_eq!(
            sets[1].cargo_arguments("wippy-host"),
            ["-p", "wippy-host", "--no-default-features", "--features", "clocks,io"]
        );
    }
}
