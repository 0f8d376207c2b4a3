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

#[cfg(test)]
mod tests {
    use super::is_traceparent;

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
}
