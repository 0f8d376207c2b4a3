;; A component in text that exports a resource, which no caller outside of WebAssembly can hold.
;;   resource ticket; make: func() -> own<ticket>; look: func(ticket: borrow<ticket>) -> u32
(component
  (type $ticket (resource (rep i32)))
  (export $exported_ticket "ticket" (type $ticket))
  (core func $new (canon resource.new $ticket))
  (core module $code
    (import "host" "new" (func $new (param i32) (result i32)))
    (func (export "make") (result i32) (call $new (i32.const 42)))
    (func (export "look") (param i32) (result i32) (local.get 0)))
  (core instance $host (export "new" (func $new)))
  (core instance $instance (instantiate $code (with "host" (instance $host))))
  (alias core export $instance "make" (core func $make))
  (alias core export $instance "look" (core func $look))
  (type $make_type (func (result (own $exported_ticket))))
  (type $look_type (func (param "ticket" (borrow $exported_ticket)) (result u32)))
  (func (export "make") (type $make_type) (canon lift (core func $make)))
  (func (export "look") (type $look_type) (canon lift (core func $look))))
