//! Every function of wasi:filesystem 0.3.

wit_bindgen::generate!({
    world: "demo:probe-p3-filesystem/probe-p3-filesystem",
    path: ["../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/filesystem.wit", "wit"],
    generate_all,
});

mod names;

use names::name;
use wasi::clocks::system_clock::Instant;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};
use wit_bindgen::rt::async_support::{FutureReader, StreamReader};

struct Probe;
export!(Probe);

type Answer<T> = Result<T, String>;

fn mount(folder: &str) -> Answer<Descriptor> {
    let found = get_directories().into_iter().find(|(_, path)| path == folder);
    found.map(|(descriptor, _)| descriptor).ok_or(format!("no mount at {folder}"))
}

async fn open(folder: String, path: String, how: How) -> Answer<Descriptor> {
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
    mount(&folder)?.open_at(following(how.contains(How::FOLLOW)), path, open, access).await.map_err(name)
}

/// For reading, through symbolic links, as a program opens a file.
async fn existing(folder: String, path: String) -> Answer<Descriptor> {
    open(folder, path, How::READ | How::FOLLOW).await
}

async fn writable(folder: String, path: String) -> Answer<Descriptor> {
    open(folder, path, How::WRITE | How::FOLLOW).await
}

fn following(follow: bool) -> PathFlags {
    if follow {
        PathFlags::SYMLINK_FOLLOW
    } else {
        PathFlags::empty()
    }
}

fn timestamp(seconds: Option<u64>) -> NewTimestamp {
    let at = |seconds| NewTimestamp::Timestamp(Instant { seconds: seconds as i64, nanoseconds: 0 });
    seconds.map_or(NewTimestamp::Now, at)
}

fn stat(of: DescriptorStat) -> Stat {
    let seconds = |time: Option<Instant>| time.map(|time| time.seconds as u64);
    Stat {
        kind: names::kind(of.type_),
        size: of.size,
        links: of.link_count,
        accessed: seconds(of.data_access_timestamp),
        modified: seconds(of.data_modification_timestamp),
        changed: seconds(of.status_change_timestamp),
    }
}

async fn read_all(
    (stream, result): (StreamReader<u8>, FutureReader<Result<(), ErrorCode>>),
) -> Answer<String> {
    let bytes = stream.collect().await;
    result.await.map_err(name)?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// The text, by a function that takes a stream of bytes.
async fn write_all(
    text: String,
    write: impl FnOnce(StreamReader<u8>) -> FutureReader<Result<(), ErrorCode>>,
) -> Answer<()> {
    let (mut sender, stream) = wit_stream::new();
    let written = write(stream);
    sender.write_all(text.into_bytes()).await;
    drop(sender);
    written.await.map_err(name)
}

impl Guest for Probe {
    fn preopens() -> Vec<String> {
        get_directories().into_iter().map(|(_, path)| path).collect()
    }

    async fn open(folder: String, path: String, how: How) -> Answer<()> {
        open(folder, path, how).await.map(drop)
    }

    async fn read(folder: String, path: String) -> Answer<String> {
        read_all(existing(folder, path).await?.read_via_stream(0)).await
    }

    async fn write(folder: String, path: String, text: String) -> Answer<u64> {
        let file = open(folder, path, How::CREATE | How::TRUNCATE | How::WRITE | How::FOLLOW).await?;
        let length = text.len() as u64;
        write_all(text, |stream| file.write_via_stream(stream, 0)).await?;
        Ok(length)
    }

    async fn read_via_stream(folder: String, path: String, offset: u64) -> Answer<String> {
        read_all(existing(folder, path).await?.read_via_stream(offset)).await
    }

    async fn write_via_stream(folder: String, path: String, offset: u64, text: String) -> Answer<()> {
        let file = writable(folder, path).await?;
        write_all(text, |stream| file.write_via_stream(stream, offset)).await
    }

    async fn append_via_stream(folder: String, path: String, text: String) -> Answer<()> {
        let file = writable(folder, path).await?;
        write_all(text, |stream| file.append_via_stream(stream)).await
    }

    async fn advise(folder: String, path: String, advice: String) -> Answer<()> {
        let advice = names::advice(&advice).ok_or(format!("no such advice: {advice}"))?;
        existing(folder, path).await?.advise(0, 0, advice).await.map_err(name)
    }

    async fn sync_data(folder: String, path: String) -> Answer<()> {
        writable(folder, path).await?.sync_data().await.map_err(name)
    }

    async fn sync(folder: String, path: String) -> Answer<()> {
        writable(folder, path).await?.sync().await.map_err(name)
    }

    async fn get_flags(folder: String, path: String, how: How) -> Answer<Vec<String>> {
        Ok(names::flags(open(folder, path, how).await?.get_flags().await.map_err(name)?))
    }

    async fn get_type(folder: String, path: String) -> Answer<String> {
        existing(folder, path).await?.get_type().await.map(names::kind).map_err(name)
    }

    async fn set_size(folder: String, path: String, size: u64) -> Answer<()> {
        writable(folder, path).await?.set_size(size).await.map_err(name)
    }

    async fn set_times(folder: String, path: String, modified: Option<u64>) -> Answer<()> {
        let file = writable(folder, path).await?;
        file.set_times(NewTimestamp::NoChange, timestamp(modified)).await.map_err(name)
    }

    async fn read_directory(folder: String, path: String) -> Answer<Vec<String>> {
        let (entries, result) = open(folder, path, How::READ | How::DIRECTORY).await?.read_directory();
        let entries = entries.collect().await;
        result.await.map_err(name)?;
        let mut found: Vec<_> =
            entries.into_iter().map(|entry| format!("{} {}", entry.name, names::kind(entry.type_))).collect();
        found.sort();
        Ok(found)
    }

    async fn create_directory_at(folder: String, path: String) -> Answer<()> {
        mount(&folder)?.create_directory_at(path).await.map_err(name)
    }

    async fn stat(folder: String, path: String) -> Answer<Stat> {
        existing(folder, path).await?.stat().await.map(stat).map_err(name)
    }

    async fn stat_at(folder: String, path: String, follow: bool) -> Answer<Stat> {
        mount(&folder)?.stat_at(following(follow), path).await.map(stat).map_err(name)
    }

    async fn set_times_at(folder: String, path: String, follow: bool, modified: Option<u64>) -> Answer<()> {
        let (flags, modified) = (following(follow), timestamp(modified));
        mount(&folder)?.set_times_at(flags, path, NewTimestamp::NoChange, modified).await.map_err(name)
    }

    async fn link_at(folder: String, old: String, new: String) -> Answer<()> {
        let mount = mount(&folder)?;
        mount.link_at(PathFlags::empty(), old, &mount, new).await.map_err(name)
    }

    async fn readlink_at(folder: String, path: String) -> Answer<String> {
        mount(&folder)?.readlink_at(path).await.map_err(name)
    }

    async fn remove_directory_at(folder: String, path: String) -> Answer<()> {
        mount(&folder)?.remove_directory_at(path).await.map_err(name)
    }

    async fn rename_at(folder: String, old: String, new: String) -> Answer<()> {
        let mount = mount(&folder)?;
        mount.rename_at(old, &mount, new).await.map_err(name)
    }

    async fn rename_across(old_folder: String, old: String, new_folder: String, new: String) -> Answer<()> {
        mount(&old_folder)?.rename_at(old, &mount(&new_folder)?, new).await.map_err(name)
    }

    async fn link_across(old_folder: String, old: String, new_folder: String, new: String) -> Answer<()> {
        mount(&old_folder)?.link_at(PathFlags::empty(), old, &mount(&new_folder)?, new).await.map_err(name)
    }

    async fn symlink_at(folder: String, target: String, path: String) -> Answer<()> {
        mount(&folder)?.symlink_at(target, path).await.map_err(name)
    }

    async fn unlink_file_at(folder: String, path: String) -> Answer<()> {
        mount(&folder)?.unlink_file_at(path).await.map_err(name)
    }

    async fn is_same_object(folder: String, left: String, right: String) -> Answer<bool> {
        let (left, right) = (existing(folder.clone(), left).await?, existing(folder, right).await?);
        Ok(left.is_same_object(&right).await)
    }

    async fn metadata_hash(folder: String, path: String) -> Answer<(u64, u64)> {
        let hash = existing(folder, path).await?.metadata_hash().await.map_err(name)?;
        Ok((hash.lower, hash.upper))
    }

    async fn metadata_hash_at(folder: String, path: String) -> Answer<(u64, u64)> {
        let hash = mount(&folder)?.metadata_hash_at(following(true), path).await.map_err(name)?;
        Ok((hash.lower, hash.upper))
    }

    async fn write_via_folder(folder: String, sub: String, how: How, file: String, text: String) -> Answer<()> {
        let through = open(folder, sub, how).await?;
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let created = through.open_at(PathFlags::empty(), file, flags, DescriptorFlags::WRITE).await.map_err(name)?;
        write_all(text, |stream| created.write_via_stream(stream, 0)).await
    }
}
