//! How a host call of generated bindings ended, of which their event with its result is the only sign.

use std::fmt::{self, Debug, Write};
use tracing::field::{Field, Visit};

/// What is read of the result: its first word, and never what is in it.
#[derive(Default)]
pub(super) struct Returned {
    /// `ok`; `error`, which the guest may have been told as a value; or `returned` where the bindings hide the result, for it holds lists.
    pub(super) outcome: Option<&'static str>,
}

impl Visit for Returned {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "result" {
            return;
        }
        let mut word = Word::default();
        // Ends with an error as soon as the word is there: the rest is not even formatted.
        let _ = write!(word, "{value:?}");
        self.outcome = Some(match &word.0 {
            b"Err" => "error",
            b"\".." => "returned",
            _ => "ok",
        });
    }
}

/// The first bytes of a text, and how many there are yet.
#[derive(Default)]
struct Word([u8; 3], usize);

impl Write for Word {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.0.get_mut(self.1).ok_or(fmt::Error)? = byte;
            self.1 += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Word;
    use std::cell::Cell;
    use std::fmt::{self, Debug, Write as _};

    /// Says whether anybody has formatted it.
    struct Payload<'a>(&'a Cell<bool>);

    impl Debug for Payload<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.set(true);
            f.write_str("payload")
        }
    }

    #[test]
    fn the_first_word_of_a_result_is_read_and_nothing_of_what_is_in_it() {
        let formatted = Cell::new(false);
        let mut word = Word::default();
        let _ = write!(word, "{:?}", Err::<(), _>(Payload(&formatted)));
        assert_eq!((&word.0, formatted.get()), (b"Err", false));
        let mut word = Word::default();
        let _ = write!(word, "{:?}", "...");
        assert_eq!(&word.0, b"\"..");
    }
}
