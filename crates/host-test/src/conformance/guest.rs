//! Guests made of an import's WIT: each imports every function of some interfaces, and has an export that calls it.

#![expect(clippy::indexing_slicing, reason = "the parser's ids are of the arena that they are looked up in")]

use std::path::PathBuf;
use wippy_host_core::Interface;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, Type, TypeDefKind, WorldId, WorldItem};

/// A component, and what it imports.
pub(crate) struct Guest {
    pub(crate) bytes: Vec<u8>,
    pub(crate) functions: Vec<Imported>,
}

/// A function that the guest imports; its export `call-INDEX` calls it with zeros for all arguments.
pub(crate) struct Imported {
    pub(crate) interface: Interface,
    pub(crate) name: String,
    /// Whether it takes a handle, which the guest does not have: the call ends before anything is called.
    pub(crate) takes_handle: bool,
}

impl Imported {
    pub(crate) fn full_name(&self) -> String {
        format!("{}#{}", self.interface.name, self.name)
    }
}

/// The WIT texts of an import.
pub(crate) struct Wit(pub(crate) Vec<PathBuf>);

impl Wit {
    /// All packages, and a world of these items.
    fn with_world(&self, items: &str) -> Result<(Resolve, WorldId), String> {
        let mut resolve = Resolve { all_features: true, ..Resolve::default() };
        for path in &self.0 {
            let pushed = match path.is_dir() {
                true => resolve.push_dir(path).map(drop),
                false => resolve.push_file(path).map(drop),
            };
            pushed.map_err(|error| format!("{}: {error:#}", path.display()))?;
        }
        let text = format!("package wippy:conformance;\nworld all {{\n{items}}}\n");
        let package = resolve.push_str("conformance.wit", &text).map_err(|error| format!("{error:#}"))?;
        let world = resolve.select_world(&[package], Some("all")).map_err(|error| format!("{error:#}"))?;
        Ok((resolve, world))
    }

    /// Whether the text of an interface has asynchronous functions.
    pub(crate) fn has_async(&self, interface: &Interface) -> Result<bool, String> {
        let name = interface.full_name();
        let (resolve, world) = self.with_world(&format!("import {name};\n"))?;
        let imports = resolve.worlds[world].imports.iter();
        let mut functions = imports.filter(|(key, _)| resolve.name_world_key(key) == name).flat_map(|(_, item)| {
            let id = match item {
                WorldItem::Interface { id, .. } => Some(*id),
                _ => None,
            };
            id.into_iter().flat_map(|id| resolve.interfaces[id].functions.values())
        });
        Ok(functions.any(|function| function.kind.is_async()))
    }

    /// One guest of the interfaces that every engine has, one of those that need asynchronous functions; an import may have
    /// one alone.
    pub(crate) fn guests(&self, interfaces: &[Interface]) -> Result<Vec<Guest>, String> {
        let of = |concurrent: bool| interfaces.iter().copied().filter(move |i| i.concurrent == concurrent).collect();
        let kinds: [(Vec<Interface>, &str); 2] = [(of(false), "func"), (of(true), "async func")];
        let kinds = kinds.into_iter().filter(|(interfaces, _)| !interfaces.is_empty());
        kinds.map(|(interfaces, export)| self.guest(&interfaces, export)).collect()
    }

    /// What waits for an asynchronous function must be one: `export` is `func` or `async func`.
    fn guest(&self, interfaces: &[Interface], export: &str) -> Result<Guest, String> {
        let imports: String = interfaces.iter().map(|i| format!("import {};\n", i.full_name())).collect();
        let (resolve, world) = self.with_world(&imports)?;
        let mut functions = Vec::new();
        let (mut core, mut calls) = (String::new(), String::new());
        let mut exports = format!("export noop: {export}();\n");
        for (key, item) in &resolve.worlds[world].imports {
            let WorldItem::Interface { id, .. } = item else { continue };
            let full_name = resolve.name_world_key(key);
            let Some(interface) = interfaces.iter().find(|i| i.full_name() == full_name) else { continue };
            for function in resolve.interfaces[*id].functions.values() {
                let index = functions.len();
                let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
                let types = |types: &[WasmType]| types.iter().map(wasm_type).collect::<Vec<_>>().join(" ");
                core += &format!(
                    "(import \"{full_name}\" \"{}\" (func $f{index} (param {}) (result {})))\n",
                    function.name,
                    types(&signature.params),
                    types(&signature.results)
                );
                let zeros: String = signature.params.iter().map(|ty| format!("({}.const 0) ", wasm_type(ty))).collect();
                let drops = "(drop)".repeat(signature.results.len());
                calls += &format!("(func (export \"call-{index}\") (call $f{index} {zeros}) {drops})\n");
                exports += &format!("export call-{index}: {export}();\n");
                let takes_handle = function.params.iter().any(|param| holds_handle(&resolve, &param.ty));
                functions.push(Imported { interface: *interface, name: function.name.clone(), takes_handle });
            }
        }
        let bytes = self.encode(&core, &calls, &format!("{imports}{exports}"))?;
        Ok(Guest { bytes, functions })
    }

    fn encode(&self, core: &str, calls: &str, world: &str) -> Result<Vec<u8>, String> {
        let module = format!(
            "(module {core} (memory (export \"memory\") 4)
                (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
                (func (export \"noop\")) {calls})"
        );
        let mut module = wat::parse_str(module).map_err(|error| error.to_string())?;
        let (resolve, world) = self.with_world(world)?;
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .and_then(|()| ComponentEncoder::default().validate(true).module(&module)?.encode())
            .map_err(|error| format!("no guest can be made of the WIT: {error:#}"))
    }
}

fn wasm_type(ty: &WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}

fn holds_handle(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = ty else { return false };
    match &resolve.types[*id].kind {
        TypeDefKind::Handle(_) | TypeDefKind::Stream(_) | TypeDefKind::Future(_) => true,
        TypeDefKind::Option(ty) => holds_handle(resolve, ty),
        TypeDefKind::Type(ty) => holds_handle(resolve, ty),
        TypeDefKind::Record(record) => record.fields.iter().any(|field| holds_handle(resolve, &field.ty)),
        TypeDefKind::Tuple(tuple) => tuple.types.iter().any(|ty| holds_handle(resolve, ty)),
        _ => false,
    }
}
