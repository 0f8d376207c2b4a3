//! Which file an entry has, and who else has it.

use crate::support::{data, err, kv, ok};
use serde_json::{Value as Json, json};

#[tokio::test]
async fn an_entry_without_a_file_has_a_database_of_its_own() {
    let one = kv(json!({}));
    let directory = data(&one);
    let other = kv(json!({})).directory_at("app:data", &directory).entry(|mut spec| {
        spec.id = "app:other".into();
        spec
    });
    ok(&one, "set", json!(["a", "key", "mine"])).await;
    assert_eq!(ok(&other, "get", json!(["a", "key"])).await, Json::Null);
    let mut files: Vec<_> =
        std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["app.other.redb", "app.test.redb"]);
}

#[tokio::test]
async fn entries_that_name_one_file_share_it_and_one_may_only_read() {
    let writer = kv(json!({"file": "shared.redb"}));
    let directory = data(&writer);
    let reader =
        kv(json!({"file": "shared.redb", "read_only": true})).directory_at("app:data", &directory).entry(|mut spec| {
            spec.id = "app:reader".into();
            spec
        });
    let missing = err(&reader, "get", json!(["a", "key"])).await;
    assert_eq!(
        missing,
        ("unavailable".into(), "the database shared.redb cannot be opened: it does not exist".into()),
        "who may change nothing makes no file"
    );
    ok(&writer, "set", json!(["a", "key", "value"])).await;
    assert_eq!(ok(&reader, "get", json!(["a", "key"])).await, "value");
    for (method, arguments) in
        [("set", json!(["a", "key", "x"])), ("delete", json!(["a", "key"])), ("increment", json!(["a", "n", 1]))]
    {
        assert_eq!(
            err(&reader, method, arguments).await,
            (
                "denied".into(),
                "entry app:reader may not change shared.redb; remove read_only from its config.acme:kv".into()
            )
        );
    }
    assert_eq!(ok(&writer, "get", json!(["a", "key"])).await, "value");
}

#[tokio::test]
async fn no_configuration_leads_out_of_the_directory() {
    for file in ["../out.redb", "/tmp/out.redb", "a/b.redb", "..", ".hidden", "", "a\\b", "a\0b", &"x".repeat(129)] {
        let problems = kv(json!({"file": file})).problems("get").await.unwrap();
        assert_eq!(problems.len(), 1, "{file}: {problems:?}");
        assert!(problems[0].message.ends_with("is no plain name of a file"), "{file}: {problems:?}");
    }
    let problems = kv(json!({"fs": "app:none"})).problems("get").await.unwrap();
    assert_eq!(problems[0].message, "no fs.directory app:none");
    let problems = kv(json!({"max_keys": 0, "max_byte": 1})).problems("get").await.unwrap();
    let said: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(said, ["unknown key: max_byte", "max_keys must be at least 1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_directory_leads_nowhere_outside_of_it() {
    let kv = kv(json!({"file": "link.redb"}));
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("outside.redb");
    std::os::unix::fs::symlink(&target, data(&kv).join("link.redb")).unwrap();
    let (case, text) = err(&kv, "set", json!(["a", "key", "value"])).await;
    assert_eq!(case, "unavailable", "{text}");
    assert!(!target.exists());
}

/// Two programs on one directory: the other one is this test program, which opens the database and waits.
#[tokio::test]
async fn a_database_that_another_process_has_open_is_said_to_be() {
    let kv = kv(json!({}));
    let file = data(&kv).join("app.test.redb");
    let mut other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "files::holds_a_database_for_another_test", "--ignored", "--nocapture"])
        .env("ACME_KV_HOLD", &file)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(other.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("held")));
    let locked = err(&kv, "get", json!(["a", "key"])).await;
    assert_eq!(
        locked,
        (
            "unavailable".into(),
            "the database app.test.redb is locked by another process; stop that one, or name another file in \
             config.acme:kv.file"
                .into()
        )
    );
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
    assert_eq!(ok(&kv, "get", json!(["a", "key"])).await, Json::Null, "it is tried again");
}

#[test]
#[ignore = "the other process of a test"]
fn holds_a_database_for_another_test() {
    let database = redb::Database::create(std::env::var_os("ACME_KV_HOLD").unwrap()).unwrap();
    println!("held");
    let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0]);
    drop(database);
}
