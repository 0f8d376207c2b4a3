//! The interfaces of WASI 0.3: those of 0.2, in which a guest that asks for too much gets less.

use crate::{PIECE, Random, RandomState, view};
use rand::Rng as _;
use wasmtime::component::Linker;
use wippy_host_core::{ImportLinker, Result, StoreData};

pub(crate) fn link(linker: &mut ImportLinker<'_, Random>) -> Result<()> {
    linker.interface("wasi:random/insecure@0.3.0", insecure)?;
    linker.interface("wasi:random/insecure-seed@0.3.0", insecure_seed)?;
    linker.interface("wasi:random/random@0.3.0", random)
}

fn random(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("wasi:random/random@0.3.0")?;
    instance.func_wrap_async("get-random-bytes", |mut store, (max_len,): (u64,)| {
        Box::new(async move {
            let state = view(store.data_mut());
            let mut bytes = state.at_most(max_len);
            for piece in bytes.chunks_mut(PIECE) {
                state.entropy.fill(piece)?;
                tokio::task::coop::consume_budget().await;
            }
            Ok((bytes,))
        })
    })?;
    instance.func_wrap("get-random-u64", |mut store, (): ()| Ok((view(store.data_mut()).secure_u64()?,)))
}

fn insecure(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("wasi:random/insecure@0.3.0")?;
    instance.func_wrap_async("get-insecure-random-bytes", |mut store, (max_len,): (u64,)| {
        Box::new(async move {
            let state = view(store.data_mut());
            let mut bytes = state.at_most(max_len);
            let generator = state.insecure()?;
            for piece in bytes.chunks_mut(PIECE) {
                generator.fill_bytes(piece);
                tokio::task::coop::consume_budget().await;
            }
            Ok((bytes,))
        })
    })?;
    instance
        .func_wrap("get-insecure-random-u64", |mut store, (): ()| Ok((view(store.data_mut()).insecure()?.next_u64(),)))
}

fn insecure_seed(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("wasi:random/insecure-seed@0.3.0")?;
    instance.func_wrap("get-insecure-seed", |mut store, (): ()| Ok((view(store.data_mut()).seed()?,)))
}

impl RandomState {
    fn at_most(&self, max_len: u64) -> Vec<u8> {
        vec![0; usize::try_from(max_len).unwrap_or(usize::MAX).min(self.max_bytes)]
    }
}
