//! Nothing is granted that is not named, and a denial says which option to add.

use super::{STANDARD, arguments, exec, guest};
use crate::support::run;

#[test]
fn a_denied_import_names_the_option_to_add() {
    let file = guest("command");
    let ran = run(&arguments(&[], &file, &["print", "hello"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains(", but it is not granted; add --import wasi:"), "{ran:?}");
    run(&arguments(&["--import", "all"], &file, &["print", "hello"])).gives("hello");
}

#[test]
fn files_are_those_that_are_mounted() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.txt"), "content").unwrap();
    let host = directory.path().to_str().unwrap();
    let read_write = format!("{host}::/data");
    let read_only = format!("{host}::/data:ro");
    exec(&["--mount", &read_only], &["read", "/data/a.txt"]).gives("content");
    assert_eq!(exec(&["--mount", &read_only], &["write", "/data/a.txt", "x"]).code, 1);
    assert_eq!(exec(&[], &["read", "/data/a.txt"]).code, 1);
    assert_eq!(std::fs::read_to_string(directory.path().join("a.txt")).unwrap(), "content");
    exec(&["--mount", &read_write], &["write", "/data/a.txt", "new"]).gives("");
    assert_eq!(std::fs::read_to_string(directory.path().join("a.txt")).unwrap(), "new");
}

#[test]
fn connections_go_where_allow_says_and_nowhere_else() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connect = |options: &[&str]| {
        let options: Vec<&str> = ["--import", "wasi:sockets"].iter().chain(options).copied().collect();
        exec(&options, &["connect", &address.to_string()])
    };
    connect(&["--allow", &address.to_string()]).gives("");
    listener.accept().unwrap();
    // Loopback is not public, and another port is another destination.
    let other = format!("127.0.0.1:{}", if address.port() == 1 { 2 } else { address.port() - 1 });
    for options in [&[][..], &["--allow", "example.com:443"], &["--allow", &other]] {
        let ran = connect(options);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{options:?}: {ran:?}");
        assert!(ran.stderr.contains("access-denied"), "{options:?}: {ran:?}");
        assert!(ran.stderr.contains(&format!("add --allow \"{address}\"")), "{options:?}: {ran:?}");
    }
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn one_interface_grants_no_other_of_its_group() {
    assert!(STANDARD.contains(&"--import=wasi:cli"));
    let file = guest("command");
    let ran = run(&arguments(&["--import", "wasi:cli/stdout"], &file, &["print", "hello"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("add --import wasi:"), "{ran:?}");
}
