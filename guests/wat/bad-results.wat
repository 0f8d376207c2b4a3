;; A component in text whose results break the canonical ABI: the host has to answer each with an error.
;;   bad-utf8: func() -> string         bytes that are not UTF-8
;;   bad-pointer: func() -> string      a string outside of memory
;;   bad-length: func() -> list<u64>    more elements than an address space holds
;;   bad-char: func() -> char           a surrogate
;;   bad-enum: func() -> enum           a case that does not exist
(component
  (type $color (enum "red" "green"))
  (import "color" (type $exported_color (eq $color)))
  (core module $code
    (memory (export "memory") 1)
    (data (i32.const 16) "ab\ff\fecd")
    (func $pair (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0))
    (func (export "bad-utf8") (result i32) (call $pair (i32.const 16) (i32.const 6)))
    (func (export "bad-pointer") (result i32) (call $pair (i32.const 65530) (i32.const 100)))
    (func (export "bad-length") (result i32) (call $pair (i32.const 16) (i32.const 0x7fffffff)))
    (func (export "bad-char") (result i32) (i32.const 0xd800))
    (func (export "bad-enum") (result i32) (i32.const 9)))
  (core instance $instance (instantiate $code))
  (alias core export $instance "memory" (core memory $memory))
  (alias core export $instance "bad-utf8" (core func $utf8))
  (alias core export $instance "bad-pointer" (core func $pointer))
  (alias core export $instance "bad-length" (core func $length))
  (alias core export $instance "bad-char" (core func $char))
  (alias core export $instance "bad-enum" (core func $enum))
  (type $numbers (list u64))
  (type $text_type (func (result string)))
  (type $list_type (func (result $numbers)))
  (type $char_type (func (result char)))
  (type $enum_type (func (result $exported_color)))
  (func (export "bad-utf8") (type $text_type) (canon lift (core func $utf8) (memory $memory)))
  (func (export "bad-pointer") (type $text_type) (canon lift (core func $pointer) (memory $memory)))
  (func (export "bad-length") (type $list_type) (canon lift (core func $length) (memory $memory)))
  (func (export "bad-char") (type $char_type) (canon lift (core func $char)))
  (func (export "bad-enum") (type $enum_type) (canon lift (core func $enum))))
