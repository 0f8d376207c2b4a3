;; A core module that takes and gives text. Its signatures are in greet.wit.
;;
;; Text is passed as a pointer and a length. Who passes it puts it into memory that `cabi_realloc` reserves; a result of
;; more than one number is written to memory, and the function gives its address.
(module
  ;; The list of variables is written to the address given: a pointer, and how many there are. Each is four numbers:
  ;; pointer and length of its name, pointer and length of its value.
  (import "wasi:cli/environment@0.2.12" "get-environment" (func $environment (param $at i32)))

  (memory (export "memory") 1)
  ;; 0 to 8: the result. 8 to 16: the list of variables. From 64: what is reserved.
  (global $next (mut i32) (i32.const 64))

  ;; Reserves memory and never gives it back: the host makes a new instance for each call.
  (func $reserve (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local $missing i32)
    ;; Up to the alignment that was asked for.
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.set $missing
      (i32.sub (i32.add (i32.shr_u (global.get $next) (i32.const 16)) (i32.const 1)) (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then unreachable))))
    (local.get $at))

  (func (export "greet") (param $name i32) (param $length i32) (result i32)
    (local $variable i32)
    (local $greeting i32)
    (local $text i32)
    (call $environment (i32.const 8))
    ;; GREETING is the only variable, and it is required: it is there.
    (local.set $variable (i32.load (i32.const 8)))
    (local.set $greeting (i32.load offset=12 (local.get $variable)))
    ;; Room for the greeting, ", ", the name and "!".
    (local.set $text
      (call $reserve (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.add (i32.add (local.get $greeting) (local.get $length)) (i32.const 3))))
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (i32.add (i32.add (local.get $greeting) (local.get $length)) (i32.const 3)))
    (memory.copy (local.get $text) (i32.load offset=8 (local.get $variable)) (local.get $greeting))
    (local.set $text (i32.add (local.get $text) (local.get $greeting)))
    (i32.store8 (local.get $text) (i32.const 44))          ;; ,
    (i32.store8 offset=1 (local.get $text) (i32.const 32)) ;; a blank
    (memory.copy (i32.add (local.get $text) (i32.const 2)) (local.get $name) (local.get $length))
    (i32.store8 offset=2 (i32.add (local.get $text) (local.get $length)) (i32.const 33)) ;; !
    (i32.const 0)))
