#![doc = include_str!("../README.md")]

use std::future::Future;
use std::sync::Arc;
use wasmtime::StoreContextMut;
use wippy_host_core::value::TextOrBytes;
use wippy_host_core::{
    CallRequest, HostImport, ImportLinker, ImportMeta, Interface, NoConfig, Result, Section, SetupContext,
    StateContext, StoreData, async_trait, register_import,
};

/// `wippy:runtime/funcs`.
pub struct Funcs;

#[async_trait]
impl HostImport for Funcs {
    const META: ImportMeta = ImportMeta {
        name: "funcs",
        aliases: &[],
        summary: "Calls of other functions of the registry",
        interfaces: &[Interface::new("wippy:runtime/funcs", "0.1.0")],
        section: Section::None,
    };

    type Config = NoConfig;
    type Shared = ();
    type State = ();

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface("wippy:runtime/funcs@0.1.0", |linker| {
            let mut funcs = linker.instance("wippy:runtime/funcs@0.1.0")?;
            funcs.func_wrap_async("call-string", |store, (target, input): (String, String)| {
                let called = call(store, target, TextOrBytes::Text(input));
                Box::new(async move { Ok((called.await.map(into_text),)) })
            })?;
            funcs.func_wrap_async("call-bytes", |store, (target, input): (String, Vec<u8>)| {
                let called = call(store, target, TextOrBytes::Bytes(input.into()));
                Box::new(async move { Ok((called.await.map(into_bytes),)) })
            })
        })
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
        Ok(())
    }
}

register_import!(Funcs);

/// The callee's failure is the caller's `err`, never its trap.
fn call(
    store: StoreContextMut<'_, StoreData>,
    target: String,
    input: TextOrBytes,
) -> impl Future<Output = Result<TextOrBytes, String>> + Send + use<> {
    let store = store.data();
    let context = store.call().nested();
    let functions = store.functions().clone();
    let request = CallRequest::new(store.entry().id(), &target).for_actor(context.actor(), context.scope());
    let allowed = store.services().policy.call(&request);
    async move {
        let called = match allowed {
            Ok(()) => functions.call_payload(&context, &target, input).await,
            Err(denied) => Err(denied),
        };
        called.map_err(|error| error.to_string())
    }
}

fn into_text(output: TextOrBytes) -> String {
    match output {
        TextOrBytes::Text(text) => text,
        TextOrBytes::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn into_bytes(output: TextOrBytes) -> Vec<u8> {
    match output {
        TextOrBytes::Text(text) => text.into_bytes(),
        TextOrBytes::Bytes(bytes) => bytes.into(),
    }
}
