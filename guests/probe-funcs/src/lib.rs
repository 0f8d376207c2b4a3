//! Both functions of wippy:runtime/funcs.

wit_bindgen::generate!({
    world: "demo:probe-funcs/probe-funcs",
    path: ["../../wit/wippy-runtime-0.1/funcs.wit", "wit"],
    generate_all,
});

use wippy::runtime::funcs;

struct Probe;
export!(Probe);

impl Guest for Probe {
    fn call_string(target: String, input: String) -> Result<String, String> {
        funcs::call_string(&target, &input)
    }

    fn call_bytes(target: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        funcs::call_bytes(&target, &input)
    }

    fn call_many(target: String, inputs: Vec<String>) -> Vec<Result<String, String>> {
        inputs.iter().map(|input| funcs::call_string(&target, input)).collect()
    }

    fn relay(target: String) -> Result<String, String> {
        funcs::call_string(&target, &target)
    }
}
