//! What a file of the cache holds: a mark, the digest of the rest, and a component as Wasmtime writes it.

use crate::error::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

const MARK: &[u8; 16] = b"wippy-host code\n";
const DIGEST: usize = 32;

/// The file of a component.
pub(super) fn store(component: &Component) -> Result<Vec<u8>> {
    let code = component
        .serialize()
        .map_err(|error| Error::internal(format!("a component cannot be written to the cache: {error:#}")))?;
    let mut file = Vec::with_capacity(MARK.len() + DIGEST + code.len());
    file.extend_from_slice(MARK);
    file.extend_from_slice(&Sha256::digest(&code));
    file.extend_from_slice(&code);
    Ok(file)
}

/// The component of a file that is nobody's but this user's.
pub(super) fn load(engine: &Engine, file: Vec<u8>) -> Result<Component> {
    let damaged =
        || Error::new(ErrorKind::Invalid, "a file of the cache of compiled components is damaged; it is written again");
    let (digest, code) = file.strip_prefix(MARK).and_then(|rest| rest.split_at_checked(DIGEST)).ok_or_else(damaged)?;
    if Sha256::digest(code).as_slice() != digest {
        return Err(damaged());
    }
    #[expect(unsafe_code, reason = "deserializing code from the cache: see the argument")]
    // SAFETY: the bytes must be what `Component::serialize` gave, unmodified. They were read whole into memory that nobody
    // else reaches, from a file that only this user can write, in a folder that only this user can write (`Folder`), and
    // compared with the digest that was written with them, which no accident survives. The file's name is a digest over
    // the engine's compatibility hash, and Wasmtime compares version and settings again.
    let component = unsafe { Component::deserialize(engine, code) };
    component.map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("a file of the cache of compiled components is of no use: {error:#}"))
    })
}
