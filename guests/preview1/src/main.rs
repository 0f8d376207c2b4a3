//! A preview 1 program, which does what its arguments say: one verb and what it needs.

use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    if let Err(error) = run(&words) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run(words: &[&str]) -> std::io::Result<()> {
    match *words {
        ["args", ..] => println!("{}", std::env::args().collect::<Vec<_>>().join(" ")),
        ["env"] => {
            let mut all: Vec<_> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
            all.sort();
            println!("{}", all.join(" "));
        }
        ["exit", code] => std::process::exit(code.parse().unwrap_or(99)),
        ["abort"] => std::process::abort(),
        ["echo"] => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            print!("{text}");
        }
        ["warn", text] => eprintln!("{text}"),
        ["now"] => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            println!("{}", since.as_millis());
        }
        ["sleep", ms] => {
            let start = Instant::now();
            std::thread::sleep(Duration::from_millis(ms.parse().unwrap_or(0)));
            println!("{}", start.elapsed().as_millis());
        }
        ["random"] => println!("{}", u64::from_le_bytes(random::<8>())),
        ["random-outside"] => println!("{}", unsafe { random_get(u32::MAX - 3, 8) }),
        ["read", path] => print!("{}", std::fs::read_to_string(path)?),
        ["write", path, text] => std::fs::write(path, text)?,
        ["list", path] => {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(path)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            println!("{}", names.join(" "));
        }
        ["mkdir", path] => std::fs::create_dir(path)?,
        ["remove", path] => std::fs::remove_file(path)?,
        ["rename", from, to] => std::fs::rename(from, to)?,
        ["link", from, to] => std::fs::hard_link(from, to)?,
        ["symlink", target, path] => symlink(target, path)?,
        // Attacks.
        ["spin"] => loop {
            std::hint::spin_loop();
        },
        ["flood"] => loop {
            let _ = std::io::stdout().write_all(&[b'x'; 4096]);
        },
        ["open", path] => {
            let mut files = Vec::new();
            loop {
                match std::fs::File::open(path) {
                    Ok(file) => files.push(file),
                    Err(error) => {
                        println!("{} files, then: {error}", files.len());
                        return Ok(());
                    }
                }
            }
        }
        ["grow"] => {
            let mut all: Vec<Vec<u8>> = Vec::new();
            loop {
                all.push(vec![1; 1 << 20]);
            }
        }
        _ => {
            eprintln!("no such verb: {}", words.join(" "));
            std::process::exit(2);
        }
    }
    Ok(())
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn random_get(at: u32, length: u32) -> u32;
    fn path_symlink(target: *const u8, target_length: usize, fd: u32, path: *const u8, length: usize) -> u32;
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let errno = unsafe { random_get(bytes.as_mut_ptr() as u32, N as u32) };
    assert_eq!(errno, 0);
    bytes
}

/// Relative to the first preopened directory, and with whatever target: the standard library checks both.
fn symlink(target: &str, path: &str) -> std::io::Result<()> {
    match unsafe { path_symlink(target.as_ptr(), target.len(), 3, path.as_ptr(), path.len()) } {
        0 => Ok(()),
        errno => Err(std::io::Error::from_raw_os_error(errno as i32)),
    }
}
