//! `acme:kv/store@0.1.0`: functions that guests wait for, on fibers.

use crate::STORE;
use crate::bucket::Bucket;
use crate::error::KvError;
use crate::instance::Opening;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType};
use wippy_host_core::{StoreData, traced};

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(STORE)?;
    let mut store = traced(&mut instance, STORE);
    store.resource("store", ResourceType::host::<Bucket>(), drop_bucket)?;
    store.func_wrap_async("open", |mut store, (bucket,): (String,)| {
        Box::new(async move {
            let opened = match Opening::ask(store.data_mut(), &bucket) {
                Ok(opening) => Bucket::open(opening, bucket).await,
                Err(error) => Err(error),
            };
            Ok((opened.map(|bucket| store.data_mut().table().push(bucket)).transpose_table()?,))
        })
    })?;
    store.func_wrap_async("[method]store.get", |mut store, (bucket, key): (Resource<Bucket>, String)| {
        let bucket = bucket_of(store.data_mut(), &bucket);
        Box::new(async move { Ok((bucket?.get(key).await,)) })
    })?;
    store.func_wrap_async(
        "[method]store.set",
        |mut store, (bucket, key, value): (Resource<Bucket>, String, Vec<u8>)| {
            let bucket = bucket_of(store.data_mut(), &bucket);
            Box::new(async move { Ok((bucket?.set(key, value).await,)) })
        },
    )?;
    store.func_wrap_async("[method]store.delete", |mut store, (bucket, key): (Resource<Bucket>, String)| {
        let bucket = bucket_of(store.data_mut(), &bucket);
        Box::new(async move { Ok((bucket?.delete(key).await,)) })
    })?;
    store.func_wrap_async("[method]store.exists", |mut store, (bucket, key): (Resource<Bucket>, String)| {
        let bucket = bucket_of(store.data_mut(), &bucket);
        Box::new(async move { Ok((bucket?.exists(key).await,)) })
    })?;
    store.func_wrap_async(
        "[method]store.list-keys",
        |mut store, (bucket, cursor): (Resource<Bucket>, Option<String>)| {
            let bucket = bucket_of(store.data_mut(), &bucket);
            Box::new(async move { Ok((bucket?.list_keys(cursor).await,)) })
        },
    )?;
    store.func_wrap_async(
        "[method]store.increment",
        |mut store, (bucket, key, delta): (Resource<Bucket>, String, i64)| {
            let bucket = bucket_of(store.data_mut(), &bucket);
            Box::new(async move { Ok((bucket?.increment(key, delta).await,)) })
        },
    )
}

/// What a handle leads to; a handle that leads nowhere ends the call.
pub(crate) fn bucket_of(store: &mut StoreData, handle: &Resource<Bucket>) -> wasmtime::Result<Bucket> {
    Ok(store.table().get(handle)?.clone())
}

pub(crate) fn drop_bucket(mut store: StoreContextMut<'_, StoreData>, handle: u32) -> wasmtime::Result<()> {
    store.data_mut().table().delete(Resource::<Bucket>::new_own(handle))?;
    Ok(())
}

/// A table that is full ends the call; everything else is the guest's to handle.
pub(crate) trait TransposeTable<T> {
    fn transpose_table(self) -> wasmtime::Result<Result<T, KvError>>;
}

impl<T, E: Into<wasmtime::Error>> TransposeTable<T> for Result<Result<T, E>, KvError> {
    fn transpose_table(self) -> wasmtime::Result<Result<T, KvError>> {
        match self {
            Ok(Ok(handle)) => Ok(Ok(handle)),
            Ok(Err(full)) => Err(full.into()),
            Err(error) => Ok(Err(error)),
        }
    }
}
