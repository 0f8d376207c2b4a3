//! The facade's registry against its features, in whatever combination it is built.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[cfg(all(feature = "all", feature = "p3"))]
mod reference;

#[test]
fn the_registry_holds_exactly_the_enabled_groups() {
    let registry = wippy_host::registry().unwrap();
    let found: Vec<_> = registry.imports().iter().map(|import| import.meta().name).collect();
    assert_eq!(found, wippy_host::ENABLED);
    // The feature matrix says from outside what it asked for, so that this file cannot agree with itself by mistake.
    if let Ok(expected) = std::env::var("WIPPY_EXPECTED_IMPORTS") {
        let mut features: Vec<_> = found
            .iter()
            .filter_map(|name| wippy_host::FEATURES.iter().find(|(import, _)| import == name))
            .map(|(_, feature)| *feature)
            .collect();
        features.sort_unstable();
        assert_eq!(features.join(","), expected);
    }
}

/// Compiles, or does not.
#[test]
fn what_a_program_shares_between_its_threads_may_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    fn sent<T: Send>(_: &T) {}
    shared::<wippy_host::Host>();
    shared::<wippy_host::Registry>();
    shared::<wippy_host::FunctionRegistry>();
    shared::<wippy_host::WasmFunction>();
    shared::<wippy_host::CallContext>();
    shared::<wippy_host::EntrySpec>();
    shared::<wippy_host::Services>();
    shared::<wippy_host::Value>();
    shared::<wippy_host::Error>();
    let functions = wippy_host::FunctionRegistry::new();
    let context = wippy_host::CallContext::new();
    sent(&functions.call_payload(&context, "app:none", wippy_host::value::TextOrBytes::Text(String::new())));
}

#[test]
fn an_import_whose_feature_is_off_says_so() {
    let registry = wippy_host::registry().unwrap();
    for (import, feature) in wippy_host::FEATURES {
        let (_, problems) = wippy_host::Grants::resolve(&registry, &[*import]);
        if wippy_host::ENABLED.contains(import) {
            assert_eq!(problems, [], "{import}");
            continue;
        }
        assert_eq!(
            problems[0].message,
            format!("unsupported wasm host import: {import}: this build has the Cargo feature \"{feature}\" off")
        );
        assert_eq!(problems[0].remedy, format!("build with --features {feature}, or remove the line"));
    }
}
