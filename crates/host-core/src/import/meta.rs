//! What an import crate says of itself: names, interfaces, and where its configuration stands.

/// The static description of an import: what reports, listings and the resolution of `imports` read.
///
/// ```
/// use wippy_host_core::{Alias, ImportMeta, Interface, Section};
///
/// const META: ImportMeta = ImportMeta::new("demo:counter", "Counts")
///     .with_aliases(&[Alias::whole("counter")])
///     .with_interfaces(&[Interface::new("demo:counter/count", "1.0.0")])
///     .with_section(Section::Own("demo:counter"));
/// assert_eq!(META.interfaces.len(), 1);
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ImportMeta {
    /// The name that `imports` lists, for example `wasi:clocks`. Lower case.
    pub name: &'static str,
    /// Further names. An alias that several imports share grants all of them.
    pub aliases: &'static [Alias],
    /// One line for listings.
    pub summary: &'static str,
    /// Every interface that the import links, each with the version at which it registers it.
    pub interfaces: &'static [Interface],
    /// The section of an entry that holds this import's configuration.
    pub section: Section,
}

impl ImportMeta {
    /// An import of this name, lower case, with one line for listings: without aliases, interfaces and configuration.
    pub const fn new(name: &'static str, summary: &'static str) -> Self {
        Self { name, aliases: &[], summary, interfaces: &[], section: Section::None }
    }

    /// Every interface that the import links. Default none.
    #[must_use]
    pub const fn with_interfaces(self, interfaces: &'static [Interface]) -> Self {
        Self { interfaces, ..self }
    }

    /// Further names. Default none.
    #[must_use]
    pub const fn with_aliases(self, aliases: &'static [Alias]) -> Self {
        Self { aliases, ..self }
    }

    /// The section of an entry that holds its configuration. Default [`Section::None`].
    #[must_use]
    pub const fn with_section(self, section: Section) -> Self {
        Self { section, ..self }
    }
}

/// Another name for an import, or for a part of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Alias {
    /// The name, lower case.
    pub name: &'static str,
    /// The interfaces that the name grants, without version; empty for all of the import.
    pub interfaces: &'static [&'static str],
}

impl Alias {
    /// An alias for these interfaces, which are named without version.
    pub const fn new(name: &'static str, interfaces: &'static [&'static str]) -> Self {
        Self { name, interfaces }
    }

    /// An alias for the whole import.
    pub const fn whole(name: &'static str) -> Self {
        Self { name, interfaces: &[] }
    }
}

/// One interface at one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Interface {
    /// Package and interface, without version: `wasi:clocks/wall-clock`.
    pub name: &'static str,
    /// The newest version of this track that the crate implements: `0.2.12`.
    pub version: &'static str,
    /// Whether it has asynchronous functions, as interfaces of WASI 0.3 have.
    pub concurrent: bool,
    /// Whether an instance whose component uses it serves one call at a time, also where it could serve several.
    pub one_call: bool,
}

impl Interface {
    /// `name` at `version`.
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self { name, version, concurrent: false, one_call: false }
    }

    /// `name` at `version`, with asynchronous functions: components that import it run on an engine that has them.
    pub const fn concurrent(name: &'static str, version: &'static str) -> Self {
        Self { name, version, concurrent: true, one_call: false }
    }

    /// The same interface, of which a call leaves something in its instance that another call beside it must not meet: on whose
    /// behalf it calls others, or that it ends the instance. Calls of components that use it share no instance while they run.
    #[must_use]
    pub const fn for_one_call(self) -> Self {
        Self { one_call: true, ..self }
    }

    /// The name under which a linker holds the interface: `wasi:clocks/wall-clock@0.2.12`.
    pub fn full_name(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// The compatibility track: see [`track`].
    pub fn track(&self) -> &'static str {
        track(self.version)
    }
}

/// Functions that core modules import, outside any component: those of preview 1 of WASI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleFunctions {
    /// The module that they are imported from: `wasi_snapshot_preview1`.
    pub module: &'static str,
    /// Their names.
    pub functions: &'static [&'static str],
}

impl ModuleFunctions {
    /// Functions of a module.
    pub const fn new(module: &'static str, functions: &'static [&'static str]) -> Self {
        Self { module, functions }
    }

    /// Whether this function is one of them.
    pub fn contains(&self, module: &str, function: &str) -> bool {
        self.module == module && self.functions.contains(&function)
    }
}

/// Where in an entry the configuration of an import stands: nowhere, in a section with others, or in one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The import takes no configuration.
    None,
    /// Keys of a section of the entry that several imports share, such as `wasi`. Each import owns the keys that its
    /// schema names; a key that no import owns is an error.
    Shared(&'static str),
    /// A section of its own under the entry's `config`, for example `config: {"acme:kv": …}`.
    Own(&'static str),
}

/// The part of a version that decides compatibility: `0.2` of `0.2.12`, `1` of `1.4.0`, the whole of a pre-release and of
/// `0.0.x`, in which every release may break. The same as Wasmtime's linker has it.
pub fn track(version: &str) -> &str {
    if version.contains('-') || version.starts_with("0.0.") {
        return version;
    }
    let mut dots = version.match_indices('.').map(|(at, _)| at);
    match (version.starts_with("0."), dots.next(), dots.next()) {
        (true, Some(_), Some(second)) => version.get(..second).unwrap_or(version),
        (false, Some(first), _) => version.get(..first).unwrap_or(version),
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use super::track;

    #[test]
    fn a_track_is_the_part_of_a_version_that_decides_compatibility() {
        for (version, expected) in [
            ("0.2.12", "0.2"),
            ("0.2", "0.2"),
            ("1.4.0", "1"),
            ("1", "1"),
            ("0.3.0-rc-1", "0.3.0-rc-1"),
            ("0.0.4", "0.0.4"),
            ("", ""),
        ] {
            assert_eq!(track(version), expected, "{version}");
        }
    }
}
