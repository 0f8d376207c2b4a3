//! What a file of the cache holds: a mark, the digest of the rest, and code as Wasmtime writes it.

use crate::component::Program;
use crate::engine::Engines;
use crate::error::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

const COMPONENT: &[u8; 16] = b"wippy-host code\n";
const CONCURRENT: &[u8; 16] = b"wippy-host 0.3 \n";
const COMMAND: &[u8; 16] = b"wippy-host core\n";
const DIGEST: usize = 32;

/// The file of a component or a command.
pub(super) fn store(engines: &Engines, program: &Program) -> Result<Vec<u8>> {
    let (mark, code) = match program {
        Program::Component(component) if Engine::same(component.engine(), engines.plain()) => {
            (COMPONENT, component.serialize())
        }
        Program::Component(component) => (CONCURRENT, component.serialize()),
        Program::Command(module) => (COMMAND, module.serialize()),
    };
    let code = code.map_err(|error| Error::internal(format!("code cannot be written to the cache: {error:#}")))?;
    let mut file = Vec::with_capacity(mark.len() + DIGEST + code.len());
    file.extend_from_slice(mark);
    file.extend_from_slice(&Sha256::digest(&code));
    file.extend_from_slice(&code);
    Ok(file)
}

/// The code of a file that is nobody's but this user's.
pub(super) fn load(engines: &Engines, file: Vec<u8>) -> Result<Program> {
    let damaged =
        || Error::new(ErrorKind::Invalid, "a file of the cache of compiled components is damaged; it is written again");
    let (mark, rest) = file.split_at_checked(COMPONENT.len()).ok_or_else(damaged)?;
    let (digest, code) = rest.split_at_checked(DIGEST).ok_or_else(damaged)?;
    if ![&COMPONENT[..], CONCURRENT, COMMAND].contains(&mark) || Sha256::digest(code).as_slice() != digest {
        return Err(damaged());
    }
    let engine = if mark == CONCURRENT { engines.concurrent()? } else { engines.plain() };
    #[expect(unsafe_code, reason = "deserializing code from the cache: see the argument")]
    // SAFETY: the bytes must be what `serialize` gave, unmodified. They were read whole into memory that nobody
    // else reaches, from a file that only this user can write, in a folder that only this user can write (`Folder`), and
    // compared with the digest that was written with them, which no accident survives. The file's name is a digest over
    // the engine's compatibility hash, and Wasmtime compares version and settings again.
    let program = unsafe {
        match mark == COMMAND {
            true => Module::deserialize(engine, code).map(Program::Command),
            false => Component::deserialize(engine, code).map(Program::Component),
        }
    };
    program.map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("a file of the cache of compiled components is of no use: {error:#}"))
    })
}
