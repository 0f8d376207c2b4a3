//! How large a component becomes when its nested components are unfolded, before anything is compiled.
//!
//! Wasmtime compiles each nested component anew wherever it is instantiated, and keeps all enclosing ones at hand meanwhile.
//! Neither has a limit there: 2 KB of components that instantiate each other four times take gigabytes, and so do 100 KB
//! of components that do nothing but nest. Both are told here from the headers of the sections alone.

/// The reason why a component is not compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooLarge {
    #[error("its components nest deeper than {MAX_DEPTH}")]
    Deep,
    #[error("its nested components, each counted as often as it is instantiated, are larger than {} MiB", MAX_BYTES >> 20)]
    Unfolded,
}

/// Compositions of compositions nest less than ten deep.
const MAX_DEPTH: usize = 64;

/// Code is not counted: it is compiled once. A component with all of WASI and a hundred interfaces has some 100 KB of the
/// rest; each byte costs the compiler about twenty.
const MAX_BYTES: u64 = 32 << 20;

const PREAMBLE: usize = 8;
const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = 4;
const INSTANCES: u8 = 5;

/// A component that is being read.
struct Open {
    end: usize,
    bytes: u64,
}

/// Whether `binary` is small enough to be compiled. What is not well-formed is: the compiler says why.
///
/// An upper bound: each instance is taken to be one of the largest component before it, whichever it really is of.
pub(crate) fn check(binary: &[u8]) -> Result<(), TooLarge> {
    let mut open = vec![Open { end: binary.len(), bytes: 0 }];
    let mut largest = 0_u64;
    let mut at = PREAMBLE;
    while let Some(current) = open.last_mut() {
        if at >= current.end {
            largest = largest.max(current.bytes);
            open.pop();
            continue;
        }
        let Some((id, start, end)) = section(binary, at).filter(|(_, _, end)| *end <= current.end) else {
            return Ok(());
        };
        at = end;
        match id {
            CORE_MODULE => {}
            COMPONENT => {
                if open.len() >= MAX_DEPTH {
                    return Err(TooLarge::Deep);
                }
                open.push(Open { end, bytes: 0 });
                at = start.saturating_add(PREAMBLE).min(end);
            }
            _ => {
                let instances = match id {
                    INSTANCES => number(binary, start).map_or(0, |(count, _)| u64::from(count)),
                    _ => 0,
                };
                let length = (end - start) as u64;
                current.bytes = current.bytes.saturating_add(length).saturating_add(instances.saturating_mul(largest));
                if current.bytes > MAX_BYTES {
                    return Err(TooLarge::Unfolded);
                }
            }
        }
    }
    Ok(())
}

/// Identifier, start and end of the section at `at`.
fn section(binary: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let id = *binary.get(at)?;
    let (length, start) = number(binary, at + 1)?;
    Some((id, start, start.checked_add(usize::try_from(length).ok()?)?))
}

/// An unsigned LEB128 number of 32 bits, and where it ends.
fn number(binary: &[u8], mut at: usize) -> Option<(u32, usize)> {
    let mut value = 0_u32;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *binary.get(at)?;
        at += 1;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Each component instantiates the one before it `width` times.
    fn bomb(levels: usize, width: usize) -> Vec<u8> {
        let mut text = "(component (component $c0)".to_owned();
        for level in 1..levels {
            let instances = format!("(instance (instantiate $c{}))", level - 1).repeat(width);
            write!(text, "(component $c{level} {instances})").unwrap();
        }
        wat::parse_str(text + ")").unwrap()
    }

    #[test]
    fn components_that_multiply_are_told_by_their_headers() {
        assert_eq!(check(&bomb(3, 4)), Ok(()));
        assert_eq!(check(&bomb(14, 4)), Err(TooLarge::Unfolded));
        assert_eq!(check(&bomb(40, 2)), Err(TooLarge::Unfolded));
        assert_eq!(check(&bomb(200, 1)), Ok(()), "each once is no more than it says");
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| wat::parse_str(format!("{}{}", "(component ".repeat(depth), ")".repeat(depth))).unwrap();
        assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(check(&nested(MAX_DEPTH + 1)), Err(TooLarge::Deep));
    }

    #[test]
    fn what_is_not_well_formed_is_left_to_the_compiler() {
        let whole = bomb(14, 4);
        for end in 0..whole.len() {
            let _ = check(&whole[..end]);
        }
        assert_eq!(check(&[0xff; 64]), Ok(()));
        let mut lies = b"\0asm\x0d\0\x01\0\x04\xff\xff\xff\xff\x0f".to_vec();
        assert_eq!(check(&lies), Ok(()));
        lies.extend([4, 0, 4, 0]);
        assert_eq!(check(&lies), Ok(()));
    }
}
