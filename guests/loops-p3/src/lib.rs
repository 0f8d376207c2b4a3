//! Reads and writes large files and lists large directories.

wit_bindgen::generate!({
    world: "demo:loops-p3/loops-p3",
    path: ["../../wit/wasi-0.3/clocks.wit", "../../wit/wasi-0.3/filesystem.wit", "wit"],
    generate_all,
});

use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wit_bindgen::rt::async_support::{StreamReader, StreamResult};

struct Loops;
export!(Loops);

/// What is read and written at a time.
const PIECE: usize = 64 * 1024;
/// Names that are asked for at a time.
const NAMES: usize = 64;

impl Guest for Loops {
    async fn read_file(path: String) -> u64 {
        let file = open(path, OpenFlags::empty(), DescriptorFlags::READ).await;
        let (stream, result) = file.read_via_stream(0);
        let read = drain(stream, PIECE).await;
        result.await.unwrap();
        read
    }

    async fn write_file(path: String, pieces: u32) -> u64 {
        let file = open(path, OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE).await;
        let (mut sender, stream) = wit_stream::new();
        let written = file.write_via_stream(stream, 0);
        let mut piece = vec![b'x'; PIECE];
        for _ in 0..pieces {
            let mut left;
            (_, left) = sender.write(piece).await;
            while left.remaining() > 0 {
                (_, left) = sender.write_buf(left).await;
            }
            piece = left.into_vec();
            // What was written has left it.
            piece.resize(PIECE, b'x');
        }
        drop(sender);
        written.await.unwrap();
        file.stat().await.unwrap().size
    }

    async fn count_names(path: String) -> u64 {
        let folder = open(path, OpenFlags::DIRECTORY, DescriptorFlags::READ).await;
        let (names, result) = folder.read_directory();
        let count = drain(names, NAMES).await;
        result.await.unwrap();
        count
    }
}

/// How many items a stream gives until it ends.
async fn drain<T>(mut stream: StreamReader<T>, piece: usize) -> u64 {
    let (mut buffer, mut count) = (Vec::with_capacity(piece), 0);
    loop {
        buffer.clear();
        let (result, filled) = stream.read(buffer).await;
        count += filled.len() as u64;
        buffer = filled;
        if matches!(result, StreamResult::Dropped) {
            return count;
        }
    }
}

async fn open(path: String, how: OpenFlags, access: DescriptorFlags) -> Descriptor {
    let (root, _) = get_directories().into_iter().next().unwrap();
    root.open_at(PathFlags::empty(), path, how, access).await.unwrap()
}
