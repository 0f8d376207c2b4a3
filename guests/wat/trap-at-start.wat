;; A component in text that traps while it is instantiated, before any function can be called.
;;   run: func() -> u32
(component
  (core module $code
    (func $begin unreachable)
    (start $begin)
    (func (export "run") (result i32) (i32.const 1)))
  (core instance $instance (instantiate $code))
  (alias core export $instance "run" (core func $run))
  (type $plain (func (result u32)))
  (func (export "run") (type $plain) (canon lift (core func $run))))
