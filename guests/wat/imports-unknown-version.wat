;; A component in text that imports a track of wasi:random that does not exist.
;;   run: func() -> u64        calls it
(component
  (import "wasi:random/random@9.0.0" (instance $random
    (export "get-random-u64" (func (result u64)))))
  (alias export $random "get-random-u64" (func $number))
  (core func $number_core (canon lower (func $number)))
  (core module $code
    (import "random" "number" (func $number (result i64)))
    (func (export "run") (result i64) (call $number)))
  (core instance $random_core (export "number" (func $number_core)))
  (core instance $instance (instantiate $code (with "random" (instance $random_core))))
  (alias core export $instance "run" (core func $run))
  (type $plain (func (result u64)))
  (func (export "run") (type $plain) (canon lift (core func $run))))
