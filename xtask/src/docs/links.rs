//! Whether what the book links and includes is there.

use super::{DocsError, files, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The book, under the root of the repository.
const BOOK: &str = "docs/book/src";

/// Links and includes that lead nowhere, pages that the summary does not list, and links to a heading that is not there.
pub(super) fn problems(root: &Path) -> Result<Vec<String>, DocsError> {
    let book = root.join(BOOK);
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    let pages = files(&book, "md")?;
    for page in &pages {
        let text = read(page)?;
        let folder = page.parent().unwrap_or(&book);
        let shown = page.strip_prefix(root).unwrap_or(page).display();
        for target in targets(&text) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { page.clone() } else { folder.join(path) };
            if !file.exists() {
                problems.push(format!("{shown}: {target} leads nowhere"));
            } else if !anchor.is_empty() && !headings(&file)?.contains(anchor) {
                problems.push(format!("{shown}: {target} is no heading"));
            }
            if page.file_name().is_some_and(|name| name == "SUMMARY.md") {
                listed.insert(file);
            }
        }
    }
    let unlisted = pages.iter().filter(|page| !listed.contains(*page) && !page.ends_with("SUMMARY.md"));
    problems.extend(unlisted.map(|page| format!("{} is not in the summary", page.display())));
    Ok(problems)
}

/// What links and includes name, but for addresses of the web.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    let links = prose.flat_map(|text| text.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
    let includes = text.split("{{#include ").skip(1).filter_map(|rest| rest.split([':', '}']).next());
    links.filter(|target| !target.contains("://")).chain(includes)
}

/// The anchors of a page's headings, those of what it includes among them.
fn headings(page: &Path) -> Result<BTreeSet<String>, DocsError> {
    let text = read(page)?;
    let mut found: BTreeSet<String> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>())
        .map(|heading| heading.replace(' ', "-"))
        .collect();
    let folder: PathBuf = page.parent().unwrap_or(Path::new(".")).to_owned();
    for included in text.split("{{#include ").skip(1).filter_map(|rest| rest.split([':', '}']).next()) {
        found.extend(headings(&folder.join(included))?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::targets;

    #[test]
    fn links_and_includes_are_found_outside_of_code() {
        let text = "[a](a.md#one) and [web](https://example.com)\n```\n[no](no.md)\n```\n{{#include ../b.md:3:5}}";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["a.md#one", "../b.md"]);
    }
}
