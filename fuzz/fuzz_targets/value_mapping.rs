#![no_main]

libfuzzer_sys::fuzz_target!(|content: &[u8]| wippy_host_fuzz::mapping::map(content));
