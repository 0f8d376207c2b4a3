//! The known word that an unknown one was probably meant to be.

/// Longer words are not compared: the distance costs the product of the lengths.
const LONGEST_COMPARED: usize = 128;

/// At most this many candidates are compared, so that wrong ids by the hundred in a large application stay cheap.
const MOST_COMPARED: usize = 1_000;

/// The nearest of the candidates, if any is near: at most a third of the letters differ, or one is the beginning of the
/// other. Case, and `-` for `_`, do not count. Of two letters or fewer nothing is near.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST_COMPARED {
        return None;
    }
    let word = folded(word);
    let allowed = word.chars().count() / 3;
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(MOST_COMPARED) {
        if candidate.len() > LONGEST_COMPARED {
            continue;
        }
        let known = folded(candidate);
        let begins = word.len() >= 3 && known.len() >= 3 && (known.starts_with(&word) || word.starts_with(&known));
        let distance = if begins {
            1
        } else if word.len().abs_diff(known.len()) > allowed * 4 {
            continue;
        } else {
            strsim::osa_distance(&word, &known)
        };
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `did you mean …? ` for the front of a remedy, or nothing.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default()
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}
