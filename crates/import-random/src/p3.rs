//! The interfaces of WASI 0.3: those of 0.2, in which a guest that asks for too much gets less.

use crate::{Random, RandomView, link_insecure, link_random, view};
use wasmtime::component::Linker;
use wippy_host_core::{ImportLinker, Result, StoreData, traced};

const INSECURE_SEED: &str = "wasi:random/insecure-seed@0.3.0";

pub(crate) fn link(linker: &mut ImportLinker<'_, Random>) -> Result<()> {
    linker.interface("wasi:random/insecure@0.3.0", |l| link_insecure(l, "wasi:random/insecure@0.3.0", at_most))?;
    linker.interface(INSECURE_SEED, insecure_seed)?;
    linker.interface("wasi:random/random@0.3.0", |l| link_random(l, "wasi:random/random@0.3.0", at_most))
}

fn at_most(view: &RandomView<'_>, max_len: u64) -> wasmtime::Result<Vec<u8>> {
    Ok(vec![0; usize::try_from(max_len).unwrap_or(usize::MAX).min(view.max_bytes())])
}

fn insecure_seed(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INSECURE_SEED)?;
    traced(&mut instance, INSECURE_SEED)
        .func_wrap("get-insecure-seed", |mut store, (): ()| Ok((view(store.data_mut()).seed()?,)))
}
