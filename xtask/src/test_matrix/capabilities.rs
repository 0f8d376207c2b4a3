//! Which features of the facade are capabilities: those that enable exactly one import crate.

use std::collections::{BTreeMap, BTreeSet};

use super::metadata::{Dependency, Metadata, Package};

/// The facade, whose features are the matrix.
pub(crate) const FACADE: &str = "wippy-host";
/// How the name of an import crate starts.
pub(crate) const IMPORT_PREFIX: &str = "wippy-import-";

/// One feature that adds one import crate to the facade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capability {
    pub(crate) feature: String,
    pub(crate) package: String,
    /// Features that the facade asks of the import crate.
    pub(crate) package_features: BTreeSet<String>,
    pub(crate) package_defaults: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LayoutError {
    #[error("the workspace has no package `{FACADE}`, whose features are the matrix")]
    NoFacade,
    #[error("no feature of `{FACADE}` enables an optional dependency named `{IMPORT_PREFIX}*`")]
    NoCapability,
    #[error(
        "no feature of `{FACADE}` enables `{package}` and no other import crate; \
         add one to its manifest: `<name> = [\"dep:{package}\"]`"
    )]
    NoFeature { package: String },
    #[error(
        "the features {features} of `{FACADE}` all enable `{package}` alone; \
         let one of them name the dependency and the others name that feature"
    )]
    Ambiguous { package: String, features: String },
    #[error("`{package}`, an optional dependency of `{FACADE}`, is no member of this workspace")]
    NotAMember { package: String },
    #[error("[package.metadata.test-matrix] of `{package}` is not `claims = [\"crate-name\", \"prefix*\"]`")]
    Claims { package: String, source: serde_json::Error },
}

/// What one feature turns on, other features that it names included.
#[derive(Debug, Default)]
struct Expansion {
    features: BTreeSet<String>,
    /// Keys of dependencies.
    dependencies: BTreeSet<String>,
    /// Key of a dependency and a feature of it.
    dependency_features: BTreeSet<(String, String)>,
}

fn expand(facade: &Package, feature: &str) -> Expansion {
    let mut expansion = Expansion::default();
    let mut open = vec![feature.to_owned()];
    while let Some(name) = open.pop() {
        for value in facade.features.get(&name).into_iter().flatten() {
            if let Some(dependency) = value.strip_prefix("dep:") {
                expansion.dependencies.insert(dependency.to_owned());
            } else if let Some((dependency, asked)) = value.split_once('/') {
                // `name?/feature` does not enable the dependency, `name/feature` does.
                let key = dependency.strip_suffix('?').unwrap_or(dependency);
                if key == dependency {
                    expansion.dependencies.insert(key.to_owned());
                }
                expansion.dependency_features.insert((key.to_owned(), asked.to_owned()));
            } else if expansion.features.insert(value.clone()) {
                open.push(value.clone());
            }
        }
    }
    expansion
}

fn is_import(dependency: &Dependency) -> bool {
    dependency.optional && dependency.is_normal() && dependency.name.starts_with(IMPORT_PREFIX)
}

/// Cargo gives an optional dependency a feature of its own name unless some feature says `dep:`.
fn is_implicit(facade: &Package, feature: &str) -> bool {
    let value = facade.features.get(feature).map(Vec::as_slice).unwrap_or_default();
    matches!(value, [only] if only.strip_prefix("dep:") == Some(feature))
}

/// The capabilities, in the order of their features' names.
pub(crate) fn capabilities(metadata: &Metadata) -> Result<Vec<Capability>, LayoutError> {
    let facade = metadata.package(FACADE).ok_or(LayoutError::NoFacade)?;
    // The same dependency may be declared for several targets.
    let mut imports: BTreeMap<&str, Vec<&Dependency>> = BTreeMap::new();
    for dependency in facade.dependencies.iter().filter(|d| is_import(d)) {
        imports.entry(dependency.key()).or_default().push(dependency);
    }
    if imports.is_empty() {
        return Err(LayoutError::NoCapability);
    }

    let mut candidates: BTreeMap<&str, Vec<(&String, Expansion)>> = BTreeMap::new();
    for feature in facade.features.keys().filter(|name| !is_implicit(facade, name)) {
        let expansion = expand(facade, feature);
        let mut enabled = imports.keys().filter(|key| expansion.dependencies.contains(**key));
        if let (Some(key), None) = (enabled.next(), enabled.next()) {
            candidates.entry(key).or_default().push((feature, expansion));
        }
    }

    let mut found = Vec::new();
    for (key, declared) in &imports {
        let package = declared.first().map(|dependency| dependency.name.clone()).unwrap_or_default();
        if metadata.package(&package).is_none() {
            return Err(LayoutError::NotAMember { package });
        }
        let all = candidates.remove(key).unwrap_or_default();
        let names: BTreeSet<&String> = all.iter().map(|(name, _)| *name).collect();
        // A feature on top of another one (`clocks-extra = ["clocks", …]`) is a variant of it, not a capability.
        let mut own: Vec<&(&String, Expansion)> =
            all.iter().filter(|(_, expansion)| !names.iter().any(|name| expansion.features.contains(*name))).collect();
        let Some((feature, expansion)) = own.pop() else { return Err(LayoutError::NoFeature { package }) };
        if !own.is_empty() {
            let features: Vec<String> =
                own.iter().map(|(name, _)| *name).chain([*feature]).map(|name| format!("`{name}`")).collect();
            return Err(LayoutError::Ambiguous { package, features: features.join(", ") });
        }
        let by_feature = expansion.dependency_features.iter().filter(|(of, _)| of == key).map(|(_, name)| name);
        found.push(Capability {
            feature: (*feature).clone(),
            package,
            package_features: declared.iter().flat_map(|d| &d.features).chain(by_feature).cloned().collect(),
            package_defaults: declared.iter().any(|d| d.uses_default_features),
        });
    }
    found.sort_by(|a, b| a.feature.cmp(&b.feature));
    Ok(found)
}

/// Features that add to import crates where these are on and enable none: the tracks, as `p3 = ["wippy-import-io?/p3"]`.
pub(crate) fn tracks(metadata: &Metadata) -> Vec<String> {
    let Some(facade) = metadata.package(FACADE) else { return Vec::new() };
    let imports: BTreeSet<&str> = facade.dependencies.iter().filter(|d| is_import(d)).map(Dependency::key).collect();
    let is_track = |feature: &&String| {
        let expansion = expand(facade, feature);
        let of_imports = expansion.dependency_features.iter().all(|(key, _)| imports.contains(key.as_str()));
        expansion.dependencies.is_empty() && !expansion.dependency_features.is_empty() && of_imports
    };
    facade.features.keys().filter(is_track).cloned().collect()
}

/// Capabilities that a feature named `all` leaves out; none where there is no such feature.
pub(crate) fn left_out_of_all(metadata: &Metadata, capabilities: &[Capability]) -> Vec<String> {
    let Some(facade) = metadata.package(FACADE).filter(|facade| facade.features.contains_key("all")) else {
        return Vec::new();
    };
    let expansion = expand(facade, "all");
    let package_of =
        |key: &String| facade.dependencies.iter().find(|d| is_import(d) && d.key() == key).map(|d| d.name.as_str());
    let enabled: BTreeSet<&str> = expansion.dependencies.iter().filter_map(package_of).collect();
    let missing = capabilities.iter().filter(|c| !enabled.contains(c.package.as_str()));
    missing.map(|capability| capability.feature.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_matrix::fixtures::metadata;

    fn names(metadata: &Metadata) -> Vec<String> {
        capabilities(metadata).unwrap().into_iter().map(|capability| capability.feature).collect()
    }

    fn facade(metadata: &mut Metadata) -> &mut Package {
        metadata.packages.iter_mut().find(|package| package.name == FACADE).unwrap()
    }

    #[test]
    fn a_capability_is_a_feature_that_enables_one_import_crate() {
        assert_eq!(names(&metadata()), ["clocks", "funcs", "http", "io"]);
    }

    #[test]
    fn a_capability_knows_the_features_asked_of_its_import_crate() {
        let all = capabilities(&metadata()).unwrap();
        let http = all.iter().find(|capability| capability.feature == "http").unwrap();
        assert_eq!(http.package, "wippy-import-http");
        assert_eq!(http.package_features, BTreeSet::from(["http2".to_owned(), "tls".to_owned()]));
        assert!(!http.package_defaults);
    }

    #[test]
    fn a_renamed_dependency_counts_under_its_package_name() {
        let all = capabilities(&metadata()).unwrap();
        let io = all.iter().find(|capability| capability.feature == "io").unwrap();
        assert_eq!(io.package, "wippy-import-io");
    }

    #[test]
    fn a_feature_on_top_of_a_capability_is_no_capability() {
        let mut metadata = metadata();
        facade(&mut metadata)
            .features
            .insert("clocks-zones".into(), vec!["clocks".into(), "wippy-import-clocks/tz".into()]);
        assert_eq!(names(&metadata), ["clocks", "funcs", "http", "io"]);
    }

    #[test]
    fn a_track_adds_to_import_crates_and_enables_none() {
        let mut metadata = metadata();
        assert!(tracks(&metadata).is_empty());
        let features = &mut facade(&mut metadata).features;
        features.insert("p3".into(), vec!["wippy-import-clocks?/p3".into(), "poll?/p3".into()]);
        features.insert("strong".into(), vec!["clocks".into(), "wippy-import-clocks/p3".into()]);
        features.insert("log".into(), vec!["tracing?/log".into()]);
        assert_eq!(tracks(&metadata), ["p3"]);
        assert_eq!(names(&metadata), ["clocks", "funcs", "http", "io"]);
    }

    #[test]
    fn a_feature_that_cargo_makes_for_a_dependency_is_no_capability() {
        let mut metadata = metadata();
        let features = &mut facade(&mut metadata).features;
        features.insert("wippy-import-funcs".into(), vec!["dep:wippy-import-funcs".into()]);
        features.insert("funcs".into(), vec!["wippy-import-funcs".into()]);
        assert_eq!(names(&metadata), ["clocks", "funcs", "http", "io"]);
    }

    #[test]
    fn a_weak_feature_does_not_enable_its_dependency() {
        let mut metadata = metadata();
        facade(&mut metadata)
            .features
            .insert("funcs".into(), vec!["dep:wippy-import-funcs".into(), "wippy-import-http?/tls".into()]);
        assert_eq!(names(&metadata), ["clocks", "funcs", "http", "io"]);
    }

    #[test]
    fn an_import_crate_without_a_feature_of_its_own_is_an_error() {
        let mut metadata = metadata();
        facade(&mut metadata).features.insert("http".into(), vec!["dep:wippy-import-http".into(), "clocks".into()]);
        assert_eq!(
            capabilities(&metadata).unwrap_err().to_string(),
            "no feature of `wippy-host` enables `wippy-import-http` and no other import crate; \
             add one to its manifest: `<name> = [\"dep:wippy-import-http\"]`"
        );
    }

    #[test]
    fn two_features_for_one_import_crate_are_an_error() {
        let mut metadata = metadata();
        facade(&mut metadata).features.insert("time".into(), vec!["dep:wippy-import-clocks".into()]);
        assert_eq!(
            capabilities(&metadata).unwrap_err().to_string(),
            "the features `clocks`, `time` of `wippy-host` all enable `wippy-import-clocks` alone; \
             let one of them name the dependency and the others name that feature"
        );
    }

    #[test]
    fn a_workspace_without_facade_or_imports_or_members_says_what_is_missing() {
        let mut one = metadata();
        one.packages.retain(|package| package.name != FACADE);
        assert_eq!(
            capabilities(&one).unwrap_err().to_string(),
            "the workspace has no package `wippy-host`, whose features are the matrix"
        );
        let mut two = metadata();
        facade(&mut two).dependencies.retain(|dependency| !is_import(dependency));
        assert_eq!(
            capabilities(&two).unwrap_err().to_string(),
            "no feature of `wippy-host` enables an optional dependency named `wippy-import-*`"
        );
        let mut three = metadata();
        three.packages.retain(|package| package.name != "wippy-import-io");
        assert_eq!(
            capabilities(&three).unwrap_err().to_string(),
            "`wippy-import-io`, an optional dependency of `wippy-host`, is no member of this workspace"
        );
    }

    #[test]
    fn a_capability_that_all_leaves_out_is_found() {
        let mut metadata = metadata();
        let all = capabilities(&metadata).unwrap();
        assert!(left_out_of_all(&metadata, &all).is_empty());
        facade(&mut metadata).features.insert("all".into(), vec!["clocks".into(), "io".into(), "http".into()]);
        assert_eq!(left_out_of_all(&metadata, &all), ["funcs"]);
        facade(&mut metadata).features.remove("all");
        assert!(left_out_of_all(&metadata, &all).is_empty());
    }
}
