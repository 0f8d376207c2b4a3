;; A core module; its signatures are in guest.wit. Text is passed as a pointer and a length.
(module
  ;; Pointer and length of the target, of the input, and where the result goes: whether it is an error, then the text.
  (import "wippy:runtime/funcs@0.1.0" "call-string" (func $call (param i32 i32 i32 i32 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.12" "now" (func $now (result i64)))

  (memory (export "memory") 1)
  (data (i32.const 32) "app:shout")
  ;; 0 to 12: the answer of the call. 16 to 32: the result. From 64: what is reserved.
  (global $next (mut i32) (i32.const 64))

  ;; Reserves memory and never gives it back: the host makes a new instance for each call.
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $next) (i32.const 65536)) (then unreachable))
    (local.get $at))

  (func (export "stamp") (param $text i32) (param $length i32) (result i32)
    (call $call (i32.const 32) (i32.const 9) (local.get $text) (local.get $length) (i32.const 0))
    ;; What went wrong is for a larger guest to tell.
    (if (i32.load8_u (i32.const 0)) (then unreachable))
    (i32.store (i32.const 16) (i32.load (i32.const 4)))
    (i32.store (i32.const 20) (i32.load (i32.const 8)))
    (i64.store (i32.const 24) (call $now))
    (i32.const 16)))
