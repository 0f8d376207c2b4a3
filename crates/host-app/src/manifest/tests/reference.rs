//! The page of entries in the book knows every kind with its keys.

use crate::manifest::entry::Kind;

const PAGE: &str = include_str!("../../../../../docs/book/src/reference/entries.md");

#[test]
fn the_page_of_entries_has_every_kind_with_its_keys() {
    let mut missing = Vec::new();
    for kind in Kind::ALL {
        let Some((_, section)) = PAGE.split_once(&format!("\n## `{kind}`\n")) else {
            missing.push(kind.to_string());
            continue;
        };
        let section = section.split("\n## ").next().unwrap();
        // Said once for all kinds.
        let own = kind.keys().iter().filter(|key| !["kind", "meta", "name"].contains(key));
        missing.extend(own.filter(|key| !section.contains(&format!("`{key}`"))).map(|key| format!("{kind}: {key}")));
    }
    assert!(missing.is_empty(), "docs/book/src/reference/entries.md lacks {}", missing.join(", "));
}
