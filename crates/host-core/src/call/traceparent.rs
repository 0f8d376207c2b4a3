//! The trace context of the W3C, as the header `traceparent` carries it.

/// Whether a text is a `traceparent` of version 00, which is what is passed on as it is: `00-<trace>-<span>-<flags>` in lower-case
/// hexadecimal digits, of which neither trace nor span are all zero. 55 characters, so that it fits any log and any header.
pub fn is_traceparent(text: &str) -> bool {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next(), parts.next(), parts.next(), parts.next());
    let is_hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
    };
    let is_some = |part: Option<&str>| part.is_some_and(|part| part.bytes().any(|byte| byte != b'0'));
    version == Some("00")
        && is_hex(trace, 32)
        && is_some(trace)
        && is_hex(span, 16)
        && is_some(span)
        && is_hex(flags, 2)
        && parts.next().is_none()
}

/// A `traceparent` with a span of its own, in the trace of `parent`, or in a new one that is to be recorded.
///
/// # Errors
/// Where the system has no random numbers.
pub(crate) fn child(parent: Option<&str>) -> Result<String, getrandom::Error> {
    let mut span = [0; 8];
    getrandom::fill(&mut span)?;
    let span = u64::from_ne_bytes(span).max(1);
    if let Some((trace, flags)) = parent.and_then(|parent| Some((parent.get(..36)?, parent.get(52..)?))) {
        return Ok(format!("{trace}{span:016x}{flags}"));
    }
    let mut trace = [0; 16];
    getrandom::fill(&mut trace)?;
    Ok(format!("00-{:032x}-{span:016x}-01", u128::from_ne_bytes(trace).max(1)))
}

#[cfg(test)]
mod tests {
    use super::{child, is_traceparent};

    #[test]
    fn what_the_standard_allows_is_one_and_nothing_else() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_traceparent(good));
        for wrong in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01\r\nx",
        ] {
            assert!(!is_traceparent(wrong), "{wrong}");
        }
    }
    #[test]
    fn a_child_is_of_its_parents_trace_and_one_without_a_parent_of_its_own() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let below = child(Some(parent)).unwrap();
        assert!(is_traceparent(&below), "{below}");
        assert_eq!((&below[..36], &below[52..]), (&parent[..36], &parent[52..]));
        assert_ne!(below[36..52], parent[36..52]);
        let (one, other) = (child(None).unwrap(), child(None).unwrap());
        assert!(is_traceparent(&one) && is_traceparent(&other));
        assert_ne!(one[..36], other[..36]);
    }
}
