//! Every function of wasi:filesystem.

wit_bindgen::generate!({
    world: "demo:probe-filesystem/probe-filesystem",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "wit",
    ],
    generate_all,
});

mod names;
mod script;

use wasi::clocks::wall_clock::Datetime;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{
    filesystem_error_code, Descriptor, DescriptorFlags, DescriptorStat, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

struct Probe;
export!(Probe);

type Answer<T> = Result<T, String>;

/// No file reaches so far, so that every read at it fails.
const NOWHERE: u64 = u64::MAX - 4096;
/// The most that one blocking write takes.
const CHUNK: usize = 4096;

fn name(code: ErrorCode) -> String {
    code.name().into()
}

fn stream(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(error) => match filesystem_error_code(&error) {
            Some(code) => name(code),
            None => error.to_debug_string(),
        },
    }
}

fn mount(folder: &str) -> Answer<Descriptor> {
    let found = get_directories().into_iter().find(|(_, path)| path == folder);
    found.map(|(descriptor, _)| descriptor).ok_or(format!("no mount at {folder}"))
}

fn open(folder: &str, path: &str, how: How) -> Answer<Descriptor> {
    let mut open = OpenFlags::empty();
    let mut access = DescriptorFlags::empty();
    for (wanted, flag) in [
        (How::CREATE, OpenFlags::CREATE),
        (How::EXCLUSIVE, OpenFlags::EXCLUSIVE),
        (How::TRUNCATE, OpenFlags::TRUNCATE),
        (How::DIRECTORY, OpenFlags::DIRECTORY),
    ] {
        open.set(flag, how.contains(wanted));
    }
    for (wanted, flag) in [
        (How::READ, DescriptorFlags::READ),
        (How::WRITE, DescriptorFlags::WRITE),
        (How::MUTATE_DIRECTORY, DescriptorFlags::MUTATE_DIRECTORY),
        (How::REQUESTED_WRITE_SYNC, DescriptorFlags::REQUESTED_WRITE_SYNC),
    ] {
        access.set(flag, how.contains(wanted));
    }
    mount(folder)?.open_at(following(how.contains(How::FOLLOW)), path, open, access).map_err(name)
}

/// For reading, through symbolic links, as a program opens a file.
fn existing(folder: &str, path: &str) -> Answer<Descriptor> {
    open(folder, path, How::READ | How::FOLLOW)
}

fn writable(folder: &str, path: &str) -> Answer<Descriptor> {
    open(folder, path, How::WRITE | How::FOLLOW)
}

fn following(follow: bool) -> PathFlags {
    if follow {
        PathFlags::SYMLINK_FOLLOW
    } else {
        PathFlags::empty()
    }
}

fn timestamp(seconds: Option<u64>) -> NewTimestamp {
    seconds.map_or(NewTimestamp::Now, |seconds| NewTimestamp::Timestamp(Datetime { seconds, nanoseconds: 0 }))
}

fn stat(of: DescriptorStat) -> Stat {
    let seconds = |time: Option<Datetime>| time.map(|time| time.seconds);
    Stat {
        kind: names::kind(of.type_).into(),
        size: of.size,
        links: of.link_count,
        accessed: seconds(of.data_access_timestamp),
        modified: seconds(of.data_modification_timestamp),
        changed: seconds(of.status_change_timestamp),
    }
}

fn read_all(input: &InputStream) -> Answer<String> {
    let mut all = Vec::new();
    loop {
        match input.blocking_read(64 * 1024) {
            Ok(bytes) => all.extend(bytes),
            Err(StreamError::Closed) => return text(all),
            Err(error) => return Err(stream(error)),
        }
    }
}

fn write_all(output: &OutputStream, text: &str) -> Answer<()> {
    text.as_bytes().chunks(CHUNK).try_for_each(|part| output.blocking_write_and_flush(part)).map_err(stream)
}

fn text(bytes: Vec<u8>) -> Answer<String> {
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

impl Guest for Probe {
    fn preopens() -> Vec<String> {
        get_directories().into_iter().map(|(_, path)| path).collect()
    }

    fn open(folder: String, path: String, how: How) -> Answer<()> {
        open(&folder, &path, how).map(drop)
    }

    fn read(folder: String, path: String) -> Answer<String> {
        let file = existing(&folder, &path)?;
        let mut all = Vec::new();
        loop {
            let (bytes, end) = file.read(64 * 1024, all.len() as u64).map_err(name)?;
            let nothing = bytes.is_empty();
            all.extend(bytes);
            if end || nothing {
                return text(all);
            }
        }
    }

    fn write(folder: String, path: String, text: String) -> Answer<u64> {
        let file = open(&folder, &path, How::CREATE | How::TRUNCATE | How::WRITE | How::FOLLOW)?;
        let mut done = 0;
        while done < text.len() {
            done += file.write(&text.as_bytes()[done..], done as u64).map_err(name)? as usize;
        }
        Ok(done as u64)
    }

    fn read_via_stream(folder: String, path: String, offset: u64) -> Answer<String> {
        read_all(&existing(&folder, &path)?.read_via_stream(offset).map_err(name)?)
    }

    fn write_via_stream(folder: String, path: String, offset: u64, text: String) -> Answer<()> {
        write_all(&writable(&folder, &path)?.write_via_stream(offset).map_err(name)?, &text)
    }

    fn append_via_stream(folder: String, path: String, text: String) -> Answer<()> {
        write_all(&writable(&folder, &path)?.append_via_stream().map_err(name)?, &text)
    }

    fn advise(folder: String, path: String, advice: String) -> Answer<()> {
        let advice = names::advice(&advice).ok_or(format!("no such advice: {advice}"))?;
        existing(&folder, &path)?.advise(0, 0, advice).map_err(name)
    }

    fn sync_data(folder: String, path: String) -> Answer<()> {
        writable(&folder, &path)?.sync_data().map_err(name)
    }

    fn sync(folder: String, path: String) -> Answer<()> {
        writable(&folder, &path)?.sync().map_err(name)
    }

    fn get_flags(folder: String, path: String, how: How) -> Answer<Vec<String>> {
        Ok(names::flags(open(&folder, &path, how)?.get_flags().map_err(name)?))
    }

    fn get_type(folder: String, path: String) -> Answer<String> {
        existing(&folder, &path)?.get_type().map(|kind| names::kind(kind).into()).map_err(name)
    }

    fn set_size(folder: String, path: String, size: u64) -> Answer<()> {
        writable(&folder, &path)?.set_size(size).map_err(name)
    }

    fn set_times(folder: String, path: String, modified: Option<u64>) -> Answer<()> {
        writable(&folder, &path)?.set_times(NewTimestamp::NoChange, timestamp(modified)).map_err(name)
    }

    fn read_directory(folder: String, path: String) -> Answer<Vec<String>> {
        let entries = open(&folder, &path, How::READ | How::DIRECTORY)?.read_directory().map_err(name)?;
        let mut found = Vec::new();
        while let Some(entry) = entries.read_directory_entry().map_err(name)? {
            found.push(format!("{} {}", entry.name, names::kind(entry.type_)));
        }
        found.sort();
        Ok(found)
    }

    fn create_directory_at(folder: String, path: String) -> Answer<()> {
        mount(&folder)?.create_directory_at(&path).map_err(name)
    }

    fn stat(folder: String, path: String) -> Answer<Stat> {
        existing(&folder, &path)?.stat().map(stat).map_err(name)
    }

    fn stat_at(folder: String, path: String, follow: bool) -> Answer<Stat> {
        mount(&folder)?.stat_at(following(follow), &path).map(stat).map_err(name)
    }

    fn set_times_at(folder: String, path: String, follow: bool, modified: Option<u64>) -> Answer<()> {
        let (flags, modified) = (following(follow), timestamp(modified));
        mount(&folder)?.set_times_at(flags, &path, NewTimestamp::NoChange, modified).map_err(name)
    }

    fn link_at(folder: String, old: String, new: String) -> Answer<()> {
        let mount = mount(&folder)?;
        mount.link_at(PathFlags::empty(), &old, &mount, &new).map_err(name)
    }

    fn readlink_at(folder: String, path: String) -> Answer<String> {
        mount(&folder)?.readlink_at(&path).map_err(name)
    }

    fn remove_directory_at(folder: String, path: String) -> Answer<()> {
        mount(&folder)?.remove_directory_at(&path).map_err(name)
    }

    fn rename_at(folder: String, old: String, new: String) -> Answer<()> {
        let mount = mount(&folder)?;
        mount.rename_at(&old, &mount, &new).map_err(name)
    }

    fn rename_across(old_folder: String, old: String, new_folder: String, new: String) -> Answer<()> {
        mount(&old_folder)?.rename_at(&old, &mount(&new_folder)?, &new).map_err(name)
    }

    fn link_across(old_folder: String, old: String, new_folder: String, new: String) -> Answer<()> {
        mount(&old_folder)?.link_at(PathFlags::empty(), &old, &mount(&new_folder)?, &new).map_err(name)
    }

    fn symlink_at(folder: String, target: String, path: String) -> Answer<()> {
        mount(&folder)?.symlink_at(&target, &path).map_err(name)
    }

    fn unlink_file_at(folder: String, path: String) -> Answer<()> {
        mount(&folder)?.unlink_file_at(&path).map_err(name)
    }

    fn is_same_object(folder: String, left: String, right: String) -> Answer<bool> {
        Ok(existing(&folder, &left)?.is_same_object(&existing(&folder, &right)?))
    }

    fn metadata_hash(folder: String, path: String) -> Answer<(u64, u64)> {
        existing(&folder, &path)?.metadata_hash().map(|hash| (hash.lower, hash.upper)).map_err(name)
    }

    fn metadata_hash_at(folder: String, path: String) -> Answer<(u64, u64)> {
        let hash = mount(&folder)?.metadata_hash_at(following(true), &path).map_err(name)?;
        Ok((hash.lower, hash.upper))
    }

    fn filesystem_error_code(folder: String, path: String) -> Answer<String> {
        let input = existing(&folder, &path)?.read_via_stream(NOWHERE).map_err(name)?;
        match input.blocking_read(16) {
            Ok(bytes) => Err(format!("read {} bytes", bytes.len())),
            Err(StreamError::Closed) => Err("closed".into()),
            Err(StreamError::LastOperationFailed(error)) => {
                filesystem_error_code(&error).map(name).ok_or("no filesystem error".into())
            }
        }
    }

    fn write_via_folder(folder: String, sub: String, how: How, file: String, text: String) -> Answer<()> {
        let through = open(&folder, &sub, how)?;
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let created = through.open_at(PathFlags::empty(), &file, flags, DescriptorFlags::WRITE).map_err(name)?;
        created.write(text.as_bytes(), 0).map(drop).map_err(name)
    }

    fn script(folder: String, steps: Vec<String>) -> Vec<String> {
        script::run(&folder, &steps)
    }
}
