//! What an import's name makes of the other names.

use super::{LIBRARY, MANIFEST};

/// What the templates call the import.
pub(super) struct Names {
    /// `acme:key-value`
    import: String,
    /// `acme-key-value`
    package: String,
    /// `acme_key_value`
    module: String,
    /// `KeyValue`
    ty: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    #[error(
        "{0:?} is no name of an import; write a namespace and a name of lower-case letters, digits and single dashes, for \
         example acme:counter"
    )]
    Form(String),
    #[error("{0} is a namespace of the host's own imports; choose another")]
    Namespace(String),
    #[error("{0} is a word of WIT's own; choose another")]
    Word(String),
    #[error("a crate {0} is among those that the new one needs; choose another name")]
    Crate(String),
}

impl Names {
    pub(super) fn of(import: &str) -> Result<Self, NameError> {
        let form = || NameError::Form(import.to_owned());
        let (namespace, name) = import.split_once(':').ok_or_else(form)?;
        if ![namespace, name].iter().all(|part| part.split('-').all(is_word)) {
            return Err(form());
        }
        if ["wasi", "wippy"].contains(&namespace) {
            return Err(NameError::Namespace(namespace.to_owned()));
        }
        if let Some(word) = [namespace, name].into_iter().find(|part| !is_wit(part)) {
            return Err(NameError::Word(word.to_owned()));
        }
        let package = format!("{namespace}-{name}");
        let tables =
            MANIFEST.split("\n[").filter(|table| table.starts_with("dependencies]") || table.starts_with("dev-"));
        let mut needed = tables.flat_map(str::lines).filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
        if needed.any(|key| key.replace('_', "-") == package) {
            return Err(NameError::Crate(package));
        }
        let module = package.replace('-', "_");
        Ok(Self { import: import.to_owned(), package, module, ty: ty(name) })
    }

    pub(super) fn package(&self) -> &str {
        &self.package
    }

    pub(super) fn fill(&self, template: &str) -> String {
        [
            ("{{import}}", &self.import),
            ("{{crate}}", &self.package),
            ("{{module}}", &self.module),
            ("{{type}}", &self.ty),
        ]
        .iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Lower-case letters and digits, the first a letter.
fn is_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Whether WIT takes it for a name of the author's.
fn is_wit(word: &str) -> bool {
    wit_parser::Resolve::default().push_source("name.wit", &format!("package {word}:{word};")).is_ok()
}

/// The type of an import, with another name where the library has one of that name already: `Config`, `State`, `Result`.
fn ty(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    let ty: String = words.collect();
    let mut used = LIBRARY.split(|c: char| !c.is_alphanumeric() && c != '_');
    if used.any(|word| word == ty) { ty + "Group" } else { ty }
}
