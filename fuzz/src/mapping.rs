//! JSON text to a value of a WIT type, and back.

use wippy_host_core::value::{Value, from_val, to_val};
use std::sync::OnceLock;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Type};

/// Functions that take one parameter each, of the types to map to. They are imports, so nothing implements them.
const TYPES: &str = r#"(component
  (type $record' (record (field "name" string) (field "tag-count" (option u32)) (field "data" (list u8))))
  (import "record" (type $record (eq $record')))
  (type $variant' (variant (case "none") (case "text" string) (case "both" (tuple u8 u8)) (case "maybe" (option char))))
  (import "variant" (type $variant (eq $variant')))
  (type $enum' (enum "red" "green" "dark-blue"))
  (import "enum" (type $enum (eq $enum')))
  (type $flags' (flags "read" "write" "run-as-root"))
  (import "flags" (type $flags (eq $flags')))
  (import "f00" (func (param "v" bool)))
  (import "f01" (func (param "v" s8)))
  (import "f02" (func (param "v" u8)))
  (import "f03" (func (param "v" s16)))
  (import "f04" (func (param "v" u16)))
  (import "f05" (func (param "v" s32)))
  (import "f06" (func (param "v" u32)))
  (import "f07" (func (param "v" s64)))
  (import "f08" (func (param "v" u64)))
  (import "f09" (func (param "v" f32)))
  (import "f10" (func (param "v" f64)))
  (import "f11" (func (param "v" char)))
  (import "f12" (func (param "v" string)))
  (import "f13" (func (param "v" (list u8))))
  (import "f14" (func (param "v" (list (list s16)))))
  (import "f15" (func (param "v" (tuple u8 string f64))))
  (import "f16" (func (param "v" $record)))
  (import "f17" (func (param "v" $variant)))
  (import "f18" (func (param "v" $enum)))
  (import "f19" (func (param "v" $flags)))
  (import "f20" (func (param "v" (option string))))
  (import "f21" (func (param "v" (option (option (option s8))))))
  (import "f22" (func (param "v" (result))))
  (import "f23" (func (param "v" (result u32 (error string)))))
  (import "f24" (func (param "v" (list (result $record (error $variant))))))
  (import "f25" (func (param "v" (list (option $flags)))))
)"#;

fn types() -> &'static [Type] {
    static FOUND: OnceLock<Vec<Type>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let engine = Engine::default();
        let component = Component::new(&engine, TYPES).expect("the component is valid");
        let of_parameter = |item: ComponentItem| match item {
            ComponentItem::ComponentFunc(function) => function.params().next().map(|(_, ty)| ty),
            _ => None,
        };
        let imported = component.component_type();
        imported.imports(&engine).filter_map(|(_, import)| of_parameter(import.ty)).collect()
    })
}

/// Maps: the first byte chooses the type, the rest is JSON text.
///
/// # Panics
/// Where the mapping does, and where a value does not come back equal once it has been a value of the type.
pub fn map(content: &[u8]) {
    let Some((chosen, text)) = content.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(value) = Value::from_json_text(text) else { return };
    let ty = &types()[usize::from(*chosen) % types().len()];
    let Ok(val) = to_val(value, ty) else { return };
    let back = from_val(val, ty).expect("a value of a type has a dynamic value");
    let json = back.into_json_text().expect("it has JSON");
    let again = Value::from_json_text(&json).expect("its JSON is read");
    let again = to_val(again, ty).expect("it fits again");
    let again = from_val(again, ty).expect("and comes back").into_json_text().expect("as JSON");
    assert_eq!(json, again);
}
