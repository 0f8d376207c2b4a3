//! What the newer track does not have: functions of a descriptor that read without a stream, the code within a stream's error,
//! and times that no clock reaches.

use super::mounted;
use serde_json::json;

#[tokio::test]
async fn an_error_within_a_stream_has_its_code() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    assert_eq!(guest.ok("filesystem-error-code", json!(["/data", "a.txt"])).await, json!("invalid"));
}

#[tokio::test]
async fn a_directory_is_no_file_to_read() {
    let (_folder, guest) = mounted();
    assert_eq!(guest.err("read", json!(["/data", "."])).await, json!("bad-descriptor"));
}

#[tokio::test]
async fn a_time_that_cannot_be_told_overflows() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    assert_eq!(guest.err("set-times", json!(["/data", "a.txt", u64::MAX])).await, json!("overflow"));
    assert_eq!(guest.err("set-times-at", json!(["/data", "a.txt", true, u64::MAX])).await, json!("overflow"));
}

#[tokio::test]
async fn a_file_that_has_lost_its_name_is_written_until_it_is_closed() {
    let (folder, guest) = mounted();
    let steps = ["make a", "hold a", "unlink a", "held 0 1000000", "make a", "held 5 10", "let-go", "append a 3"];
    assert_eq!(guest.call("script", json!(["/data", steps])).await, json!(vec!["ok"; 8]));
    assert_eq!(folder.read("a"), "xxx");
}
