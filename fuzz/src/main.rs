//! Mutates the corpus for some minutes, on any toolchain and without instrumentation.
//!
//! `mutate yaml_loader|value_mapping MINUTES [SEED]`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

/// What takes longer is a hang: no input here has more than 64 KiB.
const SLOW: Duration = Duration::from_secs(5);
const LONGEST: usize = 64 << 10;

/// Pieces that mean something to YAML, to JSON or to the loader.
const PIECES: &[&str] = &[
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    ": ",
    "- ",
    "? ",
    "# ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"",
    "'",
    "|\n",
    ">\n",
    "&a ",
    "*a",
    "!!int ",
    "---\n",
    "...\n",
    "<<: ",
    "~",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551615",
    "\0",
    "\u{feff}",
    "\r",
    "é",
    "${env:AB}",
    "${env:",
    "file://",
    "file://_index.yaml",
    "\\ud83d",
    "\\",
    "namespace: x\n",
    "entries:\n",
    "kind: ",
    "name: ",
    "meta: ",
    "imports: ",
    "storages: [",
    "{id}",
    "{rest...}",
    "demo:",
    "30s",
    "\":8080\"",
    "\"\"",
    "\"base64\":",
    "\"ok\":",
    "\"some\":",
    "\"NaN\"",
];

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = "usage: mutate yaml_loader|value_mapping MINUTES [SEED]";
    let [target, minutes, rest @ ..] = arguments.as_slice() else { panic!("{usage}") };
    let minutes: u64 = minutes.parse().expect(usage);
    let seed = rest.first().map_or(0x9e37_79b9_7f4a_7c15, |seed| seed.parse().expect(usage));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let run: Box<dyn Fn(&[u8])> = match target.as_str() {
        "yaml_loader" => Box::new(|content| wippy_host_fuzz::load(directory.path(), content)),
        "value_mapping" => Box::new(wippy_host_fuzz::mapping::map),
        _ => panic!("{usage}"),
    };
    let seeds = corpus(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target));
    let (mut random, begun) = (Random(seed), Instant::now());
    let (mut rounds, mut slowest) = (0_u64, Duration::ZERO);
    let last = env::temp_dir().join(format!("wippy-host-fuzz-{}", std::process::id()));
    while begun.elapsed() < Duration::from_secs(minutes * 60) {
        let content = mutated(&seeds, &mut random);
        // Whatever it does, the input that did it can be looked at.
        fs::write(&last, &content).expect("a file can be written");
        let started = Instant::now();
        run(&content);
        slowest = slowest.max(started.elapsed());
        assert!(started.elapsed() < SLOW, "{} took {:?}", last.display(), started.elapsed());
        rounds += 1;
    }
    let _ = fs::remove_file(&last);
    println!("{target}: {rounds} inputs in {} s, the slowest {slowest:?}, seed {seed}", begun.elapsed().as_secs());
}

fn corpus(directory: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).expect("the corpus").map(|entry| entry.expect("an entry").path()).collect();
    // The same order everywhere, so that a seed means the same.
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file of the corpus")).collect()
}

fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut content = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(content.len() + 1);
        let end = (at + random.below(40)).min(content.len());
        match random.below(8) {
            0 => content.truncate(at),
            1 => drop(content.drain(at..end)),
            2 => {
                let copy = content[at..end].to_vec();
                let to = random.below(content.len() + 1);
                content.splice(to..to, copy);
            }
            3 if at < content.len() => content[at] = random.below(256) as u8,
            4 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len() + 1);
                let part = other[from..(from + random.below(200)).min(other.len())].to_vec();
                content.splice(at..at, part);
            }
            5 => {
                let piece = PIECES[random.below(PIECES.len())].repeat(1 + random.below(100));
                content.splice(at..at, piece.bytes());
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                content.splice(at..end, piece.bytes());
            }
        }
    }
    content.truncate(LONGEST);
    content
}
