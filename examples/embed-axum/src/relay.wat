;; Calls a function of the host by its id and gives back what that said.
(component
  (import "wippy:runtime/funcs@0.1.0" (instance $funcs
    (export "call-string" (func (param "target" string) (param "input" string) (result (result string (error string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $next) (i32.const 65536)) (then unreachable))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $bytes))
  (alias core export $memory "realloc" (core func $realloc))
  (alias export $funcs "call-string" (func $call))
  (core func $lowered (canon lower (func $call) (memory $bytes) (realloc $realloc)))
  (core module $code
    (import "funcs" "call-string" (func $call (param i32 i32 i32 i32 i32)))
    ;; The result of the call has the form of ours: it is given back where it lies, at 0.
    (func (export "relay") (param i32 i32 i32 i32) (result i32)
      (call $call (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 0))
      (i32.const 0)))
  (core instance $code (instantiate $code
    (with "funcs" (instance (export "call-string" (func $lowered))))))
  (func (export "relay") (param "target" string) (param "text" string) (result (result string (error string)))
    (canon lift (core func $code "relay") (memory $bytes) (realloc $realloc))))
