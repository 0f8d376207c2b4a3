//! Large files, read and written in pieces of 64 KiB, and a large directory, on each track: against Wasmtime's own with the
//! same directory. Files come from the cache of the operating system, and are written to it.

mod few;
mod ours;

pub(crate) use few::Few;

use crate::bench::Bench;
use crate::plain::{Command, Loops, LoopsP3};
use crate::row::Target::AtLeast;
use ours::Ours;
use std::path::Path;
use std::time::Instant;

const PIECE: u64 = 64 << 10;

/// What is read, what is written, and the directory that is listed.
const LARGE: &str = "large";
const WRITTEN: &str = "written";
const NAMES: &str = "names";

pub(super) fn run(bench: &Bench) {
    let pieces: u32 = bench.length.pick(4, 1024, 16_384);
    let names: u64 = bench.length.pick(20, 5_000, 100_000);
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), pieces, names);
    let size = u64::from(pieces) * PIECE;
    let commands = commands(pieces);
    let ours = bench.runtime.block_on(Ours::new(folder.path(), [&commands[0], &commands[1]]));
    let files = Files { bench, folder: folder.path(), size };

    let plain = Loops::new(folder.path(), |_| ());
    files.read("0.2: read", || ours.read("loops"), async || plain.count("read-file", (LARGE.to_owned(),)).await);
    files.write(
        "0.2: write",
        || ours.write("loops", pieces),
        async || plain.count("write-file", (WRITTEN.to_owned(), pieces)).await,
    );
    files.list(
        "0.2: list",
        names,
        || ours.list("loops"),
        async || plain.count("count-names", (NAMES.to_owned(),)).await,
    );

    let plain = LoopsP3::new(folder.path());
    files.read("0.3: read", || ours.read("loops-p3"), async || plain.count("read-file", (LARGE.to_owned(),)).await);
    files.write(
        "0.3: write",
        || ours.write("loops-p3", pieces),
        async || plain.count("write-file", (WRITTEN.to_owned(), pieces)).await,
    );
    files.list(
        "0.3: list",
        names,
        || ours.list("loops-p3"),
        async || plain.count("count-names", (NAMES.to_owned(),)).await,
    );

    let plain = commands.map(|text| Command::new(&text, folder.path()));
    files.read(
        "preview 1: read",
        || ours.command(0, size),
        async || {
            plain[0].call().await;
            size
        },
    );
    files.write(
        "preview 1: write",
        || ours.command(1, size),
        async || {
            plain[1].call().await;
            size
        },
    );
}

/// Of preview 1: what reads, and what writes so many pieces.
fn commands(pieces: u32) -> [String; 2] {
    [include_str!("read.wat").to_owned(), include_str!("write.wat").replace("PIECES", &pieces.to_string())]
}

/// Where a file is that is read, and the directory.
fn fill(folder: &Path, pieces: u32, names: u64) {
    let piece = vec![b'x'; PIECE as usize];
    let mut large = std::fs::File::create(folder.join(LARGE)).unwrap();
    for _ in 0..pieces {
        std::io::Write::write_all(&mut large, &piece).unwrap();
    }
    std::fs::create_dir(folder.join(NAMES)).unwrap();
    for number in 0..names {
        std::fs::File::create(folder.join(NAMES).join(format!("name-{number}"))).unwrap();
    }
}

struct Files<'a> {
    bench: &'a Bench,
    folder: &'a Path,
    size: u64,
}

impl Files<'_> {
    fn read(&self, name: &str, ours: impl AsyncFn() -> u64, plain: impl AsyncFn() -> u64) {
        let megabytes = |call: &dyn Fn() -> u64| self.a_second(self.size, call) / 1e6;
        self.row(name, "MB/s", &ours, &plain, megabytes);
    }

    fn write(&self, name: &str, ours: impl AsyncFn() -> u64, plain: impl AsyncFn() -> u64) {
        let megabytes = |call: &dyn Fn() -> u64| {
            // A file that is there already would be truncated first, which takes longer than a new one.
            let written = self.folder.join(WRITTEN);
            let _ = std::fs::remove_file(&written);
            let speed = self.a_second(self.size, call) / 1e6;
            assert_eq!(std::fs::metadata(&written).unwrap().len(), self.size);
            speed
        };
        self.row(name, "MB/s", &ours, &plain, megabytes);
        let _ = std::fs::remove_file(self.folder.join(WRITTEN));
    }

    fn list(&self, name: &str, names: u64, ours: impl AsyncFn() -> u64, plain: impl AsyncFn() -> u64) {
        self.row(name, "names/s", &ours, &plain, |call| self.a_second(names, call));
    }

    fn row(
        &self,
        name: &str,
        unit: &str,
        ours: impl AsyncFn() -> u64,
        plain: impl AsyncFn() -> u64,
        speed: impl Fn(&dyn Fn() -> u64) -> f64,
    ) {
        let runtime = &self.bench.runtime;
        // Those of 0.3 take seven times as long, and differ less.
        let rounds = self.bench.length.pick(1, 3, if name.starts_with("0.3") { 5 } else { 15 });
        let ours = || speed(&|| runtime.block_on(ours()));
        let plain = || speed(&|| runtime.block_on(plain()));
        self.bench.ratio_in(rounds, name, unit, AtLeast(0.95), ours, plain);
    }

    /// So many a second; what is counted says that all were there.
    fn a_second(&self, all: u64, call: &dyn Fn() -> u64) -> f64 {
        let start = Instant::now();
        assert_eq!(call(), all);
        all as f64 / start.elapsed().as_secs_f64()
    }
}
