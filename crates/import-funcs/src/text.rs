//! `funcs@0.1.0`: one text or one byte string each way.

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;
use wippy_host_core::StoreData;
use wippy_host_core::value::TextOrBytes;

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut funcs = linker.instance("wippy:runtime/funcs@0.1.0")?;
    funcs.func_wrap_async("call-string", |store, (target, input): (String, String)| {
        let called = call(store, target, TextOrBytes::Text(input));
        Box::new(async move { Ok((called.await.map(into_text),)) })
    })?;
    funcs.func_wrap_async("call-bytes", |store, (target, input): (String, Vec<u8>)| {
        let called = call(store, target, TextOrBytes::Bytes(input.into()));
        Box::new(async move { Ok((called.await.map(into_bytes),)) })
    })
}

/// The callee's failure is the caller's `err`, never its trap.
fn call(
    store: StoreContextMut<'_, StoreData>,
    target: String,
    input: TextOrBytes,
) -> impl Future<Output = Result<TextOrBytes, String>> + Send + use<> {
    let call = store.data().nested_call(target);
    async move { call.with_payload(input).await.map_err(|error| error.to_string()) }
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
