//! What the vendors along a trace say of it, as the W3C's header `tracestate` carries it.

/// Longer ones are dropped: what the standard asks everybody to pass on at least.
const MAX_LENGTH: usize = 512;
/// The standard's own limit.
const MAX_MEMBERS: usize = 32;
const MAX_KEY: usize = 256;
const MAX_VALUE: usize = 256;

/// Whether a text is a `tracestate` that is passed on as it is: at most 512 characters and 32 members `key=value`, with commas between and
/// no key twice. Of several headers, the text is all of them with commas between.
pub fn is_tracestate(text: &str) -> bool {
    if text.len() > MAX_LENGTH {
        return false;
    }
    let mut keys = Vec::new();
    for member in text.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|member| !member.is_empty()) {
        let Some((key, value)) = member.split_once('=') else { return false };
        if keys.len() == MAX_MEMBERS || !is_key(key) || !is_value(value) || keys.contains(&key) {
            return false;
        }
        keys.push(key);
    }
    !keys.is_empty()
}

fn is_key(key: &str) -> bool {
    let (first, mut rest) = (key.bytes().next(), key.bytes().skip(1));
    key.len() <= MAX_KEY
        && first.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && rest.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@'))
}

fn is_value(value: &str) -> bool {
    (1..=MAX_VALUE).contains(&value.len()) && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

#[cfg(test)]
mod tests {
    use super::is_tracestate;

    #[test]
    fn what_the_standard_allows_is_one_and_nothing_else() {
        let many = |count| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        let long = |length: usize| format!("a={},b={}", "x".repeat(250), "x".repeat(length - 255));
        for good in ["a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "fw529a3039@dt=FfZTYy , ,b=2", "0a=x y!"] {
            assert!(is_tracestate(good), "{good}");
        }
        assert!(is_tracestate(&many(32)) && !is_tracestate(&many(33)));
        assert!(is_tracestate(&long(511)) && is_tracestate(&format!("{},", long(511))));
        assert!(!is_tracestate(&format!("{},,", long(511))));
        for wrong in ["", ",", "a", "=1", "a=", "A=1", "a=1=2", "a=1,a=2", "a=ü", "a=1\r\nx: y", "_a=1", "a b=1"] {
            assert!(!is_tracestate(wrong), "{wrong}");
        }
    }
}
