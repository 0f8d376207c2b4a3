;; A component in text: add: func(a: s32, b: s32) -> s32
(component
  (core module $code
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1))))
  (core instance $instance (instantiate $code))
  (alias core export $instance "add" (core func $add))
  (type $add_type (func (param "a" s32) (param "b" s32) (result s32)))
  (func (export "add") (type $add_type) (canon lift (core func $add))))
