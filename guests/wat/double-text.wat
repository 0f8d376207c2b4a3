;; A component in text: double: func(text: string) -> string
;; Gives the text twice, without a separator.
(component
  (core module $code
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 16))

    (func $reserve (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local $missing i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.set $missing
        (i32.sub (i32.add (i32.shr_u (global.get $next) (i32.const 16)) (i32.const 1)) (memory.size)))
      (if (i32.gt_s (local.get $missing) (i32.const 0))
        (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then unreachable))))
      (local.get $at))

    (func (export "double") (param $text i32) (param $length i32) (result i32)
      (local $twice i32)
      (local.set $twice
        (call $reserve (i32.const 0) (i32.const 0) (i32.const 1) (i32.mul (local.get $length) (i32.const 2))))
      (memory.copy (local.get $twice) (local.get $text) (local.get $length))
      (memory.copy (i32.add (local.get $twice) (local.get $length)) (local.get $text) (local.get $length))
      (i32.store (i32.const 0) (local.get $twice))
      (i32.store (i32.const 4) (i32.mul (local.get $length) (i32.const 2)))
      (i32.const 0))

    (func (export "post-return") (param i32)
      (global.set $next (i32.const 16))))

  (core instance $instance (instantiate $code))
  (alias core export $instance "memory" (core memory $memory))
  (alias core export $instance "realloc" (core func $realloc))
  (alias core export $instance "double" (core func $double))
  (alias core export $instance "post-return" (core func $post_return))
  (type $double_type (func (param "text" string) (result string)))
  (func (export "double") (type $double_type)
    (canon lift (core func $double) (memory $memory) (realloc $realloc) (post-return $post_return))))
