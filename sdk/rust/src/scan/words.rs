//! Word boundaries, and words that stand nearby.

use crate::segment::floor_boundary;

/// Whether a byte continues a word: a letter, a digit, an underscore, or part of a character
/// beyond ASCII.
///
/// ```
/// use caponier_sdk::scan::words;
///
/// let text = "café BADGE_1";
/// let end = text.bytes().take_while(|byte| words::is_word_byte(*byte)).count();
/// assert_eq!(&text[..end], "café");
/// ```
#[inline]
pub fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether a character is a letter or a digit of any script, as [`char::is_alphanumeric`] says; sooner
/// for those that most text is written in, where that looks through a table.
///
/// ```
/// use caponier_sdk::scan::words;
///
/// let word: String = "ключ 7".chars().take_while(|c| words::is_alphanumeric(*c)).collect();
/// assert_eq!(word, "ключ");
/// ```
#[inline]
pub fn is_alphanumeric(character: char) -> bool {
    match character {
        '\0'..='\x7f' => character.is_ascii_alphanumeric(),
        // Latin, Cyrillic, Arabic, Devanagari, kana, ideographs and Hangul.
        '\u{c0}'..='\u{d6}'
        | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{24f}'
        | '\u{400}'..='\u{481}'
        | '\u{620}'..='\u{64a}'
        | '\u{904}'..='\u{939}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => true,
        // Accents, general punctuation, what selects a variant, pictures.
        '\u{300}'..='\u{344}'
        | '\u{2000}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{1f300}'..='\u{1f64f}' => false,
        _ => character.is_alphanumeric(),
    }
}

/// Whether the character before `at` is no letter, digit or underscore.
///
/// ```
/// use caponier_sdk::scan::words;
///
/// /// Where the word stands by itself, and not in another.
/// fn alone(text: &str, word: &str) -> bool {
///     text.match_indices(word).any(|(start, word)| {
///         words::boundary_before(text, start) && words::boundary_after(text, start + word.len())
///     })
/// }
///
/// assert!(alone("who is Kestrel?", "Kestrel"));
/// assert!(!alone("two Kestrels", "Kestrel"));
/// assert!(!alone("éKestrel", "Kestrel"));
/// ```
pub fn boundary_before(text: &str, at: usize) -> bool {
    text.get(..at)
        .and_then(|before| before.chars().next_back())
        .is_none_or(|before| !is_word(before))
}

/// Whether the character at `at` is no letter, digit or underscore.
///
/// See the [example](boundary_before).
pub fn boundary_after(text: &str, at: usize) -> bool {
    text.get(at..)
        .and_then(|after| after.chars().next())
        .is_none_or(|after| !is_word(after))
}

fn is_word(character: char) -> bool {
    character == '_' || is_alphanumeric(character)
}

/// Whether one of `words` stands, on its own, in the `reach` bytes before `at`. The words are
/// single ones in lower case; ASCII letters of the text may be in either case.
///
/// ```
/// use caponier_sdk::scan::words;
///
/// assert!(words::before("My Card number is 4111", 18, 32, &["card"]));
/// assert!(!words::before("Discarded in 4111", 13, 32, &["card"]));
/// ```
pub fn before(text: &str, at: usize, reach: usize, words: &[&str]) -> bool {
    let start = floor_boundary(text, at.saturating_sub(reach));
    let bytes = text.as_bytes();
    let Some(near) = bytes.get(start..at) else {
        return false;
    };
    // The first word is no whole one where the reach ends inside of it.
    let cut = start
        .checked_sub(1)
        .and_then(|last| bytes.get(last))
        .is_some_and(|last| is_word_byte(*last));
    near.split(|byte| !is_word_byte(*byte))
        .skip(usize::from(cut))
        .filter(|word| !word.is_empty())
        .any(|word| {
            words.iter().any(|known| {
                known.len() == word.len() && word.eq_ignore_ascii_case(known.as_bytes())
            })
        })
}

/// Words any of which is looked for in one pass, in any case of ASCII: few places of a text begin as one
/// of them does.
///
/// ```
/// use caponier_sdk::scan::words::AnyOf;
///
/// static STAND_INS: AnyOf = AnyOf::new(&["changeme", "your-"]);
///
/// assert!(STAND_INS.is_in(b"key: Your-Key"));
/// assert!(!STAND_INS.is_in(b"key: 9f8Kd02m"));
/// assert_eq!(STAND_INS.at(b"CHANGEME!"), Some("changeme"));
/// assert_eq!(STAND_INS.at(b"no CHANGEME"), None);
/// ```
#[derive(Clone, Debug)]
pub struct AnyOf {
    words: &'static [&'static str],
    /// By byte: what the next one is in the words that begin with it, a bit for its lower five bits,
    /// which are the same in either case.
    begins: [u32; 256],
}

impl AnyOf {
    /// Words, in any case. One that is empty is found nowhere.
    ///
    /// See the [example](AnyOf).
    #[expect(clippy::indexing_slicing, reason = "each byte has its place")]
    pub const fn new(words: &'static [&'static str]) -> Self {
        let mut begins = [0; 256];
        let mut rest = words;
        while let [word, others @ ..] = rest {
            rest = others;
            let (first, next) = match word.as_bytes() {
                [] => continue,
                [first] => (*first, u32::MAX),
                [first, second, ..] => (*first, 1 << (*second & 31)),
            };
            let upper = first.to_ascii_uppercase() as usize;
            begins[upper] |= next;
            begins[first.to_ascii_lowercase() as usize] = begins[upper];
        }
        Self { words, begins }
    }

    /// Whether one of them is in `text`.
    ///
    /// See the [example](AnyOf).
    pub fn is_in(&self, text: &[u8]) -> bool {
        (0..text.len()).any(|at| self.at(text.get(at..).unwrap_or_default()).is_some())
    }

    /// The first of them that `text` begins with.
    ///
    /// See the [example](AnyOf).
    #[inline]
    pub fn at(&self, text: &[u8]) -> Option<&'static str> {
        let (first, second) = (text.first()?, text.get(1).copied().unwrap_or(0));
        let next = self.begins.get(usize::from(*first)).copied().unwrap_or(0);
        if next >> (second & 31) & 1 == 0 {
            return None;
        }
        let stands = |word: &&&str| {
            let here = text.get(..word.len()).filter(|here| !here.is_empty());
            here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
        };
        self.words.iter().find(stands).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_what_the_standard_library_takes_for_them() {
        for character in '\0'..=char::MAX {
            let is = character.is_alphanumeric();
            assert_eq!(is_alphanumeric(character), is, "{:x}", character as u32);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_of_the_words_is_found_wherever_it_stands(text in "[abAB.\\-Zé\\\\]{0,12}") {
            const WORDS: &[&str] = &["ab", "b.", "", "--", "ZAB", "abba", "\\"];
            static ANY: AnyOf = AnyOf::new(WORDS);
            let lower = text.to_ascii_lowercase();
            let begins = |rest: &str, word: &str| {
                !word.is_empty() && rest.starts_with(&word.to_ascii_lowercase())
            };
            let mut rests = lower.char_indices().filter_map(|(at, _)| lower.get(at..));
            let found = rests.any(|rest| WORDS.iter().any(|word| begins(rest, word)));
            proptest::prop_assert_eq!(ANY.is_in(text.as_bytes()), found);
            let first = WORDS.iter().find(|word| begins(&lower, word));
            proptest::prop_assert_eq!(ANY.at(text.as_bytes()), first.copied());
        }
    }

    #[test]
    fn a_word_is_not_part_of_another() {
        assert!(before("ssn: 1", 5, 10, &["ssn"]));
        assert!(before("SSN 1", 4, 10, &["ssn"]));
        assert!(!before("lessn 1", 6, 10, &["ssn"]));
        assert!(!before("ssnx 1", 5, 10, &["ssn"]));
        assert!(!before("ssn is far away 1", 16, 5, &["ssn"]));
        assert!(before("é ssn é1", 9, 8, &["ssn"]));
    }

    #[test]
    fn boundaries_know_letters_beyond_ascii() {
        assert!(!boundary_before("é1", 2));
        assert!(boundary_before("—1", 3));
        assert!(boundary_before("1", 0));
        assert!(!boundary_after("1é", 1));
        assert!(boundary_after("1", 1));
    }
}
