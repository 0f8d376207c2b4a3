//! What is fuzzed: functions of bytes that panic where a promise is broken.

pub mod mapping;

use std::fs;
use std::path::Path;
use wippy_host_app::manifest::{self, LoadOptions};

/// Loads an application whose one file has this content, in a directory that exists and is written to.
///
/// # Panics
/// Where the loader does, and where a problem is not what a terminal can show in two lines.
pub fn load(directory: &Path, content: &[u8]) {
    let names = ["_index.yaml", "_index.json"];
    let [name, other] = if content.first() == Some(&b'{') { [names[1], names[0]] } else { names };
    fs::write(directory.join(name), content).expect("a file can be written");
    let _ = fs::remove_file(directory.join(other));
    let options = LoadOptions::new(|name| name.len().is_multiple_of(2).then(|| "value".to_owned()));
    let loaded = manifest::load(directory, &options);
    for problem in &loaded.problems {
        let text = problem.to_string();
        assert!(text.lines().count() <= 2 && text.len() < 8_000, "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
    for entry in loaded.declarations.iter() {
        let _ = (entry.meta.to_json(), entry.command(), format!("{:?}", entry.declaration));
    }
}
