//! `function.wasm` and `function.wat`.

use super::*;
use crate::manifest::Transport;
use wippy_host_core::pool::{PoolKind, WarmStart};

const WAT_KEYS: &str = "bindings, config, imports, kind, limits, meta, method, name, pool, source, strict_imports, transport, wasi, \
                        wit";

#[test]
fn the_required_values_have_their_errors() {
    let hash = "add `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file";
    let expected = [
        "4:5: demo:it: fs is required\n  help: add `fs: <id of an fs.directory entry>`".to_owned(),
        "4:5: demo:it: path is required\n  help: add `path: /module.wasm`, a path inside the directory that `fs` names"
            .to_owned(),
        format!("4:5: demo:it: hash is required\n  help: {hash}"),
        "4:5: demo:it: method is required\n  help: add `method: run`, or another function that the module exports"
            .to_owned(),
    ];
    assert_eq!(problems_of("kind: function.wasm"), expected);
    let empty = problems_of("kind: function.wasm\nfs: \"\"\npath:\nhash: ~\nmethod: ''");
    assert_eq!(
        empty.iter().map(|problem| problem.lines().next().unwrap()).collect::<Vec<_>>(),
        [
            "6:5: demo:it: fs is required",
            "7:5: demo:it: path is required",
            "8:5: demo:it: hash is required",
            "9:5: demo:it: method is required",
        ]
    );
    assert_eq!(
        problems_of("kind: function.wat"),
        [
            "4:5: demo:it: source is required\n  help: add `source: file://module.wat`, or the text itself",
            "4:5: demo:it: method is required\n  help: add `method: run`, or another function that the module exports",
        ]
    );
}

#[test]
fn a_hash_is_sha256_in_hexadecimal() {
    let remedy = "help: write `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file";
    let digits = HASH.strip_prefix("sha256:").unwrap();
    let cases = [
        (digits.to_owned(), format!("invalid hash format: {digits}")),
        ("sha256:abc".to_owned(), "invalid hash format: sha256:abc".to_owned()),
        (format!("sha256:{}", "g".repeat(64)), format!("invalid hash format: sha256:{}", "g".repeat(64))),
        ("md5:abc".to_owned(), "unsupported hash algorithm: md5".to_owned()),
        (format!("SHA256:{digits}"), "unsupported hash algorithm: SHA256".to_owned()),
    ];
    for (hash, expected) in cases {
        let app = App::new(&[(
            "_index.yaml",
            &format!(
                "namespace: demo\nentries:\n  - {{ name: a, kind: fs.directory, directory: a }}\n  - name: it\n    kind: function.wasm\n    fs: a\n    path: x\n    method: run\n    hash: \"{hash}\"\n"
            ),
        )]);
        assert_eq!(app.problems(), [format!("_index.yaml:9:11: demo:it: {expected}\n  {remedy}")]);
    }
    match declared(&format!(
        "kind: function.wasm\nfs: assets\npath: /x\nmethod: run\nhash: {}",
        HASH.replace("e3b0", "E3B0")
    )) {
        Declaration::Function(function) => match function.code {
            crate::manifest::FunctionCode::Wasm { hash, fs, .. } => {
                assert_eq!(hash.to_string(), HASH);
                assert_eq!(fs.value, id("demo:assets"));
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unknown_key_names_the_nearest_at_every_level() {
    assert_eq!(
        function_problems("hsah: x\npool: { typ: lazy, reuse: { calls: 1 } }\nlimits: { max_execution: 1 }\ntransport: { type: payload, mode: x }"),
        [
            format!("8:5: demo:it: unknown key `hsah`\n  help: known keys: {WAT_KEYS}"),
            "9:13: demo:it: unknown key `pool.typ`\n  help: did you mean `type`? known keys: buffer, max_size, reuse, size, \
             type, warm_start, workers"
                .to_owned(),
            "9:31: demo:it: pool.reuse.max_calls is required\n  help: write `reuse: { max_calls: 1000 }`".to_owned(),
            "9:33: demo:it: unknown key `pool.reuse.calls`\n  help: known keys: max_calls".to_owned(),
            "10:15: demo:it: unknown key `limits.max_execution`\n  help: did you mean `max_execution_ms`? known keys: \
             max_call_depth, max_execution_ms, max_host_bytes, max_instances, max_log_bytes, max_memory_bytes, \
             max_resources, max_table_elements"
                .to_owned(),
            "11:33: demo:it: unknown key `transport.mode`\n  help: known keys: type".to_owned(),
        ]
    );
    assert_eq!(
        function_problems("Method: x\nstrict-imports: true"),
        [
            format!("8:5: demo:it: unknown key `Method`\n  help: did you mean `method`? known keys: {WAT_KEYS}"),
            format!(
                "9:5: demo:it: unknown key `strict-imports`\n  help: did you mean `strict_imports`? known keys: {WAT_KEYS}"
            ),
        ]
    );
}

#[test]
fn keys_that_only_wippy_acts_on_are_remarks() {
    let effect =
        "has no effect: Wippy knows it, and this host does not act on it\n  help: leave it for Wippy, or remove it";
    assert_eq!(
        function_problems(
            "middleware: []\nworker_class: x\nhost: { worker_count: 4 }\ndepends_on: [a]\nlifecycle: { auto_start: true }\nsecurity: {}\npool: { worker_class: y }"
        ),
        [
            format!("8:5: remark: demo:it: `middleware` {effect}"),
            format!("9:5: remark: demo:it: `worker_class` {effect}"),
            format!("10:5: remark: demo:it: `host.worker_count` {effect}"),
            format!("11:5: remark: demo:it: `depends_on` {effect}"),
            format!("12:5: remark: demo:it: `lifecycle` {effect}"),
            format!("13:5: remark: demo:it: `security` {effect}"),
            format!("14:13: remark: demo:it: `pool.worker_class` {effect}"),
        ]
    );
}

#[test]
fn sections_have_types() {
    assert_eq!(
        function_problems(
            "imports: wasi:cli\nwasi: []\nconfig: x\npool: lazy\nlimits: 5\ntransport: []\nwit: {}\nstrict_imports: \"true\""
        ),
        [
            "8:14: demo:it: `imports` must be a list, found the text `wasi:cli`\n  help: write `imports: [\"wasi:cli\"]`",
            "9:11: demo:it: `wasi` must be a mapping, found a list\n  help: write `wasi: { args: [\"--verbose\"] }`",
            "10:13: demo:it: `config` must be a mapping, found the text `x`\n  help: write `config: { name: { … } }`",
            "11:11: demo:it: `pool` must be a mapping, found the text `lazy`\n  help: write `pool: { type: inline }`",
            "12:13: demo:it: `limits` must be a mapping, found the number `5`\n  help: write \
             `limits: { max_execution_ms: 30000 }`",
            "13:16: demo:it: `transport` must be text, found a list\n  help: write `transport: payload` or \
             `transport: wasi-http`",
            "14:10: demo:it: `wit` must be text, found a mapping\n  help: write `wit: file://module.wit`",
            "15:21: demo:it: `strict_imports` must be true or false, found the text `true`\n  help: write \
             `strict_imports: true`",
        ]
    );
    assert_eq!(
        function_problems("imports: [wasi:cli, 5, [x], null]"),
        [
            "8:25: demo:it: `imports[1]` must be text, found the number `5`\n  help: write `\"5\"`",
            "8:28: demo:it: `imports[2]` must be text, found a list",
            "8:33: demo:it: `imports[3]` must be text, found nothing\n  help: write `\"null\"`",
        ]
    );
}

#[test]
fn sections_that_are_left_empty_count_as_not_given() {
    let it = function("imports:\nwasi:\nconfig: ~\npool:\nlimits: null\ntransport:\nwit:\nstrict_imports:");
    assert!(it.imports.is_empty() && it.wasi.is_none() && it.config.is_none() && it.pool.span.is_none());
    assert!(it.limits.span.is_none() && it.transport.is_none() && it.wit.is_none() && it.strict_imports.is_none());
}

#[test]
fn limits_are_whole_numbers() {
    let it =
        function("limits: { max_execution_ms: 0, max_memory_bytes: 67108864, max_log_bytes: 18446744073709551615 }");
    assert_eq!(it.limits.max_execution_ms.unwrap().value, 0);
    assert_eq!(it.limits.max_memory_bytes.unwrap().value, 67_108_864);
    assert_eq!(it.limits.max_log_bytes.unwrap().value, u64::MAX);
    assert!(it.limits.max_resources.is_none());
    assert_eq!(
        function_problems(
            "limits:\n  max_execution_ms: -1\n  max_memory_bytes: -5\n  max_table_elements: 0\n  max_instances: 1.5\n  max_host_bytes: 64MB\n  max_resources: 99999999999999999999\n  max_call_depth: true"
        ),
        [
            "9:25: demo:it: limits.max_execution_ms cannot be negative\n  help: write `max_execution_ms: 0` for no limit",
            "10:25: demo:it: limits.max_memory_bytes cannot be negative\n  help: leave `max_memory_bytes` out for the \
             host's default",
            "11:27: demo:it: limits.max_table_elements must be at least 1\n  help: leave `max_table_elements` out for the \
             host's default",
            "12:22: demo:it: `limits.max_instances` must be a whole number, found the number `1.5`\n  help: write \
             `max_instances: 100`",
            "13:23: demo:it: `limits.max_host_bytes` must be a whole number, found the text `64MB`\n  help: write \
             `max_host_bytes: 67108864`, in bytes",
            "14:22: demo:it: `limits.max_resources` must be a whole number, found the number `99999999999999999999`\n  \
             help: write `max_resources: 1000`",
            "15:23: demo:it: `limits.max_call_depth` must be a whole number, found `true`\n  help: write \
             `max_call_depth: 64`",
        ]
    );
}

#[test]
fn a_pool_has_typed_values() {
    let it = function("pool: { type: adaptive, size: 0, max_size: 4, workers: 2, buffer: 0, warm_start: 3, reuse: { max_calls: 10 } }").pool;
    assert_eq!(it.kind.unwrap().value, PoolKind::Adaptive);
    assert!(it.size.is_none(), "zero counts as not given");
    assert_eq!(it.max_size.unwrap().value, 4);
    assert_eq!(it.workers.unwrap().value, 2);
    assert_eq!(it.buffer.unwrap().value, 0);
    assert_eq!(it.warm_start.unwrap().value, WarmStart::Count(3));
    assert_eq!(it.reuse_max_calls.unwrap().value, 10);
    for (warm_start, expected) in [("true", WarmStart::All), ("false", WarmStart::None), ("0", WarmStart::None)] {
        let it = function(&format!("pool: {{ warm_start: {warm_start} }}")).pool;
        assert_eq!(it.warm_start.unwrap().value, expected);
    }
    for kind in PoolKind::ALL {
        assert_eq!(function(&format!("pool: {{ type: {} }}", kind.as_str())).pool.kind.unwrap().value, *kind);
    }
}

#[test]
fn a_pool_with_wrong_values_says_which() {
    assert_eq!(
        function_problems(
            "pool:\n  type: statik\n  size: -1\n  max_size: 4294967296\n  buffer: many\n  warm_start: -2\n  reuse: { max_calls: 0 }"
        ),
        [
            "9:13: demo:it: invalid pool type: statik\n  help: did you mean `static`? known types: inline, lazy, static, \
             adaptive",
            "10:13: demo:it: pool values cannot be negative\n  help: leave `size` out for the default",
            "11:17: demo:it: pool.max_size is at most 4294967295\n  help: leave `max_size` out for the default",
            "12:15: demo:it: `pool.buffer` must be a whole number, found the text `many`\n  help: write `buffer: 64`",
            "13:19: demo:it: pool values cannot be negative\n  help: leave `warm_start` out for the default",
            "14:27: demo:it: pool.reuse.max_calls must be at least 1\n  help: leave `reuse` out for fresh instances",
        ]
    );
}

#[test]
fn a_transport_is_a_name_or_a_mapping_with_it() {
    assert_eq!(function("transport: wasi-http").transport.unwrap().value, Transport::WasiHttp);
    assert_eq!(function("transport: { type: payload }").transport.unwrap().value, Transport::Payload);
    assert_eq!(
        function_problems("transport: http"),
        ["8:16: demo:it: invalid transport type: http\n  help: known types: payload, wasi-http"]
    );
    assert_eq!(
        function_problems("transport: { type: wasi_http }"),
        ["8:24: demo:it: invalid transport type: wasi_http\n  help: did you mean `wasi-http`? known types: payload, \
          wasi-http"]
    );
    assert_eq!(
        function_problems("transport: {}"),
        ["8:16: demo:it: transport.type is required\n  help: add `type: payload` or `type: wasi-http`"]
    );
}

#[test]
fn the_keys_of_wasi_and_config_are_left_to_the_imports() {
    let it = function("wasi: { anything: [1] }\nconfig: { acme:kv: { x: 1 } }");
    assert_eq!(it.wasi.unwrap().to_json().to_string(), r#"{"anything":[1]}"#);
    assert_eq!(it.config.unwrap().to_json().to_string(), r#"{"acme:kv":{"x":1}}"#);
}
