//! Lengths of time: text with units, or a number of milliseconds.

use super::fields::{Fields, located};
use super::source::Located;
use std::time::Duration;

/// The units, from the longest name that another begins with: `ms` before `m`.
const UNITS: [(&str, f64); 6] = [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];

/// No timeout of a service is longer than a year; a longer one is a slip of a unit.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// A length of time under a key.
pub(super) fn read(fields: &Fields<'_>, key: &str) -> Option<Located<Duration>> {
    let node = fields.get(key)?;
    let duration = match (node.as_text(), fields.is_integer(key)) {
        (_, true) => {
            let number = fields.integer(key)?;
            u64::try_from(number.value).ok().map(Duration::from_millis)
        }
        (Some(text), false) => parse(text.trim()),
        (None, false) => None,
    };
    match duration {
        Some(duration) if duration <= LONGEST => Some(located(node, duration)),
        Some(_) => {
            fields.error(
                &node.span,
                format!("{} is longer than a year", fields.name(key)),
                format!("write `{key}: 30s`"),
            );
            None
        }
        None => {
            let remedy = format!("write `{key}: 30s`, or with the units h, m, s, ms; a number is milliseconds");
            fields.mismatch(node, &fields.name(key), "a length of time", Some(remedy));
            None
        }
    }
}

/// `1m30s`, `500ms`, `1.5s`; none where it is anything else.
fn parse(text: &str) -> Option<Duration> {
    let mut seconds = 0.0_f64;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let (unit, factor) = UNITS.into_iter().find(|(unit, _)| behind.starts_with(unit))?;
        seconds += number.parse::<f64>().ok()? * factor;
        rest = behind.strip_prefix(unit)?;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::Duration;

    #[test]
    fn lengths_of_time_have_units() {
        for (text, milliseconds) in
            [("30s", 30_000), ("500ms", 500), ("1m30s", 90_000), ("1.5s", 1_500), ("0s", 0), ("2h", 7_200_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "30", "s", "30 s", "-1s", "1..5s", ".s", "1d", "1s5", "1e3s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
