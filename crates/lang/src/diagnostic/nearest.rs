//! The known word a mistyped one was probably meant to be.

/// Bytes of a word that may be mistyped.
const LONGEST: usize = 64;

/// The number among `words` with the smallest distance to `wanted`; the first of equally near ones.
pub fn nearest_number<'a>(
    wanted: f64,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let numbers = words.into_iter();
    let numbers = numbers.filter_map(|word| Some((word.parse::<f64>().ok()?, word)));
    let nearest = numbers.min_by(|(one, _), (other, _)| {
        let distance = |number: &f64| (number - wanted).abs();
        distance(one).total_cmp(&distance(other))
    });
    nearest.map(|(_, word)| word)
}

/// The known word nearest to `word`: at most a third of its letters (at least one) wrong, missing,
/// swapped or too many. The first of equally near ones.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means a known word by a much longer one, and comparing would take long.
    if word.len() > LONGEST {
        return None;
    }
    let allowed = (word.chars().count() / 3).max(1);
    let distance =
        |other: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &other.to_lowercase());
    known
        .into_iter()
        .map(|other| (distance(other), other))
        .filter(|&(wrong, other)| wrong <= allowed && wrong < other.chars().count())
        .min_by_key(|&(wrong, _)| wrong)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_is_near_and_another_word_is_not() {
        assert_eq!(nearest("kernal", ["act", "kernel"]), Some("kernel"));
        assert_eq!(nearest("Swish", ["swish"]), Some("swish"));
        assert_eq!(nearest("banana", ["kernel", "act"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("s6", ["s1", "s2"]), Some("s1"));
    }
}
