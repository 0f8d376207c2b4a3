//! The Rust standard library, call by call.

wit_bindgen::generate!({ world: "std-calls", path: "wit" });

use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};

struct StdCalls;
export!(StdCalls);

fn text(error: std::io::Error) -> String {
    error.to_string()
}

impl Guest for StdCalls {
    fn read_file(path: String) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(text)
    }

    fn write_file(path: String, content: String) -> Result<(), String> {
        std::fs::write(path, content).map_err(text)
    }

    fn append_file(path: String, content: String) -> Result<(), String> {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).map_err(text)?;
        file.write_all(content.as_bytes()).map_err(text)
    }

    fn remove_file(path: String) -> Result<(), String> {
        std::fs::remove_file(path).map_err(text)
    }

    fn create_dir(path: String) -> Result<(), String> {
        std::fs::create_dir(path).map_err(text)
    }

    fn list_dir(path: String) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(text)? {
            let entry = entry.map_err(text)?;
            let mut name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().map_err(text)?.is_dir() {
                name.push('/');
            }
            names.push(name);
        }
        names.sort();
        Ok(names)
    }

    fn env(name: String) -> Option<String> {
        std::env::var(name).ok()
    }

    fn all_env() -> Vec<(String, String)> {
        let mut all: Vec<_> = std::env::vars().collect();
        all.sort();
        all
    }

    fn args() -> Vec<String> {
        std::env::args().collect()
    }

    fn print(line: String) {
        println!("{line}");
    }

    fn eprint(line: String) {
        eprintln!("{line}");
    }

    fn print_part(part: String) {
        print!("{part}");
        // The host decides what becomes of output; a guest that cannot write has nothing better to do.
        let _ = std::io::stdout().flush();
    }

    fn read_input() -> Result<String, String> {
        let mut all = String::new();
        std::io::stdin().read_to_string(&mut all).map_err(text)?;
        Ok(all)
    }

    fn now_millis() -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    fn sleep_ms(ms: u64) -> u64 {
        let started = Instant::now();
        std::thread::sleep(Duration::from_millis(ms));
        started.elapsed().as_millis() as u64
    }

    fn random_keys() -> (u64, u64) {
        (RandomState::new().hash_one(0u8), RandomState::new().hash_one(1u8))
    }

    fn exit_process(code: i32) -> String {
        std::process::exit(code)
    }
}
