use crate::policy::network::{NetworkRules, NetworkSection};

fn read(json: &str) -> Result<NetworkSection, String> {
    serde_json::from_str(json).map_err(|error| error.to_string())
}

#[test]
fn the_section_tells_no_list_from_an_empty_one() {
    assert_eq!(read("{}").unwrap().rules().unwrap(), NetworkRules::public());
    assert_eq!(read(r#"{"allow": []}"#).unwrap().rules().unwrap(), NetworkRules::nothing());
    assert_eq!(read(r#"{"allow": ["a:1"]}"#).unwrap().rules().unwrap().items().unwrap(), ["a:1"]);
    assert_eq!(read(r#"{"allow": ["*"]}"#).unwrap().rules().unwrap_err()[0].index, 0);
}

#[test]
fn an_allow_without_a_list_is_an_error() {
    assert_eq!(read(r#"{"allow": null}"#).unwrap_err(), "invalid type: null, expected a sequence at line 1 column 14");
}

#[test]
fn an_unknown_key_is_an_error() {
    assert_eq!(read(r#"{"alow": []}"#).unwrap_err(), "unknown field `alow`, expected `allow` at line 1 column 7");
}
