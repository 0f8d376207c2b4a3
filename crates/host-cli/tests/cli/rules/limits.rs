//! `limits` and `pool`.

use super::each_of_wat;

#[test]
fn a_limit_is_a_whole_number_in_its_range() {
    each_of_wat(&[
        (
            "limits: { max_execution_ms: ▸-1 }",
            "limits.max_execution_ms cannot be negative",
            "write `max_execution_ms: 0` for no limit",
        ),
        (
            "limits: { max_memory_bytes: ▸-1 }",
            "limits.max_memory_bytes cannot be negative",
            "leave `max_memory_bytes` out for the host's default",
        ),
        (
            "limits: { max_table_elements: ▸0 }",
            "limits.max_table_elements must be at least 1",
            "leave `max_table_elements` out for the host's default",
        ),
        (
            "limits: { max_instances: ▸0 }",
            "limits.max_instances must be at least 1",
            "leave `max_instances` out for the host's default",
        ),
        (
            "limits: { max_host_bytes: ▸64MB }",
            "`limits.max_host_bytes` must be a whole number, found the text `64MB`",
            "write `max_host_bytes: 67108864`, in bytes",
        ),
        (
            "limits: { max_resources: ▸1.5 }",
            "`limits.max_resources` must be a whole number, found the number `1.5`",
            "write `max_resources: 1000`",
        ),
        (
            "limits: { max_call_depth: ▸0 }",
            "limits.max_call_depth must be at least 1",
            "leave `max_call_depth` out for the host's default",
        ),
        (
            "limits: { max_log_bytes: ▸-5 }",
            "limits.max_log_bytes cannot be negative",
            "leave `max_log_bytes` out for the host's default",
        ),
        (
            "limits: { ▸max_memory: 5 }",
            "unknown key `limits.max_memory`",
            "did you mean `max_memory_bytes`? known keys: max_call_depth, max_execution_ms, max_host_bytes, max_instances, \
             max_log_bytes, max_memory_bytes, max_resources, max_table_elements",
        ),
        (
            "limits: ▸5",
            "`limits` must be a mapping, found the number `5`",
            "write `limits: { max_execution_ms: 30000 }`",
        ),
    ]);
}

#[test]
fn a_pool_is_of_a_known_type_and_size() {
    each_of_wat(&[
        ("pool: { type: ▸elastic }", "invalid pool type: elastic", "known types: inline, lazy, static, adaptive"),
        ("pool: { size: ▸-1 }", "pool values cannot be negative", "leave `size` out for the default"),
        ("pool: { max_size: ▸-1 }", "pool values cannot be negative", "leave `max_size` out for the default"),
        ("pool: { workers: ▸-1 }", "pool values cannot be negative", "leave `workers` out for the default"),
        ("pool: { buffer: ▸-1 }", "pool values cannot be negative", "leave `buffer` out for the default"),
        ("pool: { warm_start: ▸-1 }", "pool values cannot be negative", "leave `warm_start` out for the default"),
        (
            "pool: { reuse: { max_calls: ▸-1 } }",
            "pool values cannot be negative",
            "leave `max_calls` out for the default",
        ),
        (
            "pool: { reuse: { max_calls: ▸0 } }",
            "pool.reuse.max_calls must be at least 1",
            "leave `reuse` out for fresh instances",
        ),
        ("pool: { reuse: ▸{} }", "pool.reuse.max_calls is required", "write `reuse: { max_calls: 1000 }`"),
        (
            "pool: { ▸maxsize: 5 }",
            "unknown key `pool.maxsize`",
            "did you mean `max_size`? known keys: buffer, max_size, reuse, size, type, warm_start, workers",
        ),
        ("pool: ▸lazy", "`pool` must be a mapping, found the text `lazy`", "write `pool: { type: inline }`"),
    ]);
}
