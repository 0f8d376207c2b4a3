//! Where guests' random numbers come from.

use crate::error::{Error, ErrorKind, Result};

/// Fills buffers with random bytes. Every kind of random number that a guest sees starts here.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// Kind `Unavailable`, where the source fails; the guest's call ends with it.
    fn fill(&self, buffer: &mut [u8]) -> Result<()>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        getrandom::fill(buffer).map_err(|error| {
            Error::new(ErrorKind::Unavailable, format!("the operating system gives no random bytes: {error}"))
        })
    }
}
