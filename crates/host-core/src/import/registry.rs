//! The imports of a host, by name.

use super::{ConfigProblem, Interface, Registration, Section, SetupContext, Submitted, name::nearest};
use crate::error::{Error, ErrorKind, Result};
use serde_json::{Map, Value as Json};
use std::fmt;
use std::sync::Arc;

/// The imports that a host can grant. Cheap to clone.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.imports.iter().map(|import| import.meta().name)).finish()
    }
}

struct Inner {
    imports: Vec<Registration>,
    /// Names of imports that exist beside those here, with the Cargo feature that switches each on.
    features: Vec<(String, String)>,
    wit: Vec<&'static str>,
}

/// Builds a [`Registry`].
#[must_use]
#[derive(Debug, Default)]
pub struct RegistryBuilder {
    imports: Vec<Registration>,
    features: Vec<(String, String)>,
    compiled_in: Vec<&'static str>,
    wit: Vec<&'static str>,
}

impl RegistryBuilder {
    /// Adds one import by name of its static, for example `.with(&wippy_import_clocks::IMPORT)`.
    pub fn with(mut self, import: &Registration) -> Self {
        self.imports.push(*import);
        self
    }

    /// Adds every import that the program links: those whose crate is named somewhere (`use acme_kv as _;` is enough).
    pub fn with_linked(mut self) -> Self {
        self.imports.extend(inventory::iter::<Submitted>().map(|submitted| *submitted.0));
        self
    }

    /// Names an import that a Cargo feature would add, so that an entry which lists it gets an answer that helps.
    pub fn with_feature(mut self, import: &str, feature: &str) -> Self {
        self.features.push((import.to_owned(), feature.to_owned()));
        self
    }

    /// Names an import that must be there: one whose feature is on.
    pub fn expecting(mut self, import: &'static str) -> Self {
        self.compiled_in.push(import);
        self
    }

    /// Adds the WIT text of a package, which the `wit` text of an entry may then use without writing it out, as it may those of
    /// [`HostImport::WIT`](crate::HostImport::WIT). A text that
    /// is not valid, or whose own dependencies are missing, is as good as none.
    pub fn with_wit(mut self, package: &'static str) -> Self {
        self.wit.push(package);
        self
    }

    /// The registry.
    ///
    /// # Errors
    /// Two imports of one name, an alias that is the name of another import, two imports that provide one interface on
    /// one track, or one that was expected and did not register itself: each is a mistake in how the program was put
    /// together.
    pub fn build(mut self) -> Result<Registry> {
        self.imports.sort_by_key(|import| import.meta().name);
        for pair in self.imports.windows(2) {
            if let [first, second] = pair
                && first.meta().name == second.meta().name
            {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("two import crates register the name {}", first.meta().name),
                ));
            }
        }
        // By track and not by version: a grant of one would be a grant of the other, and Wasmtime would take the newer.
        let mut interfaces: Vec<(&str, &str, &str)> = self
            .imports
            .iter()
            .flat_map(|import| import.meta().interfaces.iter().map(|i| (i.name, i.track(), import.meta().name)))
            .collect();
        interfaces.sort_unstable();
        for pair in interfaces.windows(2) {
            if let [(first, track, one), (second, other_track, other)] = pair
                && (first, track) == (second, other_track)
            {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    if one == other {
                        format!("the import crate {one} provides {first}@{track} twice")
                    } else {
                        format!("two import crates provide {first}@{track}: {one} and {other}")
                    },
                ));
            }
        }
        for import in &self.imports {
            let taken = |alias: &&crate::import::Alias| self.imports.iter().any(|i| i.meta().name == alias.name);
            if let Some(alias) = import.meta().aliases.iter().find(taken) {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("{} has the alias {}, which is the name of another import", import.meta().name, alias.name),
                ));
            }
        }
        for expected in &self.compiled_in {
            if !self.imports.iter().any(|import| import.meta().name == *expected) {
                return Err(Error::internal(format!(
                    "the import {expected} is compiled in but did not register itself"
                ))
                .with_remedy("name its crate in the program: use <crate> as _;"));
            }
        }
        self.wit.extend(self.imports.iter().flat_map(Registration::wit));
        Ok(Registry(Arc::new(Inner { imports: self.imports, features: self.features, wit: self.wit })))
    }
}

impl Registry {
    /// A builder without imports.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    /// The imports, by name.
    pub fn imports(&self) -> &[Registration] {
        &self.0.imports
    }

    /// The WIT packages that entries may use by name, one text each.
    pub fn wit(&self) -> &[&'static str] {
        &self.0.wit
    }

    /// The import of this exact name.
    pub fn get(&self, name: &str) -> Option<&Registration> {
        self.0.imports.iter().find(|import| import.meta().name == name)
    }

    /// Which import provides an interface (name without version) on a track.
    pub(crate) fn provider(&self, interface: &str, track: &str) -> Option<(&Registration, &'static Interface)> {
        self.0.imports.iter().find_map(|import| {
            let found = import.meta().interfaces.iter().find(|i| i.name == interface && i.track() == track)?;
            Some((import, found))
        })
    }

    /// The tracks on which any import provides an interface.
    pub(crate) fn tracks(&self, interface: &str) -> Vec<&'static str> {
        let provided = self.0.imports.iter().flat_map(|import| import.meta().interfaces);
        provided.filter(|i| i.name == interface).map(Interface::track).collect()
    }

    /// The feature that would add an import, if the name is that of one which is off.
    pub(crate) fn feature_of(&self, import: &str) -> Option<&str> {
        if self.get(import).is_some() {
            return None;
        }
        self.0.features.iter().find(|(name, _)| name == import).map(|(_, feature)| feature.as_str())
    }

    /// The configuration of one import: of a shared section, the keys that the import owns.
    pub(crate) fn config_of(&self, import: &Registration, sections: &Map<String, Json>) -> Json {
        let section = match import.meta().section {
            Section::None => None,
            Section::Shared(name) => {
                let keys = import.known_keys();
                sections.get(name).and_then(Json::as_object).map(|section| {
                    section.iter().filter(|(key, _)| keys.contains(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
                })
            }
            Section::Own(name) => {
                sections.get("config").and_then(|config| config.get(name)).and_then(Json::as_object).cloned()
            }
        };
        Json::Object(section.unwrap_or_default())
    }

    /// All that is wrong with the sections of an entry. `core_keys` are keys of shared sections that the host itself
    /// reads. The path of each problem starts with the section's name.
    pub(crate) fn check_sections(
        &self,
        cx: &SetupContext<'_>,
        sections: &Map<String, Json>,
        core_keys: &[(&str, &str)],
    ) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        for (section, value) in sections {
            let Some(object) = value.as_object() else {
                problems.push(ConfigProblem::new([section], format!("{section} must be a mapping")));
                continue;
            };
            let mut known: Vec<String> =
                core_keys.iter().filter(|(s, _)| s == section).map(|(_, k)| (*k).into()).collect();
            for import in self.imports() {
                match import.meta().section {
                    Section::Shared(name) if name == section => known.extend(import.known_keys()),
                    Section::Own(name) if section == "config" => known.push(name.to_owned()),
                    _ => {}
                }
            }
            known.sort();
            known.dedup();
            for key in object.keys().filter(|key| !known.contains(key)) {
                let near = nearest(key, known.iter().map(String::as_str));
                let hint = near.map(|near| format!("did you mean \"{near}\"? ")).unwrap_or_default();
                problems.push(
                    ConfigProblem::new([section, key], format!("unknown key: {section}.{key}"))
                        .with_remedy(format!("{hint}known keys: {}", known.join(", "))),
                );
            }
        }
        for import in self.imports() {
            let prefix: &[&str] = match import.meta().section {
                Section::None => continue,
                Section::Shared(name) => &[name],
                Section::Own(name) => &["config", name],
            };
            let at = match prefix {
                [section] => sections.get(*section),
                [section, own] => sections.get(*section).and_then(|section| section.get(*own)),
                _ => None,
            };
            let Some(at) = at else { continue };
            if let [_, own] = prefix
                && !at.is_object()
            {
                problems.push(ConfigProblem::new(prefix, format!("{own} must be a mapping")));
                continue;
            }
            for mut problem in import.check(cx, &self.config_of(import, sections)) {
                problem.path.splice(0..0, prefix.iter().map(|segment| (*segment).to_owned()));
                problems.push(problem);
            }
        }
        problems
    }
}
