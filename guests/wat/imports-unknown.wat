;; A component in text whose import nobody provides.
;;   import test:demo/host: interface { ping: func() -> u32; }
;;   run: func() -> u32        calls ping
;;   idle: func() -> u32       does not
(component
  (import "test:demo/host" (instance $host
    (export "ping" (func (result u32)))))
  (alias export $host "ping" (func $ping))
  (core func $ping_core (canon lower (func $ping)))
  (core module $code
    (import "host" "ping" (func $ping (result i32)))
    (func (export "run") (result i32) (call $ping))
    (func (export "idle") (result i32) (i32.const 7)))
  (core instance $host_core (export "ping" (func $ping_core)))
  (core instance $instance (instantiate $code (with "host" (instance $host_core))))
  (alias core export $instance "run" (core func $run))
  (alias core export $instance "idle" (core func $idle))
  (type $plain (func (result u32)))
  (func (export "run") (type $plain) (canon lift (core func $run)))
  (func (export "idle") (type $plain) (canon lift (core func $idle))))
