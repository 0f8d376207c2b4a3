//! `funcs@0.2.0`: structured values, and many calls at a time.

use crate::error::{Answer, CallError, answer, failed};
use crate::node::{Node, layout};
use crate::places::Places;
use crate::running::{Running, values};
use std::future::poll_fn;
use std::task::Poll;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wippy_host_core::{NestedCall, StoreData, spans, traced};

const INTERFACE: &str = "wippy:runtime/funcs@0.2.0";
#[cfg(feature = "p3")]
const ASYNCHRONOUS: &str = "wippy:runtime/async-funcs@0.2.0";

type Arguments = Vec<Vec<Node>>;

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    let mut funcs = traced(&mut instance, INTERFACE);
    funcs.resource("running", ResourceType::host::<Running>(), |mut store, handle| {
        store.data_mut().table().delete(Resource::<Running>::new_own(handle))?;
        Ok(())
    })?;
    funcs.func_wrap_async("call", |store, (target, arguments): (String, Arguments)| {
        asked(&target, &arguments);
        let call = store.data().nested_call(target);
        Box::new(async move { Ok((answered(call_now(call, arguments).await),)) })
    })?;
    funcs.func_wrap_async("[constructor]running", |mut store, (target, arguments): (String, Arguments)| {
        asked(&target, &arguments);
        Box::new(async move {
            let data = store.data_mut();
            let call = data.nested_call(target);
            // Before the call is started: a guest that has no handle left starts none.
            let running = data.table().push(Running::not_started())?;
            let (bytes, places) = (data.host_bytes().clone(), Places::of(data));
            let started = Running::start(call, arguments, &bytes, &places).await;
            *store.data_mut().table().get_mut(&running)? = started;
            Ok((running,))
        })
    })?;
    funcs.func_wrap("[method]running.ended", |mut store, (call,): (Resource<Running>,)| {
        Ok((store.data_mut().table().get(&call)?.has_ended(),))
    })?;
    funcs.func_wrap_async("[static]running.finish", |mut store, (call,): (Resource<Running>,)| {
        let call = store.data_mut().table().delete(call);
        Box::new(async move { Ok((answered(call?.finish().await),)) })
    })?;
    funcs.func_wrap_async("wait", |store, (calls,): (Vec<Resource<Running>>,)| Box::new(wait(store, calls)))
}

/// The same for components with asynchronous functions. A task of its own for each call, as above: they run beside each
/// other, not in turn.
#[cfg(feature = "p3")]
pub(crate) fn link_concurrent(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(ASYNCHRONOUS)?;
    let mut funcs = traced(&mut instance, ASYNCHRONOUS);
    funcs.func_wrap_concurrent("call", |accessor, (target, arguments): (String, Arguments)| {
        asked(&target, &arguments);
        Box::pin(async move {
            let (call, bytes, places) = accessor.with(|mut store| {
                let data = store.data_mut();
                (data.nested_call(target), data.host_bytes().clone(), Places::of(data))
            });
            Ok((answered(Running::start(call, arguments, &bytes, &places).await.finish().await),))
        })
    })
}

/// Says how much was copied for a call.
fn asked(target: &str, arguments: &[Vec<Node>]) {
    if spans::is_enabled() {
        spans::copied(target.len() + arguments.iter().map(|nodes| layout(nodes)).sum::<usize>(), 0);
    }
}

fn answered(answer: Answer) -> Answer {
    if spans::is_enabled() {
        let size = match &answer {
            Ok(nodes) | Err(CallError::Returned(nodes)) => layout(nodes),
            Err(CallError::Failed(failure)) => failure.message.len(),
        };
        spans::copied(0, size);
    }
    answer
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
