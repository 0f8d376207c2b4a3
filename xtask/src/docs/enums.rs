//! The variants of an enum with what their documentation says.

/// Name and documentation of each variant of `name`, in the order of the source.
pub(super) fn variants(source: &str, name: &str) -> Vec<(String, String)> {
    let head = format!("pub enum {name} {{");
    let body = source.split_once(&head).and_then(|(_, rest)| rest.split_once("\n}")).map_or("", |(body, _)| body);
    let mut found = Vec::new();
    let mut documentation = String::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            if !documentation.is_empty() {
                documentation.push(' ');
            }
            documentation.push_str(text.trim());
        } else {
            let end = line.find(|c: char| !c.is_alphanumeric()).unwrap_or(line.len());
            let variant = line.get(..end).unwrap_or_default();
            if variant.starts_with(char::is_uppercase) {
                found.push((variant.to_owned(), std::mem::take(&mut documentation)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::variants;

    #[test]
    fn variants_come_with_their_documentation_and_without_their_fields() {
        let source =
            "pub enum Reason {\n    /// Nothing\n    /// more.\n    Other,\n    /// It left.\n    Exited(i32),\n}\n";
        let text = |text: &str| text.to_owned();
        assert_eq!(
            variants(source, "Reason"),
            [(text("Other"), text("Nothing more.")), (text("Exited"), text("It left."))]
        );
    }
}
