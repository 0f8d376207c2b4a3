;; A plain core module with text in and out, and so with a `cabi_realloc`; its WIT is in module-greet.wit.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "Hello, ")
  (global $next (mut i32) (i32.const 64))

  (func $reserve (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local $missing i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.set $missing
      (i32.sub (i32.add (i32.shr_u (global.get $next) (i32.const 16)) (i32.const 1)) (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then unreachable))))
    (local.get $at))

  (func (export "greet") (param $name i32) (param $length i32) (result i32)
    (local $text i32)
    (local.set $text
      (call $reserve (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $length) (i32.const 8))))
    (memory.copy (local.get $text) (i32.const 16) (i32.const 7))
    (memory.copy (i32.add (local.get $text) (i32.const 7)) (local.get $name) (local.get $length))
    (i32.store8 (i32.add (i32.add (local.get $text) (i32.const 7)) (local.get $length)) (i32.const 33))
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (i32.add (local.get $length) (i32.const 8)))
    (i32.const 0)))
