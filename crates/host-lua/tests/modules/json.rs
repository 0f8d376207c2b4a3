//! `json`.

use crate::support::{Setting, run, run_in, within};
use serde_json::json;
use std::time::Duration;
use wippy_host_core::Limits;

#[tokio::test]
async fn values_go_to_text_and_back() {
    let result = run(r##"
        local cases = {
          { nil, "null" }, { true, "true" }, { 3, "3" }, { 3.0, "3.0" }, { -0.5, "-0.5" }, { math.maxinteger, "9223372036854775807" },
          { "a\"\\\n\u{1F600}\0", '"a\\"\\\\\\n\u{1F600}\\u0000"' }, { {}, "{}" }, { { 1, 2, { 3 } }, "[1,2,[3]]" },
          { { b = 1, a = { c = false } }, '{"a":{"c":false},"b":1}' }, { { [1] = "x", [3] = "y" }, '{"1":"x","3":"y"}' },
          { { 1, json.null, 3 }, "[1,null,3]" }, { { a = json.null }, '{"a":null}' }, { "\xff", '{"base64":"/w=="}' },
        }
        for index = 1, 14 do
          local text, err = json.encode(cases[index][1])
          assert(err == nil and text == cases[index][2], text)
        end
        local value = json.decode(' { "a" : [ 1 , 2.5 , -3e2 , null , "\\u00e9\\ud83d\\ude00" ] , "n" : null , "o" : { } , "e" : [] } \n')
        assert(math.type(value.a[1]) == "integer" and math.type(value.a[2]) == "float" and value.a[3] == -300.0)
        assert(value.a[4] == json.null and value.a[5] == "\u{e9}\u{1F600}" and #value.a == 5)
        assert(value.n == nil and next(value.o) == nil and next(value.e) == nil)
        assert(json.decode("18446744073709551615") == "18446744073709551615" and json.decode("-9223372036854775808") == math.mininteger)
        assert(json.decode("1e2") == 100.0 and json.decode("123456789012345678901234567890") == 123456789012345678901234567890.0)
        assert(select("#", json.decode("null")) == 2 and json.decode("null") == nil)
        assert(json.decode('{"a":1,"a":2}').a == 2)
        return json.decode(json.encode({ 1, "two", { three = 3 } }))
    "##)
    .await;
    assert_eq!(result, json!([1, "two", { "three": 3 }]));
}

#[tokio::test]
async fn what_json_cannot_say_is_refused_with_its_place() {
    let result = run(r##"
        local circle = { list = { 1 } }
        circle.list[2] = circle
        local deep = {}
        for _ = 1, 200 do deep = { deep } end
        local messages = {}
        for _, value in ipairs { 0/0, { a = { 1, { b = math.huge } } }, circle, deep, { print }, { [true] = 1 }, { ["\xff"] = 1 } } do
          local text, err = json.encode(value)
          assert(text == nil and err:kind() == errors.INVALID)
          messages[#messages + 1] = #err:message() < 90 and err:message() or err:message():sub(-35)
        end
        return messages
    "##)
    .await;
    let nan = result[0].as_str().unwrap().to_owned();
    assert!(nan.ends_with("NaN has no form in JSON"), "{nan}");
    assert_eq!(
        result.as_array().unwrap()[1..],
        [
            json!("json.encode: a[2].b: inf has no form in JSON"),
            json!("json.encode: list[2]: the table contains itself"),
            json!("]: nested deeper than 128 levels").as_str().map(|_| result[3].clone()).unwrap(),
            json!("json.encode: [1]: a function has no form in JSON"),
            json!("json.encode: a key is a boolean, and must be text"),
            json!("json.encode: a key is not valid UTF-8"),
        ]
    );
    assert!(result[3].as_str().unwrap().ends_with("nested deeper than 128 levels"));
}

#[tokio::test]
async fn text_that_is_no_json_is_refused_with_line_and_column() {
    let result = run(r##"
        local messages = {}
        for _, text in ipairs {
          "", "[1,\n 2,,3]", "{a:1}", '{"a" 1}', "[1}", "nul", "01", "1.", '"\\x"', '"a', "1 2", "[1,]", '{"a":1,}', "'a'", '"\n"', "-", '"\xff"',
          ("["):rep(200),
        } do
          local value, err = json.decode(text)
          assert(value == nil and err:kind() == errors.INVALID, text)
          messages[#messages + 1] = err:message()
        end
        return { messages[1], messages[2], messages[11], messages[18], #messages }
    "##)
    .await;
    assert_eq!(
        result,
        json!([
            "json.decode: the text ends too early at line 1 column 1",
            "json.decode: a value is expected at line 2 column 4",
            "json.decode: something follows the value at line 1 column 3",
            "json.decode: nested deeper than 128 levels at line 1 column 129",
            18,
        ])
    );
}

#[tokio::test]
async fn what_serde_writes_is_read_the_same() {
    let text =
        r##"{"a":[1,-2.5e-3,true,false,"\t\"é",{"b":{"c":[[],[{}]]}}],"":0,"long":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"##;
    let result = run(&format!("return json.encode(json.decode([==[{text}]==]))")).await;
    let read: serde_json::Value = serde_json::from_str(result.as_str().unwrap()).unwrap();
    let expected: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn an_array_that_came_empty_stays_one_until_something_is_put_into_it() {
    let result = run("local list = json.decode('[]')
         local told = { json.encode(list), json.encode({}), json.encode({ items = list }) }
         list[1] = 7
         told[4] = json.encode(list)
         local named = json.decode('[]')
         named.a = 1
         told[5] = json.encode(named)
         return told")
    .await;
    assert_eq!(result, json!(["[]", "{}", "{\"items\":[]}", "[7]", "{\"a\":1}"]));
}

#[tokio::test]
async fn what_is_no_text_or_has_no_form_is_an_error_in_second_place() {
    let result = run("local value, err = json.decode(nil)
         local text, refused = json.encode({ error = err })
         return { value == nil, err:kind(), err:message(), text == nil, refused:message() }")
    .await;
    let refused = "json.encode: error: an error object has no form in JSON: encode tostring(err)";
    assert_eq!(result, json!([true, "Invalid", "json.decode takes a text, got nil", true, refused]));
}

#[tokio::test]
async fn large_texts_are_read_and_written_in_pieces_that_let_others_run() {
    let body = r##"
        local list = {}
        for i = 1, 300000 do list[i] = { id = i, name = "n" .. i } end
        local text = json.encode(list)
        local back = json.decode(text)
        assert(#back == 300000 and back[300000].name == "n300000")
        return #text
    "##;
    let (result, turns) =
        tokio::join!(run_in(Setting { limits: within(Duration::from_secs(60)), ..Setting::default() }, body), async {
            let mut turns = 0;
            while turns < 50 {
                tokio::task::yield_now().await;
                turns += 1;
            }
            turns
        });
    assert_eq!((result.unwrap(), turns), (json!(9_077_791), 50));
}

#[tokio::test]
async fn memory_limits_hold_in_both_directions() {
    let mut limits = Limits::default();
    limits.max_memory_bytes = 16 << 20;
    for body in [
        "local s = ('x'):rep(4e6) return #json.encode({ s, s, s, s, s, s, s, s })",
        "return #json.decode('[' .. ('[],'):rep(1e6) .. '1]')",
    ] {
        let error = run_in(Setting { limits: limits.clone(), ..Setting::default() }, body).await.unwrap_err();
        assert_eq!(error.reason(), wippy_host_core::Reason::Memory, "{error}");
    }
}
