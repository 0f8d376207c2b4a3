//! Errors by their codes, beyond those beside the functions.

use super::mounted;
use serde_json::json;

#[tokio::test]
async fn an_error_within_a_stream_has_its_code() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    assert_eq!(guest.ok("filesystem-error-code", json!(["/data", "a.txt"])).await, json!("invalid"));
}
