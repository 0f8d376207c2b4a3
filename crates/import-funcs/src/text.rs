//! `funcs@0.1.0`: one text or one byte string each way.

use wasmtime::component::Linker;
use wippy_host_core::value::TextOrBytes;
use wippy_host_core::{NestedCall, StoreData, spans, traced};

const INTERFACE: &str = "wippy:runtime/funcs@0.1.0";

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    let mut funcs = traced(&mut instance, INTERFACE);
    funcs.func_wrap_async("call-string", |store, (target, input): (String, String)| {
        spans::copied(target.len() + input.len(), 0);
        let call = store.data().nested_call(target);
        Box::new(async move { Ok((answer(&call, TextOrBytes::Text(input)).await.map(into_text),)) })
    })?;
    funcs.func_wrap_async("call-bytes", |store, (target, input): (String, Vec<u8>)| {
        spans::copied(target.len() + input.len(), 0);
        let call = store.data().nested_call(target);
        Box::new(async move { Ok((answer(&call, TextOrBytes::Bytes(input.into())).await.map(into_bytes),)) })
    })
}

/// The callee's failure is the caller's `err`, never its trap.
async fn answer(call: &NestedCall, input: TextOrBytes) -> Result<TextOrBytes, String> {
    let answer = call.with_payload(input).await.map_err(|error| error.to_string());
    spans::copied(
        0,
        match &answer {
            Ok(TextOrBytes::Text(text)) | Err(text) => text.len(),
            Ok(TextOrBytes::Bytes(bytes)) => bytes.len(),
        },
    );
    answer
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
