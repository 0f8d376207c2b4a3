//! The WIT names of values, which the bindings do not keep.

use crate::wasi::filesystem::types::{Advice, DescriptorFlags, DescriptorType, ErrorCode};

/// As `no-entry`.
pub fn name(code: ErrorCode) -> String {
    kebab(&format!("{code:?}"))
}

/// `ErrorCode::NoEntry` as `no-entry`.
fn kebab(shown: &str) -> String {
    let mut name = String::new();
    for letter in shown.trim_start_matches("ErrorCode::").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

pub fn kind(kind: DescriptorType) -> String {
    match kind {
        DescriptorType::BlockDevice => "block-device",
        DescriptorType::CharacterDevice => "character-device",
        DescriptorType::Directory => "directory",
        DescriptorType::Fifo => "fifo",
        DescriptorType::SymbolicLink => "symbolic-link",
        DescriptorType::RegularFile => "regular-file",
        DescriptorType::Socket => "socket",
        DescriptorType::Other(name) => return name.unwrap_or_else(|| "other".to_owned()),
    }
    .to_owned()
}

pub fn flags(flags: DescriptorFlags) -> Vec<String> {
    [
        (DescriptorFlags::READ, "read"),
        (DescriptorFlags::WRITE, "write"),
        (DescriptorFlags::FILE_INTEGRITY_SYNC, "file-integrity-sync"),
        (DescriptorFlags::DATA_INTEGRITY_SYNC, "data-integrity-sync"),
        (DescriptorFlags::REQUESTED_WRITE_SYNC, "requested-write-sync"),
        (DescriptorFlags::MUTATE_DIRECTORY, "mutate-directory"),
    ]
    .into_iter()
    .filter(|(flag, _)| flags.contains(*flag))
    .map(|(_, name)| name.to_owned())
    .collect()
}

pub fn advice(name: &str) -> Option<Advice> {
    Some(match name {
        "normal" => Advice::Normal,
        "sequential" => Advice::Sequential,
        "random" => Advice::Random,
        "will-need" => Advice::WillNeed,
        "dont-need" => Advice::DontNeed,
        "no-reuse" => Advice::NoReuse,
        _ => return None,
    })
}
