use super::*;
use crate::test_matrix::capabilities::capabilities;
use crate::test_matrix::fixtures::{metadata, tree};
use crate::test_matrix::sets::{Known, Selection, select};

fn rules_of(metadata: &Metadata) -> Rules {
    let closures = ["clocks", "funcs", "http", "io"].map(|feature| (feature.to_owned(), tree(feature)));
    Rules::new(metadata, capabilities(metadata).unwrap(), tree("none"), closures.into()).unwrap()
}

fn set(rules: &Rules, name: &str) -> FeatureSet {
    let known = Known { capabilities: &rules.sizes(), tracks: &[] };
    select(&Selection::Only(vec![name.to_owned()]), &known, false).unwrap().remove(0)
}

/// The tree of a set with nothing wrong: what the facade and the enabled import crates need.
fn clean(rules: &Rules, set: &FeatureSet) -> Tree {
    set.features.iter().flat_map(|feature| rules.closures[feature].clone()).chain(rules.own.clone()).collect()
}

/// What is said of a set whose tree holds `more` besides what it should.
fn problems(rules: &Rules, name: &str, more: &[&str]) -> Vec<String> {
    let set = set(rules, name);
    let mut tree = clean(rules, &set);
    tree.extend(more.iter().map(|line| {
        let (name, version) = line.split_once(' ').unwrap();
        Crate { name: name.into(), version: version.into() }
    }));
    rules.check(&set, &tree).iter().map(Problem::to_string).collect()
}

fn forbidden(rules: &Rules, features: &[&str]) -> Vec<String> {
    let enabled = features.iter().map(|feature| (*feature).to_owned()).collect();
    rules.forbidden(&enabled).keys().map(Crate::to_string).collect()
}

#[test]
fn a_clean_tree_of_every_subset_passes() {
    let rules = rules_of(&metadata());
    let known = Known { capabilities: &rules.sizes(), tracks: &[] };
    for set in select(&Selection::Full, &known, false).unwrap() {
        assert_eq!(rules.check(&set, &clean(&rules, &set)), [], "{}", set.name);
    }
}

#[test]
fn without_features_every_crate_that_only_import_crates_need_is_forbidden() {
    assert_eq!(
        forbidden(&rules_of(&metadata()), &[]),
        [
            "getrandom 0.2.0",
            "hyper 1.9.0",
            "rustls 0.23.0",
            "wasmtime-wasi 48.0.8",
            "wasmtime-wasi-http 48.0.8",
            "wippy-import-clocks 0.1.0",
            "wippy-import-funcs 0.1.0",
            "wippy-import-http 0.1.0",
            "wippy-import-io 0.1.0",
            "wippy-wasi-context 0.1.0",
        ]
    );
}

#[test]
fn a_crate_that_an_enabled_import_crate_needs_is_allowed() {
    let rules = rules_of(&metadata());
    assert_eq!(
        forbidden(&rules, &["clocks", "funcs"]),
        [
            "getrandom 0.2.0",
            "hyper 1.9.0",
            "rustls 0.23.0",
            "wasmtime-wasi-http 48.0.8",
            "wippy-import-http 0.1.0",
            "wippy-import-io 0.1.0",
        ]
    );
    assert_eq!(
        forbidden(&rules, &["http"]),
        ["wippy-import-clocks 0.1.0", "wippy-import-funcs 0.1.0", "wippy-import-io 0.1.0"]
    );
    assert!(forbidden(&rules, &["clocks", "funcs", "http", "io"]).is_empty());
}

#[test]
fn a_forbidden_crate_knows_every_capability_that_it_belongs_to() {
    let all = rules_of(&metadata()).forbidden(&BTreeSet::from(["funcs".to_owned()]));
    let context = all.iter().find(|(found, _)| found.name == "wippy-wasi-context").unwrap().1;
    assert_eq!(context.iter().collect::<Vec<_>>(), ["clocks", "http", "io"]);
}

#[test]
fn the_http_stack_without_http_is_a_problem_that_names_it() {
    assert_eq!(
        problems(&rules_of(&metadata()), "clocks+io", &["hyper 1.9.0", "rustls 0.23.0"])[0],
        "in the dependency tree are crates of capabilities that are off: hyper 1.9.0 (of http), rustls 0.23.0 (of http)"
    );
}

#[test]
fn wasi_with_funcs_alone_is_a_problem() {
    assert_eq!(
        problems(&rules_of(&metadata()), "funcs", &["wippy-wasi-context 0.1.0", "wasmtime-wasi 48.0.8"])[0],
        "in the dependency tree are crates of capabilities that are off: \
         wasmtime-wasi 48.0.8 (of clocks and http and io), \
         wippy-wasi-context 0.1.0 (of clocks and http and io)"
    );
}

#[test]
fn another_version_of_an_allowed_crate_is_still_forbidden() {
    // The facade has 0.4.0; 0.2.0 comes with the TLS of http.
    assert_eq!(
        problems(&rules_of(&metadata()), "none", &["getrandom 0.2.0"]),
        ["in the dependency tree are crates of capabilities that are off: getrandom 0.2.0 (of http)"]
    );
}

#[test]
fn an_import_crate_without_its_feature_is_named_once() {
    assert_eq!(
        problems(&rules_of(&metadata()), "clocks", &["wippy-import-io 0.1.0"]),
        ["wippy-import-io 0.1.0 is in the dependency tree, but its feature is off"]
    );
}

#[test]
fn a_long_list_of_crates_is_cut() {
    let crates =
        (0..20).map(|n| (Crate { name: format!("c{n:02}"), version: "1.0.0".into() }, ["http".to_owned()].into()));
    let text = Problem::Forbidden(crates.collect()).to_string();
    assert!(text.ends_with("c07 1.0.0 (of http), and 12 more"), "{text}");
}

#[test]
fn a_claimed_crate_is_refused_also_where_the_facade_itself_needs_it() {
    // As if host-core had come to need it: it is the facade's own and every import crate's.
    let metadata = metadata();
    let mut rules = rules_of(&metadata);
    let leak = Crate { name: "hyper".into(), version: "1.9.0".into() };
    rules.own.insert(leak.clone());
    rules.closures.values_mut().for_each(|tree| _ = tree.insert(leak.clone()));
    let said =
        ["hyper 1.9.0 is in the dependency tree, but `wippy-import-http` claims it and no enabled import crate \
                 needs `wippy-import-http`"];
    assert_eq!(problems(&rules, "none", &[]), said);
    assert_eq!(problems(&rules, "clocks+funcs+io", &[]), said);
    assert_eq!(problems(&rules, "http", &[]), [""; 0]);
}

#[test]
fn a_claim_of_a_shared_package_ends_where_an_enabled_import_crate_declares_it() {
    let mut rules = rules_of(&metadata());
    rules.own.insert(Crate { name: "wasmtime-wasi-io".into(), version: "48.0.8".into() });
    assert_eq!(
        problems(&rules, "funcs", &[]),
        ["wasmtime-wasi-io 48.0.8 is in the dependency tree, but `wippy-wasi-context` claims it and no enabled \
          import crate needs `wippy-wasi-context`"]
    );
    assert_eq!(problems(&rules, "clocks", &[]), [""; 0]);
}

#[test]
fn of_several_packages_with_the_same_claim_one_is_enough() {
    let mut metadata = metadata();
    let funcs = metadata.packages.iter_mut().find(|package| package.name == "wippy-import-funcs").unwrap();
    funcs.metadata = serde_json::json!({ "test-matrix": { "claims": ["hyper"] } });
    let mut rules = rules_of(&metadata);
    rules.own.insert(Crate { name: "hyper".into(), version: "1.9.0".into() });
    assert_eq!(problems(&rules, "funcs", &[]), [""; 0]);
    assert_eq!(problems(&rules, "http", &[]), [""; 0]);
    assert_eq!(problems(&rules, "clocks", &[]).len(), 1);
}

#[test]
fn claims_that_cannot_be_read_are_an_error_and_not_no_claims() {
    let mut metadata = metadata();
    let all = capabilities(&metadata).unwrap();
    let clocks = metadata.packages.iter_mut().find(|package| package.name == "wippy-import-clocks").unwrap();
    clocks.metadata = serde_json::json!({ "test-matrix": { "claim": ["hyper"] } });
    assert_eq!(
        Rules::new(&metadata, all, Tree::new(), BTreeMap::new()).unwrap_err().to_string(),
        "[package.metadata.test-matrix] of `wippy-import-clocks` is not `claims = [\"crate-name\", \"prefix*\"]`"
    );
}

#[test]
fn an_import_crate_that_depends_on_another_one_fails_also_where_both_are_enabled() {
    let mut metadata = metadata();
    let core = metadata.package("wippy-import-clocks").unwrap().dependencies[0].key().to_owned();
    assert_eq!(core, "wippy-host-core");
    let clocks = metadata.packages.iter_mut().find(|package| package.name == "wippy-import-clocks").unwrap();
    clocks.dependencies[0].name = "wippy-import-io".into();
    let rules = rules_of(&metadata);
    let said = "`wippy-import-clocks` depends on `wippy-import-io`; of this workspace an import crate may need \
                `wippy-host-core` and `wippy-wasi-context` alone";
    assert_eq!(problems(&rules, "all", &[]), [said]);
    assert_eq!(problems(&rules, "clocks", &[]), [said]);
    assert_eq!(problems(&rules, "io", &[]), [""; 0]);

    // Its tests may use what they like.
    let clocks = metadata.packages.iter_mut().find(|package| package.name == "wippy-import-clocks").unwrap();
    clocks.dependencies[0].kind = Some("dev".into());
    assert_eq!(problems(&rules_of(&metadata), "all", &[]), [""; 0]);
}

#[test]
fn a_feature_all_that_is_not_all_fails_the_set_of_all() {
    let mut metadata = metadata();
    let facade = metadata.packages.iter_mut().find(|package| package.name == FACADE).unwrap();
    facade.features.insert("all".into(), vec!["clocks".into(), "io".into()]);
    let rules = rules_of(&metadata);
    assert_eq!(problems(&rules, "all", &[]), ["feature `all` of `wippy-host` leaves out `funcs`, `http`"]);
    assert_eq!(problems(&rules, "clocks+io", &[]), [""; 0]);
}
