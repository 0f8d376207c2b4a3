//! Entropy that repeats, for tests.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use wippy_host_core::{Entropy, Result};

/// Gives the same bytes for the same seed, in the order in which they are asked for. Not for secrets: making one writes a
/// warning to the log.
pub struct SeededEntropy(Mutex<StdRng>);

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededEntropy").finish_non_exhaustive()
    }
}

impl SeededEntropy {
    /// A source that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        tracing::warn!(seed, "random numbers are seeded: guests' secrets can be guessed");
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
        Ok(())
    }
}
