//! The path of an endpoint: `/users/{id}`, `/files/{rest...}`.

use std::borrow::Cow;

/// A path in the syntax of the matcher, its parameters numbered, so that two endpoints may name them differently.
#[derive(Debug)]
pub(super) struct Pattern {
    /// `/users/{0}`, `/files/{*0}`.
    pub(super) numbered: String,
    /// The names in the order of the numbers.
    pub(super) names: Vec<String>,
    /// For a path that ends in `{rest...}`: the path before it, which matches with an empty rest.
    pub(super) before_rest: Option<String>,
}

impl Pattern {
    /// Why a path is none is said in words.
    pub(super) fn parse(path: &str) -> Result<Self, String> {
        if !path.starts_with('/') {
            return Err("a path starts with /".to_owned());
        }
        let mut pattern = Self { numbered: String::new(), names: Vec::new(), before_rest: None };
        let mut segments = path.split('/').skip(1).peekable();
        while let Some(segment) = segments.next() {
            pattern.numbered.push('/');
            let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let Some(parameter) = parameter else {
                if segment.contains(['{', '}']) {
                    return Err(format!("{segment}: a parameter is a whole segment, as {{id}}"));
                }
                if segment.contains(|c: char| c.is_ascii_control() || matches!(c, '?' | '#' | ' ')) {
                    return Err(format!("{segment}: a path has no query, and blanks are written %20"));
                }
                let escapes = segment.split('%').skip(1);
                if escapes.into_iter().any(|rest| !rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count().eq(&2)) {
                    return Err(format!("{segment}: an escape is % and two digits, and % itself %25"));
                }
                pattern.numbered.push_str(&normal(segment));
                continue;
            };
            let (name, rest) = match parameter.strip_suffix("...") {
                Some(name) => (name, true),
                None => (parameter, false),
            };
            let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            if !valid {
                return Err(format!("{{{parameter}}}: a parameter's name is letters, digits, _ and -"));
            }
            if pattern.names.iter().any(|known| known == name) {
                return Err(format!("{{{name}}} stands there twice"));
            }
            if rest && segments.peek().is_some() {
                return Err(format!("{segment} has to be the last segment"));
            }
            let number = pattern.names.len();
            if rest {
                pattern.before_rest = Some(pattern.numbered.clone());
                pattern.numbered.push_str(&format!("{{*{number}}}"));
            } else {
                pattern.numbered.push_str(&format!("{{{number}}}"));
            }
            pattern.names.push(name.to_owned());
        }
        Ok(pattern)
    }
}

/// A path as every way of writing it comes out (RFC 3986, 6.2.2): escapes in capitals, those of letters, digits and `-._~`
/// as the characters, and characters beyond ASCII as escapes.
pub(super) fn normal(path: &str) -> Cow<'_, str> {
    if path.bytes().all(|byte| byte.is_ascii() && byte != b'%') {
        return Cow::Borrowed(path);
    }
    let mut normal = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let escaped = match byte {
            b'%' => {
                let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
                let byte = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                rest = behind.get(2..).filter(|_| byte.is_some()).unwrap_or(behind);
                byte
            }
            byte if byte.is_ascii() => None,
            byte => Some(byte),
        };
        match escaped {
            Some(byte) if unreserved(byte) => normal.push(byte.into()),
            Some(byte) => normal.push_str(&format!("%{byte:02X}")),
            None => normal.push(byte.into()),
        }
    }
    Cow::Owned(normal)
}

/// What `%41` stands for in a segment; nothing where that is no UTF-8, or the escape is cut off.
pub(super) fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_and_the_rest_is_the_last() {
        let pattern = Pattern::parse("/users/{id}/files/{rest...}").unwrap();
        assert_eq!(pattern.numbered, "/users/{0}/files/{*1}");
        assert_eq!(pattern.names, ["id", "rest"]);
        assert_eq!(pattern.before_rest.as_deref(), Some("/users/{0}/files/"));
        for wrong in
            ["users", "/{}", "/{a}/{a}", "/{rest...}/x", "/a{b}", "/{1}", "/a?b", "/a b", "/{a.b}", "/a%zz", "/%4"]
        {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_has_one_form_however_it_is_written() {
        for (written, form) in [
            ("/plain", "/plain"),
            ("/%69nt/%c3%A4", "/int/%C3%A4"),
            ("/größe", "/gr%C3%B6%C3%9Fe"),
            ("/a%2fb%20c", "/a%2Fb%20c"),
            ("/%zz%4", "/%zz%4"),
        ] {
            assert_eq!(normal(written), form, "{written}");
        }
        assert_eq!(Pattern::parse("/größe/{id}").unwrap().numbered, "/gr%C3%B6%C3%9Fe/{0}");
    }

    #[test]
    fn escapes_are_decoded() {
        assert_eq!(decoded("a%2Fb%20%c3%a9").as_deref(), Some("a/b é"));
        for wrong in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}
