;; A plain core module with an import that its WIT (module-unexplained.wit) does not explain: it becomes no component.
(module
  (import "env" "missing" (func $missing (result i32)))
  (func (export "run") (result i32) (call $missing)))
