#![doc = include_str!("../README.md")]

#[cfg(feature = "p3")]
mod p3;
mod seeded;
#[cfg(test)]
mod threads;

pub use seeded::SeededEntropy;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::p2::bindings::random::insecure_seed;
use wippy_host_core::{
    Alias, Entropy, Error, ErrorKind, HostImport, ImportLinker, ImportMeta, Interface, ModuleFunctions, NoConfig,
    Reason, Result, SetupContext, Slot, StateContext, StoreData, async_trait, register_import, spans, traced,
};
use wippy_wasi_context::PREVIEW1;

/// `wasi:random`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Random {
    const META: ImportMeta = ImportMeta::new("wasi:random", "Random numbers, secure and insecure")
        .with_interfaces(&[
            Interface::new("wasi:random/insecure", VERSION),
            Interface::new("wasi:random/insecure-seed", VERSION),
            Interface::new("wasi:random/random", VERSION),
            #[cfg(feature = "p3")]
            Interface::new("wasi:random/insecure", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:random/insecure-seed", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:random/random", VERSION_3),
        ])
        .with_aliases(&[
            Alias::whole("wasi1"),
            Alias::whole("wasi-preview1"),
            Alias::whole("preview1"),
            Alias::whole("wasi_snapshot_preview1"),
        ]);

    const MODULE_FUNCTIONS: &'static [ModuleFunctions] = &[ModuleFunctions::new(PREVIEW1, &["random_get"])];

    type Config = NoConfig;
    type Shared = ();
    type State = ();

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface("wasi:random/insecure@0.2.12", |l| {
            link_insecure(l, "wasi:random/insecure@0.2.12", |view, len| view.buffer(len))
        })?;
        linker.interface("wasi:random/insecure-seed@0.2.12", |l| insecure_seed::add_to_linker::<_, View>(l, view))?;
        linker.interface("wasi:random/random@0.2.12", |l| {
            link_random(l, "wasi:random/random@0.2.12", |view, len| view.buffer(len))
        })?;
        #[cfg(feature = "p3")]
        p3::link(linker)?;
        Ok(())
    }

    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        wippy_wasi_context::link_preview1(linker)
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
        Ok(())
    }
}

register_import!(Random);

/// What one instance has drawn already. Most guests never ask.
#[derive(Default)]
struct Drawn {
    insecure: Option<SmallRng>,
    /// One for each instance: a guest that asks twice wants the same again.
    seed: Option<(u64, u64)>,
}

static DRAWN: Slot<Drawn> = Slot::new();

struct View;

impl HasData for View {
    type Data<'a> = RandomView<'a>;
}

struct RandomView<'a>(&'a mut StoreData);

fn view(store: &mut StoreData) -> RandomView<'_> {
    RandomView(store)
}

impl RandomView<'_> {
    fn entropy(&self) -> &dyn Entropy {
        &*self.0.services().entropy
    }

    fn max_bytes(&self) -> usize {
        self.0.limits().max_host_bytes
    }

    fn drawn(&mut self) -> &mut Drawn {
        self.0.on_demand(&DRAWN, |_| Drawn::default()).0
    }

    fn buffer(&self, len: u64) -> wasmtime::Result<Vec<u8>> {
        match usize::try_from(len) {
            Ok(len) if len <= self.max_bytes() => Ok(vec![0; len]),
            _ => Err(Error::new(
                ErrorKind::RateLimited,
                format!(
                    "{}: the guest asked for {len} random bytes at once, and may have {}",
                    self.0.entry().id(),
                    self.max_bytes()
                ),
            )
            .with_reason(Reason::HostBytes)
            .with_remedy("raise limits.max_host_bytes of the entry, or let the guest ask for less at a time")
            .into()),
        }
    }

    fn insecure(&mut self) -> wasmtime::Result<&mut SmallRng> {
        if self.drawn().insecure.is_none() {
            let mut seed = <SmallRng as SeedableRng>::Seed::default();
            self.entropy().fill(&mut seed)?;
            self.drawn().insecure = Some(SmallRng::from_seed(seed));
        }
        self.drawn().insecure.as_mut().ok_or_else(|| Error::internal("no insecure generator").into())
    }

    /// Not drawn from the insecure generator, whose output would let a guest's peers guess it.
    fn seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        let seed = match self.drawn().seed {
            Some(seed) => seed,
            None => (self.secure_u64()?, self.secure_u64()?),
        };
        self.drawn().seed = Some(seed);
        Ok(seed)
    }

    fn secure_u64(&self) -> wasmtime::Result<u64> {
        let mut bytes = [0; 8];
        self.entropy().fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

/// How many bytes are made between two turns of the runtime: a tenth of a millisecond or so. The generated bindings of
/// these interfaces are synchronous, so that 64 MiB would keep the thread for a tenth of a second and more.
const PIECE: usize = 32 * 1024;

/// The room for as many bytes as a guest asks for, or why it has none.
type Buffer = fn(&RandomView<'_>, u64) -> wasmtime::Result<Vec<u8>>;

fn link_random(linker: &mut Linker<StoreData>, name: &'static str, buffer: Buffer) -> wasmtime::Result<()> {
    let mut instance = linker.instance(name)?;
    let mut instance = traced(&mut instance, name);
    instance.func_wrap_async("get-random-bytes", move |mut store, (len,): (u64,)| {
        Box::new(async move {
            let view = view(store.data_mut());
            let mut bytes = buffer(&view, len)?;
            for piece in bytes.chunks_mut(PIECE) {
                view.entropy().fill(piece)?;
                // Behind the last there is nothing to make others wait for.
                if piece.len() == PIECE {
                    tokio::task::coop::consume_budget().await;
                }
            }
            spans::copied(0, bytes.len());
            Ok((bytes,))
        })
    })?;
    instance.func_wrap("get-random-u64", |mut store, (): ()| Ok((view(store.data_mut()).secure_u64()?,)))
}

fn link_insecure(linker: &mut Linker<StoreData>, name: &'static str, buffer: Buffer) -> wasmtime::Result<()> {
    let mut instance = linker.instance(name)?;
    let mut instance = traced(&mut instance, name);
    instance.func_wrap_async("get-insecure-random-bytes", move |mut store, (len,): (u64,)| {
        Box::new(async move {
            let mut view = view(store.data_mut());
            let mut bytes = buffer(&view, len)?;
            let generator = view.insecure()?;
            for piece in bytes.chunks_mut(PIECE) {
                generator.fill_bytes(piece);
                tokio::task::coop::consume_budget().await;
            }
            spans::copied(0, bytes.len());
            Ok((bytes,))
        })
    })?;
    instance
        .func_wrap("get-insecure-random-u64", |mut store, (): ()| Ok((view(store.data_mut()).insecure()?.next_u64(),)))
}

impl insecure_seed::Host for RandomView<'_> {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        self.seed()
    }
}
