//! The memory of a module that calls preview 1.

use wasmtime::Caller;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{FsError, FsResult};
use wasmtime_wasi_io::bytes::Bytes;
use wiggle::GuestPtr;
use wippy_host_core::StoreData;
pub(super) use wippy_wasi_context::preview1_parts as parts;

/// What one write takes; the guest writes the rest in another.
const MAX_WRITE: u32 = 1 << 20;
/// How many parts of one write are looked at, as on Linux.
const MAX_VECTORS: u32 = 1024;
/// No operating system takes a path as long as this.
const MAX_PATH: u32 = 64 * 1024;

pub(super) fn path(caller: &mut Caller<'_, StoreData>, at: i32, length: i32) -> FsResult<String> {
    let length = length.cast_unsigned();
    if length > MAX_PATH {
        return Err(ErrorCode::NameTooLong.into());
    }
    let (memory, _) = parts(caller).map_err(FsError::trap)?;
    let path = GuestPtr::<u8>::new(at.cast_unsigned()).as_array(length);
    let bytes = memory.to_vec(path).map_err(FsError::trap)?;
    String::from_utf8(bytes).map_err(|_| ErrorCode::IllegalByteSequence.into())
}

/// The first part of a write that is not empty.
pub(super) fn vector(caller: &mut Caller<'_, StoreData>, at: i32, count: i32) -> wasmtime::Result<Bytes> {
    let (memory, _) = parts(caller)?;
    let vectors = GuestPtr::<u32>::new(at.cast_unsigned());
    for index in 0..count.cast_unsigned().min(MAX_VECTORS) {
        let vector = vectors.add(2 * index)?;
        let (start, length) = (memory.read(vector)?, memory.read(vector.add(1)?)?);
        if length > 0 {
            let part = GuestPtr::<u8>::new(start).as_array(length.min(MAX_WRITE));
            return Ok(memory.to_vec(part)?.into());
        }
    }
    Ok(Bytes::new())
}

pub(super) fn put(caller: &mut Caller<'_, StoreData>, at: i32, value: u32) -> wasmtime::Result<()> {
    let (mut memory, _) = parts(caller)?;
    Ok(memory.write(GuestPtr::new(at.cast_unsigned()), value)?)
}

pub(super) fn errno(result: FsResult<()>) -> wasmtime::Result<i32> {
    match result {
        Ok(()) => Ok(0),
        Err(error) => Ok(i32::from(u16::from(Errno::from(error.downcast()?)))),
    }
}
