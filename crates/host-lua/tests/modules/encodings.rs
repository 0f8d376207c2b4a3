//! `base64`, `hash` and `uuid`.

use crate::support::{Setting, run, run_in};
use serde_json::json;
use std::time::Duration;
use wippy_host_core::{Entropy, ManualClock, Services};

#[tokio::test]
async fn base64_goes_both_ways_for_any_bytes_and_says_where_text_is_none() {
    let result = run(r#"
        local all = {}
        for i = 0, 255 do all[#all + 1] = string.char(i) end
        local bytes = table.concat(all)
        assert(base64.decode(base64.encode(bytes)) == bytes)
        assert(base64.encode("any carnal pleas") == "YW55IGNhcm5hbCBwbGVhcw==")
        assert(base64.decode("YW55IGNhcm5hbCBwbGVhcw") == "any carnal pleas")
        local value, err = base64.decode("a*b=")
        return { value == nil, err:kind(), err:message() }
    "#)
    .await;
    let message = "base64.decode: the text is not Base64: Invalid symbol 42, offset 1.";
    assert_eq!(result, json!([true, "Invalid", message]));
}

#[tokio::test]
async fn digests_are_hex_or_raw_and_match_published_vectors() {
    let result = run(r#"
        assert(hash.md5("abc") == "900150983cd24fb0d6963f7d28e17f72")
        assert(hash.sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        assert(hash.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        assert(hash.sha384("abc"):sub(1, 16) == "cb00753f45a35e8b" and #hash.sha384("") == 96)
        assert(hash.sha512("abc"):sub(1, 16) == "ddaf35a193617aba" and #hash.sha512("") == 128)
        assert(#hash.sha256("abc", true) == 32 and hash.sha256("abc", true):byte(1) == 0xba)
        local data, key = "what do ya want for nothing?", "Jefe"
        assert(hash.hmac_md5(data, key) == "750c783e6ab0b503eaa86e310a5db738")
        assert(hash.hmac_sha1(data, key) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        assert(hash.hmac_sha256(data, key) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        assert(hash.hmac_sha384(data, key):sub(1, 16) == "af45d2e376484031")
        assert(hash.hmac_sha512(data, key):sub(1, 16) == "164b7a7bfcf819e2")
        return #hash.hmac_sha256(data, ("k"):rep(1000), true)
    "#)
    .await;
    assert_eq!(result, json!(32));
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, buffer: &mut [u8]) -> wippy_host_core::Result<()> {
        buffer.fill(7);
        Ok(())
    }
}

#[tokio::test]
async fn uuids_come_from_the_hosts_entropy_and_the_calls_clock() {
    let clock = ManualClock::new(Duration::from_millis(0x0123_4567_89ab));
    let services = Services::default().with_entropy(Sevens).with_clock(clock);
    let setting = Setting { services, ..Setting::default() };
    let result = run_in(setting, "local four, seven = uuid.v4(), uuid.v7() return { four, seven }").await.unwrap();
    assert_eq!(result, json!(["07070707-0707-4707-8707-070707070707", "01234567-89ab-7707-8707-070707070707"]));
    let distinct = run("return uuid.v4() ~= uuid.v4() and uuid.v7() ~= uuid.v7()").await;
    assert_eq!(distinct, json!(true));
}
