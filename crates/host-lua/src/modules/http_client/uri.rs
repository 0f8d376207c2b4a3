//! Percent-encoding of one part of a URI.

use crate::errors::LuaError;
use std::fmt::Write as _;
use wippy_host_core::ErrorKind;

/// Everything but letters, digits and `-_.~` as `%XX`, so that the result can stand anywhere in a URI.
pub(super) fn encode(text: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The text behind `%XX`; `+` is a space, as forms write it.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, LuaError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        (rest, _) = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (behind, decoded.push(high * 16 + low)),
                _ => return Err(broken()),
            },
            (b'%', _) => return Err(broken()),
            (b'+', _) => (behind, decoded.push(b' ')),
            (byte, _) => (behind, decoded.push(*byte)),
        };
    }
    Ok(decoded)
}

fn digit(hex: u8) -> Option<u8> {
    char::from(hex).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn broken() -> LuaError {
    LuaError::new(Some(ErrorKind::Invalid), "decode_uri: a % is not followed by two hexadecimal digits")
}
