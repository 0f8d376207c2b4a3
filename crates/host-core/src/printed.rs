//! What `Debug` prints of types that hold secrets: never those.

use crate::*;
use serde_json::json;

const SECRET: &str = "hunter2";

fn assert_secret(printed: String, name: &str) {
    assert!(printed.contains(name), "the name is there: {printed}");
    assert!(!printed.contains(SECRET), "{printed}");
}

#[test]
fn values_of_a_context_are_not_printed() {
    let builder = || CallContext::builder().actor("ann").value("token", json!(SECRET));
    assert_secret(format!("{:?}", builder()), "token");
    assert_secret(format!("{:#?}", builder().build()), "token");
}

#[test]
fn the_configuration_of_an_entry_is_not_printed() {
    let config = json!({"wasi:http": {"identity": {"key": SECRET}}});
    assert_secret(format!("{:#?}", EntrySpec::new("app:it", "run").with_section("config", config)), "config");
}

#[test]
fn what_was_written_to_memory_is_not_printed() {
    let (streams, stdout, _) = StandardStreams::captured(SECRET);
    drop(stdout.write(SECRET.into()));
    let output = CapturedOutput::default();
    output.line("app:it", OutputStream::Stdout, SECRET);
    assert_secret(format!("{streams:?} {stdout:?} {output:?}"), "Captured");
}
