//! `acme:kv/store@0.2.0`: the same functions, asynchronous. Many run beside their guest, so what each holds is counted
//! against `limits.max_host_bytes`.

use crate::STORE_ASYNC;
use crate::bucket::Bucket;
use crate::instance::Opening;
use crate::store::{TransposeTable as _, bucket_of, drop_bucket};
use wasmtime::component::{Accessor, Linker, Resource, ResourceType};
use wippy_host_core::{HostShare, StoreData, traced};

/// What a call takes beside its texts and bytes.
const CALL: usize = 256;

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(STORE_ASYNC)?;
    let mut store = traced(&mut instance, STORE_ASYNC);
    store.resource("store", ResourceType::host::<Bucket>(), drop_bucket)?;
    store.func_wrap_concurrent("open", |accessor, (bucket,): (String,)| {
        Box::pin(async move {
            let share = share(accessor, bucket.len())?;
            let opened = match accessor.with(|mut store| Opening::ask(store.data_mut(), &bucket)) {
                Ok(opening) => Bucket::open(opening, bucket).await,
                Err(error) => Err(error),
            };
            drop(share);
            let pushed = accessor.with(|mut store| opened.map(|bucket| store.data_mut().table().push(bucket)));
            Ok((pushed.transpose_table()?,))
        })
    })?;
    store.func_wrap_concurrent("[method]store.get", |accessor, (bucket, key): (Resource<Bucket>, String)| {
        Box::pin(async move {
            let (bucket, _share) = begin(accessor, &bucket, key.len())?;
            Ok((bucket.get(key).await,))
        })
    })?;
    store.func_wrap_concurrent(
        "[method]store.set",
        |accessor, (bucket, key, value): (Resource<Bucket>, String, Vec<u8>)| {
            Box::pin(async move {
                let (bucket, _share) = begin(accessor, &bucket, key.len() + value.len())?;
                Ok((bucket.set(key, value).await,))
            })
        },
    )?;
    store.func_wrap_concurrent("[method]store.delete", |accessor, (bucket, key): (Resource<Bucket>, String)| {
        Box::pin(async move {
            let (bucket, _share) = begin(accessor, &bucket, key.len())?;
            Ok((bucket.delete(key).await,))
        })
    })?;
    store.func_wrap_concurrent("[method]store.exists", |accessor, (bucket, key): (Resource<Bucket>, String)| {
        Box::pin(async move {
            let (bucket, _share) = begin(accessor, &bucket, key.len())?;
            Ok((bucket.exists(key).await,))
        })
    })?;
    store.func_wrap_concurrent(
        "[method]store.list-keys",
        |accessor, (bucket, cursor): (Resource<Bucket>, Option<String>)| {
            Box::pin(async move {
                let (bucket, _share) = begin(accessor, &bucket, cursor.as_ref().map_or(0, String::len))?;
                Ok((bucket.list_keys(cursor).await,))
            })
        },
    )?;
    store.func_wrap_concurrent(
        "[method]store.increment",
        |accessor, (bucket, key, delta): (Resource<Bucket>, String, i64)| {
            Box::pin(async move {
                let (bucket, _share) = begin(accessor, &bucket, key.len())?;
                Ok((bucket.increment(key, delta).await,))
            })
        },
    )
}

fn begin(
    accessor: &Accessor<StoreData>,
    bucket: &Resource<Bucket>,
    bytes: usize,
) -> wasmtime::Result<(Bucket, HostShare)> {
    let share = share(accessor, bytes)?;
    Ok((accessor.with(|mut store| bucket_of(store.data_mut(), bucket))?, share))
}

/// Held until the call has its answer.
fn share(accessor: &Accessor<StoreData>, bytes: usize) -> wasmtime::Result<HostShare> {
    Ok(accessor.with(|mut store| store.data_mut().host_bytes().take(CALL.saturating_add(bytes)))?)
}
