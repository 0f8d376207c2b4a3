//! A guest that may ask for variables and directories, and does not.

pub(super) const QUIET: &str = r#"(component
  (import "wasi:cli/environment@0.2.12" (instance
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:filesystem/types@0.2.12" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.12" (instance
    (alias outer 1 $descriptor (type $outer))
    (export "descriptor" (type $inner (eq $outer)))
    (export "get-directories" (func (result (list (tuple (own $inner) string)))))))
  (core module $m (func (export "run")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "run"))))"#;
