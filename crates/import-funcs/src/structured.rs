//! `funcs@0.2.0`: structured values, and many calls at a time.

use crate::Funcs;
use crate::error::{Answer, answer, failed};
use crate::node::Node;
use crate::running::{Running, values};
use std::future::poll_fn;
use std::task::Poll;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wippy_host_core::{NestedCall, StoreData};

const INTERFACE: &str = "wippy:runtime/funcs@0.2.0";

type Arguments = Vec<Vec<Node>>;

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut funcs = linker.instance(INTERFACE)?;
    funcs.resource("running", ResourceType::host::<Running>(), |mut store, handle| {
        store.data_mut().table().delete(Resource::<Running>::new_own(handle))?;
        Ok(())
    })?;
    funcs.func_wrap_async("call", |store, (target, arguments): (String, Arguments)| {
        let call = store.data().nested_call(target);
        Box::new(async move { Ok((call_now(call, arguments).await,)) })
    })?;
    funcs.func_wrap("[constructor]running", |mut store, (target, arguments): (String, Arguments)| {
        let data = store.data_mut();
        let call = data.nested_call(target);
        let (budget, table) = data.state_and_table::<Funcs>();
        // Before the call is started: a guest that has no handle left starts none.
        let running = table.push(Running::not_started())?;
        *table.get_mut(&running)? = Running::start(call, arguments, budget);
        Ok((running,))
    })?;
    funcs.func_wrap("[method]running.ended", |mut store, (call,): (Resource<Running>,)| {
        Ok((store.data_mut().table().get(&call)?.has_ended(),))
    })?;
    funcs.func_wrap_async("[static]running.finish", |mut store, (call,): (Resource<Running>,)| {
        let call = store.data_mut().table().delete(call);
        Box::new(async move { Ok((call?.finish().await,)) })
    })?;
    funcs.func_wrap_async("wait", |store, (calls,): (Vec<Resource<Running>>,)| Box::new(wait(store, calls)))
}

/// The same for components with asynchronous functions. A task of its own for each call, as above: they run beside each
/// other, not in turn.
#[cfg(feature = "p3")]
pub(crate) fn link_concurrent(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut funcs = linker.instance("wippy:runtime/async-funcs@0.2.0")?;
    funcs.func_wrap_concurrent("call", |accessor, (target, arguments): (String, Arguments)| {
        Box::pin(async move {
            let running = accessor.with(|mut store| {
                let data = store.data_mut();
                let call = data.nested_call(target);
                Running::start(call, arguments, data.state::<Funcs>())
            });
            Ok((running.finish().await,))
        })
    })
}

async fn call_now(call: NestedCall, arguments: Arguments) -> Answer {
    answer(call.with_values(values(arguments).map_err(failed)?).await)
}

async fn wait(
    mut store: StoreContextMut<'_, StoreData>,
    calls: Vec<Resource<Running>>,
) -> wasmtime::Result<(Vec<u32>,)> {
    if calls.is_empty() {
        return Ok((Vec::new(),));
    }
    let ended = poll_fn(|cx| {
        let mut ended = Vec::new();
        for (place, call) in (0..).zip(&calls) {
            match store.data_mut().table().get_mut(call) {
                Ok(running) => {
                    if running.poll_end(cx).is_ready() {
                        ended.push(place);
                    }
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if ended.is_empty() { Poll::Pending } else { Poll::Ready(Ok(ended)) }
    });
    Ok((ended.await?,))
}
