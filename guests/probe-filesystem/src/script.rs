//! Several operations in one instance.

use crate::wasi::filesystem::types::DirectoryEntryStream;
use crate::{mount, name, open, writable, write_all, Answer, Descriptor, How, PathFlags};

pub fn run(folder: &str, steps: &[String]) -> Vec<String> {
    let (mut held, mut listings) = (Vec::new(), Vec::new());
    let mut answers = Vec::new();
    for step in steps {
        answers.push(match step.split_once(' ') {
            Some(("list", path)) => list(folder, path).unwrap_or_else(|code| code),
            Some(("keep", path)) => begin(folder, path, &mut listings).err().unwrap_or("ok".into()),
            _ => step_of(folder, step, &mut held).err().unwrap_or("ok".into()),
        });
    }
    answers
}

/// The names of a directory, and in their place the code of each that cannot be told.
fn list(folder: &str, path: &str) -> Answer<String> {
    let entries = open(folder, path, How::READ | How::DIRECTORY)?.read_directory().map_err(name)?;
    let mut found = Vec::new();
    loop {
        match entries.read_directory_entry() {
            Ok(Some(entry)) => found.push(entry.name),
            Ok(None) => break,
            Err(code) => found.push(format!("!{}", name(code))),
        }
    }
    found.sort();
    Ok(found.join(" "))
}

/// Reads one name of a directory, and keeps the rest.
fn begin(folder: &str, path: &str, listings: &mut Vec<DirectoryEntryStream>) -> Answer<()> {
    let entries = open(folder, path, How::READ | How::DIRECTORY)?.read_directory().map_err(name)?;
    entries.read_directory_entry().map_err(name)?;
    listings.push(entries);
    Ok(())
}

fn step_of(folder: &str, step: &str, held: &mut Vec<Descriptor>) -> Answer<()> {
    let words: Vec<&str> = step.split(' ').collect();
    match *words {
        ["write", path, offset, bytes] => write(&open(folder, path, How::CREATE | How::WRITE)?, offset, bytes),
        ["append", path, bytes] => {
            let stream = writable(folder, path)?.append_via_stream().map_err(name)?;
            write_all(&stream, &text(bytes)?)
        }
        ["stream", path, offset, bytes] => {
            let stream = writable(folder, path)?.write_via_stream(number(offset)?).map_err(name)?;
            write_all(&stream, &text(bytes)?)
        }
        ["size", path, bytes] => writable(folder, path)?.set_size(number(bytes)?).map_err(name),
        ["cut", path] => open(folder, path, How::TRUNCATE | How::WRITE).map(drop),
        ["make", path] => open(folder, path, How::CREATE | How::EXCLUSIVE | How::WRITE).map(drop),
        ["mkdir", path] => mount(folder)?.create_directory_at(path).map_err(name),
        ["rmdir", path] => mount(folder)?.remove_directory_at(path).map_err(name),
        ["unlink", path] => mount(folder)?.unlink_file_at(path).map_err(name),
        ["link", old, new] => {
            let mount = mount(folder)?;
            mount.link_at(PathFlags::empty(), old, &mount, new).map_err(name)
        }
        ["symlink", target, path] => mount(folder)?.symlink_at(target, path).map_err(name),
        ["rename", old, new] => {
            let mount = mount(folder)?;
            mount.rename_at(old, &mount, new).map_err(name)
        }
        ["hold", path] => {
            held.push(open(folder, path, How::READ | How::WRITE)?);
            Ok(())
        }
        ["held", offset, bytes] => write(held.last().ok_or("nothing is held")?, offset, bytes),
        ["let-go"] => held.pop().map(drop).ok_or("nothing is held".into()),
        _ => Err(format!("no such step: {step}")),
    }
}

fn write(file: &Descriptor, offset: &str, bytes: &str) -> Answer<()> {
    file.write(text(bytes)?.as_bytes(), number(offset)?).map(drop).map_err(name)
}

fn number(word: &str) -> Answer<u64> {
    word.parse().map_err(|_| format!("no number: {word}"))
}

fn text(bytes: &str) -> Answer<String> {
    Ok("x".repeat(number(bytes)? as usize))
}
