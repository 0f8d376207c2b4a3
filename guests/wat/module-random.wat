;; A plain core module that uses wasi:random; its WIT is in module-random.wit, with the packages that it needs inside.
(module
  (import "wasi:random/random@0.2.12" "get-random-u64" (func $number (result i64)))
  (func (export "roll") (param $sides i32) (result i32)
    (i32.add
      (i32.wrap_i64 (i64.rem_u (call $number) (i64.extend_i32_u (local.get $sides))))
      (i32.const 1))))
