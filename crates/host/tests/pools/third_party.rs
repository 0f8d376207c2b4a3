//! An import that keeps in its state for whom the call is, as a third party's may: it must never see another call's.

use crate::support::{add, call_in, host, pool, spec, until};
use serde_json::json;
use std::sync::Arc;
use wippy_host::pool::{PoolFields, PoolSpec, WarmStart};
use wippy_host::{
    CallContext, HostImport, ImportLinker, ImportMeta, Interface, NoConfig, Result, SetupContext, StateContext,
    async_trait, register_import,
};

/// Says how long the name of the actor is that was there when its state was made.
pub(crate) struct Who;

#[async_trait]
impl HostImport for Who {
    const META: ImportMeta =
        ImportMeta::new("test:who", "For whom").with_interfaces(&[Interface::new("test:who/actor", "1.0.0")]);
    type Config = NoConfig;
    type Shared = ();
    type State = usize;

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface("test:who/actor@1.0.0", |linker| {
            linker.instance("test:who/actor@1.0.0")?.func_wrap("length", |mut store, (): ()| {
                Ok((u32::try_from(*store.data_mut().state::<Who>()).unwrap_or_default(),))
            })
        })
    }

    fn state(cx: &mut StateContext<'_>, _: &Arc<()>) -> Result<usize> {
        Ok(cx.call().actor().map_or(0, str::len))
    }
}

register_import!(Who);

const ASKS: &str = "(component
    (import \"test:who/actor@1.0.0\" (instance $who (export \"length\" (func (result u32)))))
    (core func $length (canon lower (func $who \"length\")))
    (core module $m (import \"who\" \"length\" (func $length (result i32)))
        (func (export \"run\") (result i32) (call $length)))
    (core instance $i (instantiate $m (with \"who\" (instance (export \"length\" (func $length))))))
    (func (export \"run\") (result u32) (canon lift (core func $i \"run\"))))";

async fn each_call_sees_its_own_actor(pool: PoolSpec, waiting: usize) {
    let host = host();
    let entry = spec("app:run", "run", pool).with_imports(["test:who"]);
    let run = add(&host, &host.compile(ASKS).unwrap(), entry).await;
    for actor in ["ada", "grace", "linus"] {
        until("an instance waits", || run.ready() >= waiting).await;
        let context = CallContext::builder().actor(actor).build();
        assert_eq!(call_in(&context, &run, json!([])).await.unwrap(), actor.len());
    }
    assert_eq!(call_in(&CallContext::new(), &run, json!([])).await.unwrap(), 0);
}

#[tokio::test]
async fn the_state_in_a_prepared_instance_is_that_of_its_call() {
    let warm = PoolFields::default().with_max_size(8).with_warm_start(WarmStart::Count(1));
    each_call_sees_its_own_actor(pool(warm), 1).await;
}

#[tokio::test]
async fn the_state_in_a_kept_instance_is_that_of_its_call() {
    let kept = PoolFields::default().with_max_size(8).with_reuse_max_calls(100);
    each_call_sees_its_own_actor(pool(kept), 0).await;
}
