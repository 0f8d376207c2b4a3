//! `response-outparam.send-informational`. Wasmtime's own traps; the WIT has an error for hosts that do not send such
//! responses, and hyper's servers send none.

use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p2::types::HostResponseOutparam;
use wippy_host_core::{StoreData, traced};

const INTERFACE: &str = "wasi:http/types@0.2.12";

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = linker.instance(INTERFACE).and_then(|mut instance| {
        traced(&mut instance, INTERFACE).func_wrap(
            "[method]response-outparam.send-informational",
            |mut store, arguments: Arguments| {
                let (out, status, headers) = arguments;
                let table = store.data_mut().table();
                table.delete(headers)?;
                table.get(&out)?;
                let code = match status {
                    100..=199 => ErrorCode::InternalError(Some("informational responses are not sent".to_owned())),
                    _ => ErrorCode::HttpProtocolError,
                };
                Ok((Err::<(), _>(code),))
            },
        )
    });
    linker.allow_shadowing(false);
    linked
}

type Arguments = (Resource<HostResponseOutparam>, u16, Resource<FieldMap>);
