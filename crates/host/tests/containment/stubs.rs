//! Every function of every interface, called by a guest that has all grants but one.

use crate::support::{Entry, call, host};
use serde_json::json;
use std::sync::OnceLock;
use wippy_host::wasmtime::component::Component;
use wippy_host::{ErrorKind, Interface, Reason};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, Type, TypeDefKind, WorldItem};

/// The packages in an order in which each finds those it uses.
const PACKAGES: [&str; 15] = [
    "wasi-0.2/io.wit",
    "wasi-0.2/clocks.wit",
    "wasi-0.2/random.wit",
    "wasi-0.2/filesystem.wit",
    "wasi-0.2/sockets.wit",
    "wasi-0.2/cli.wit",
    "wasi-0.2/http.wit",
    "wippy-runtime-0.1/funcs.wit",
    "wippy-runtime-0.2/funcs.wit",
    "wasi-0.3/clocks.wit",
    "wasi-0.3/random.wit",
    "wasi-0.3/filesystem.wit",
    "wasi-0.3/sockets.wit",
    "wasi-0.3/cli.wit",
    "wasi-0.3/http.wit",
];

/// A function that the guest imports; its export `call-INDEX` calls it with zeros for all arguments.
struct Imported {
    group: &'static str,
    interface: &'static str,
    name: String,
    /// Whether it takes a handle, which the guest does not have: the call ends before anything is called.
    takes_handle: bool,
}

struct Caller {
    component: Component,
    functions: Vec<Imported>,
}

/// A guest that calls what belongs to WASI 0.2, and one that calls what belongs to 0.3.
fn callers() -> &'static [Caller] {
    static CALLERS: OnceLock<Vec<Caller>> = OnceLock::new();
    CALLERS.get_or_init(|| {
        let tracks = [false, true].into_iter().take(if cfg!(feature = "p3") { 2 } else { 1 });
        // What waits for an asynchronous function must be one.
        let of_p3 = |interface: &Interface| interface.track() == "0.3" || interface.concurrent;
        tracks.map(|p3| caller(|i| of_p3(i) == p3, if p3 { "async func" } else { "func" })).collect()
    })
}

fn caller(wanted: impl Fn(&Interface) -> bool, export: &str) -> Caller {
    let registry = host().registry();
    let provided = registry.imports().iter().filter(|import| wippy_host::ENABLED.contains(&import.meta().name));
    let provided: Vec<_> = provided
        .flat_map(|import| import.meta().interfaces.iter().map(|interface| (import.meta().name, interface)))
        .filter(|(_, interface)| wanted(interface))
        .collect();
    let imports: String =
        provided.iter().map(|(_, interface)| format!("import {};\n", interface.full_name())).collect();
    // The number of exports is known only when the imports have been read.
    let (resolve, world) = resolve(&imports);
    let mut functions = Vec::new();
    let (mut core, mut calls, mut exports) = (String::new(), String::new(), String::new());
    for (key, item) in &resolve.worlds[world].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let full_name = resolve.name_world_key(key);
        let Some((group, interface)) = provided.iter().find(|(_, i)| i.full_name() == full_name) else { continue };
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
            functions.push(Imported {
                group,
                interface: interface.name,
                name: function.name.clone(),
                takes_handle: takes_handle(&resolve, function),
            });
        }
    }
    let module = format!(
        "(module {core} (memory (export \"memory\") 4)
                (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 1024)) {calls})"
    );
    let mut module = wat::parse_str(module).unwrap();
    let (whole, world) = self::resolve(&format!("{imports}{exports}"));
    wit_component::embed_component_metadata(&mut module, &whole, world, StringEncoding::UTF8).unwrap();
    let component = ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap();
    Caller { component: host().compile(component).unwrap(), functions }
}

fn resolve(world: &str) -> (Resolve, wit_parser::WorldId) {
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    for package in PACKAGES {
        let path = wit.join(package);
        resolve.push_str(&path, &std::fs::read_to_string(&path).unwrap()).unwrap();
    }
    let package = resolve.push_str("all.wit", &format!("package test:all;\nworld all {{\n{world}}}\n")).unwrap();
    let world = resolve.select_world(&[package], Some("all")).unwrap();
    (resolve, world)
}

fn wasm_type(ty: &WasmType) -> &'static str {
    match ty {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
    }
}

fn takes_handle(resolve: &Resolve, function: &Function) -> bool {
    fn holds(resolve: &Resolve, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return false };
        match &resolve.types[*id].kind {
            TypeDefKind::Handle(_) | TypeDefKind::Stream(_) | TypeDefKind::Future(_) => true,
            TypeDefKind::Option(ty) => holds(resolve, ty),
            TypeDefKind::Type(ty) => holds(resolve, ty),
            TypeDefKind::Record(record) => record.fields.iter().any(|field| holds(resolve, &field.ty)),
            TypeDefKind::Tuple(tuple) => tuple.types.iter().any(|ty| holds(resolve, ty)),
            _ => false,
        }
    }
    function.params.iter().any(|param| holds(resolve, &param.ty))
}

/// Calls every function that `denied` picks, with a grant of `granted` and no more.
async fn all_are_stubs(granted: &[&str], denied: impl Fn(&Imported) -> bool) -> usize {
    let mut stubs = 0;
    for caller in callers() {
        stubs += all_of(caller, granted, &denied).await;
    }
    stubs
}

async fn all_of(caller: &Caller, granted: &[&str], denied: &impl Fn(&Imported) -> bool) -> usize {
    let Caller { component, functions } = caller;
    let entry = Entry::of(host(), component.clone()).imports(granted);
    let mut stubs = 0;
    for (index, function) in functions.iter().enumerate().filter(|(_, function)| denied(function)) {
        let Imported { group, interface, name, takes_handle } = function;
        let prepared = entry.prepare(&format!("call-{index}")).await;
        let error = match call(&prepared, json!([])).await {
            Ok(value) => panic!("{interface}#{name} returned {value} without a grant"),
            Err(error) => error,
        };
        if *takes_handle {
            let said = error.to_string();
            assert!(said.contains("handle") || error.reason() == Reason::NotGranted, "{interface}#{name}: {said}");
            continue;
        }
        assert_eq!(
            error.to_string(),
            format!(
                "guest called {interface}#{name}, but entry app:report does not import it; add \"{group}\" to its imports"
            )
        );
        assert_eq!((error.kind(), error.reason()), (ErrorKind::PermissionDenied, Reason::NotGranted));
        stubs += 1;
    }
    stubs
}

#[tokio::test]
async fn every_function_of_a_group_is_a_stub_where_all_other_groups_are_granted() {
    let mut stubs = 0;
    for denied in wippy_host::ENABLED {
        let granted: Vec<&str> = wippy_host::ENABLED.iter().copied().filter(|group| group != denied).collect();
        stubs += all_are_stubs(&granted, |function| function.group == *denied).await;
    }
    assert!(stubs > 30, "{stubs}");
}

#[tokio::test]
async fn every_function_of_an_interface_is_a_stub_where_all_other_interfaces_are_granted() {
    let functions = callers().iter().flat_map(|caller| &caller.functions);
    let mut interfaces: Vec<&str> = functions.map(|function| function.interface).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let mut stubs = 0;
    for denied in &interfaces {
        let granted: Vec<&str> = interfaces.iter().copied().filter(|interface| interface != denied).collect();
        stubs += all_are_stubs(&granted, |function| function.interface == *denied).await;
    }
    assert!(stubs > 30, "{stubs}");
}

#[tokio::test]
async fn no_function_is_a_stub_where_everything_is_granted() {
    for (Caller { component, functions }, least) in callers().iter().zip([150, 100]) {
        assert!(functions.len() > least, "{}", functions.len());
        let entry = Entry::of(host(), component.clone()).imports(wippy_host::ENABLED);
        for (index, function) in functions.iter().enumerate() {
            let prepared = entry.prepare(&format!("call-{index}")).await;
            if let Err(error) = call(&prepared, json!([])).await {
                assert_ne!(error.reason(), Reason::NotGranted, "{}#{}: {error}", function.interface, function.name);
            }
        }
    }
}

#[tokio::test]
async fn nothing_granted_makes_every_function_a_stub() {
    all_are_stubs(&[], |_| true).await;
}

/// Functions that take a handle, called with one that a granted interface gave.
#[tokio::test]
async fn a_handle_from_a_granted_interface_opens_no_other_interface() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::add_directory("app:handles", folder.path());
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let wasi = json!({"mounts": [{"fs": "app:handles", "guest": "/data"}]});
    let interfaces = |guest: &str| -> Vec<&'static str> {
        let group = guest.strip_prefix("probe-").unwrap();
        let groups = [
            format!("wasi:{group}"),
            "wasi:io".into(),
            "wasi:clocks".into(),
            "wasi:cli".into(),
            "wasi:filesystem".into(),
        ];
        let mut names: Vec<_> = callers()[0]
            .functions
            .iter()
            .filter(|f| groups.iter().any(|g| g == f.group))
            .map(|f| f.interface)
            .collect();
        names.dedup();
        names
    };
    for (guest, export, arguments, denied) in [
        ("probe-io", "write-stdout", json!(["x"]), "wasi:io/streams#[method]output-stream.check-write"),
        ("probe-io", "failed-read", json!(["/data"]), "wasi:io/error#[method]error.to-debug-string"),
        ("probe-io", "poll-timers", json!([[1]]), "wasi:io/poll#poll"),
        ("probe-io", "ready-block-ready", json!([1]), "wasi:io/poll#[method]pollable.ready"),
        ("probe-io", "output-stream", json!(["/data"]), "wasi:filesystem/types#[method]descriptor.open-at"),
        ("probe-sockets", "tcp-options", json!([false]), "wasi:sockets/tcp#[method]tcp-socket."),
        ("probe-sockets", "udp-options", json!([false]), "wasi:sockets/udp#[method]udp-socket."),
        ("probe-http", "get", json!(["http://127.0.0.1:1/"]), "wasi:http/outgoing-handler#handle"),
    ] {
        let interface = denied.split('#').next().unwrap();
        let granted: Vec<_> = interfaces(guest).into_iter().filter(|name| *name != interface).collect();
        let entry = Entry::new(guest).section("wasi", wasi.clone());
        let error = entry.clone().imports(&granted).fails(export, arguments.clone()).await;
        assert_eq!(error.reason(), Reason::NotGranted, "{export}: {error}");
        assert!(error.message().starts_with(&format!("guest called {denied}")), "{export}: {error}");
        let with: Vec<_> = interfaces(guest);
        entry.imports(&with).call(export, arguments).await.unwrap_or_else(|error| panic!("{export}: {error}"));
    }
}
