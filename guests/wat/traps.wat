;; A component in text: traps that a compiler would hide behind checks of its own.
;;   divide: func(a: s32, b: s32) -> s32       by zero
;;   grow-table: func(elements: u32) -> s32    the old size, or -1 where the host refuses
;;   grow-table-forever: func() -> u32         until the host refuses: the size reached
(component
  (core module $code
    (table $table 1 funcref)
    (func (export "divide") (param i32 i32) (result i32)
      (i32.div_s (local.get 0) (local.get 1)))
    (func (export "grow-table") (param $elements i32) (result i32)
      (table.grow $table (ref.null func) (local.get $elements)))
    (func (export "grow-table-forever") (result i32)
      (loop $more
        (br_if $more (i32.ne (table.grow $table (ref.null func) (i32.const 1000)) (i32.const -1))))
      (table.size $table)))
  (core instance $instance (instantiate $code))
  (alias core export $instance "divide" (core func $divide))
  (alias core export $instance "grow-table" (core func $grow))
  (alias core export $instance "grow-table-forever" (core func $forever))
  (type $divide_type (func (param "a" s32) (param "b" s32) (result s32)))
  (type $grow_type (func (param "elements" u32) (result s32)))
  (type $forever_type (func (result u32)))
  (func (export "divide") (type $divide_type) (canon lift (core func $divide)))
  (func (export "grow-table") (type $grow_type) (canon lift (core func $grow)))
  (func (export "grow-table-forever") (type $forever_type) (canon lift (core func $forever))))
