//! What is left of a prompt when what a template fills in is taken out: how it begins, and how it
//! ends.
//!
//! Three words are kept at either end, since templates begin, or end, with words of their own. A
//! word with digits, a name (a capital inside of a sentence) and what stands in quotation marks are
//! places to fill in.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// Bytes at either end that are looked at.
const REACH: usize = 1024;
/// What is kept: three words, or six characters of a script that puts no blanks between them.
const KEPT: usize = 6;
/// What stands in quotation marks is at most so long.
const QUOTED: usize = 64;

/// What a prompt is told apart by. Two different texts that share one cannot be made: it is a
/// hash for which that is hard.
pub(crate) type Digest = [u8; 16];

/// The digest of a text.
pub(crate) fn digest(text: &str) -> Digest {
    let mut hash = SipHasher13::new();
    hash.write(text.as_bytes());
    finished(&hash)
}

fn finished(hash: &SipHasher13) -> Digest {
    let hash = hash.finish128();
    let mut digest = [0; 16];
    let (low, high) = digest.split_at_mut(8);
    low.copy_from_slice(&hash.h1.to_le_bytes());
    high.copy_from_slice(&hash.h2.to_le_bytes());
    digest
}

/// How a prompt begins, and how it ends.
pub(crate) fn skeletons(text: &str) -> (Digest, Digest) {
    let head = words(text.get(..text.floor_char_boundary(REACH)).unwrap_or(text));
    let first = text.ceil_char_boundary(text.len().saturating_sub(REACH));
    let tail = if first == 0 {
        head.clone()
    } else {
        words(text.get(first..).unwrap_or(text))
    };
    (kept(head.iter()), kept(tail.iter().rev()))
}

fn kept<'w>(words: impl Iterator<Item = &'w Word<'w>>) -> Digest {
    let mut hash = SipHasher13::new();
    let mut weight = 0;
    for word in words {
        match word {
            Word::Slot => hash.write_u8(0xfe),
            Word::Literal(word) => {
                for byte in word.bytes() {
                    hash.write_u8(byte.to_ascii_lowercase());
                }
            }
        }
        hash.write_u8(0xff);
        weight += match word {
            Word::Literal(word) if word.chars().all(is_dense) => 1,
            _ => 2,
        };
        if weight >= KEPT {
            break;
        }
    }
    finished(&hash)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'t> {
    Literal(&'t str),
    /// Something that is filled in; several in a row are one.
    Slot,
}

/// The words of a text.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::with_capacity(32);
    let mut rest = text;
    // A sentence's first word has its capital anyway.
    let mut begins = true;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if is_dense(first) => first.len_utf8(),
            _ if first.is_alphanumeric() => word_end(rest),
            _ => 0,
        };
        let (word, after) = if length > 0 {
            let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
            let is_name = !begins && first.is_ascii_uppercase();
            let is_slot = is_name || word.bytes().any(|byte| byte.is_ascii_digit());
            begins = false;
            (
                Some(if is_slot {
                    Word::Slot
                } else {
                    Word::Literal(word)
                }),
                after,
            )
        } else if let Some(after) = unquoted(first, rest) {
            begins = false;
            (Some(Word::Slot), after)
        } else {
            begins |= matches!(first, '.' | '!' | '?' | ':' | '\n');
            (None, rest.get(first.len_utf8()..).unwrap_or_default())
        };
        rest = after;
        match word {
            Some(Word::Slot) if words.last() == Some(&Word::Slot) => {}
            Some(word) => words.push(word),
            None => {}
        }
    }
    words
}

/// Scripts that put no blanks between words: each character is one.
fn is_dense(character: char) -> bool {
    matches!(u32::from(character), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x2e80..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

fn word_end(text: &str) -> usize {
    let ends = |character: char| {
        !(character.is_alphanumeric() || matches!(character, '\'' | '’' | '_'))
            || is_dense(character)
    };
    text.find(ends).unwrap_or(text.len())
}

/// What follows a quotation that begins here.
fn unquoted(first: char, text: &str) -> Option<&str> {
    let closing = match first {
        '"' | '`' | '\'' => first,
        '“' | '„' => '”',
        '«' => '»',
        '「' => '」',
        _ => return None,
    };
    let inner = text.get(first.len_utf8()..)?;
    let near = inner.get(..inner.floor_char_boundary(QUOTED))?;
    let (_, after) = near.split_once(closing)?;
    inner.get(near.len() - after.len()..)
}

/// A prompt without its last number, and that number.
pub(crate) fn numbered(text: &str) -> Option<(Digest, u64)> {
    if text.len() > REACH {
        return None;
    }
    let end = text.rfind(|character: char| character.is_ascii_digit())? + 1;
    let (before, after) = text.split_at_checked(end)?;
    let start = before
        .trim_end_matches(|character: char| character.is_ascii_digit())
        .len();
    let (before, digits) = before.split_at_checked(start)?;
    let number = digits.parse().ok().filter(|_| digits.len() <= 15)?;
    let mut hash = SipHasher13::new();
    hash.write(before.as_bytes());
    hash.write_u8(0xff);
    hash.write(after.as_bytes());
    Some((finished(&hash), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(one: &str, other: &str) -> (bool, bool) {
        let (first, second) = (skeletons(one), skeletons(other));
        (first.0 == second.0, first.1 == second.1)
    }

    #[test]
    fn what_is_filled_in_makes_no_difference() {
        for (one, other) in [
            (
                "What is the capital of France?",
                "What is the capital of the old kingdom of hungary?",
            ),
            (
                "Translate 'dog' into German",
                "Translate 'the cat' into German",
            ),
            (
                "Give me the profile of user 17",
                "Give me the profile of user 12345",
            ),
            (
                "Write a poem about rain in autumn",
                "Write a poem about ships at sea",
            ),
            ("法国的首都是什么城市", "法国的首都是什么东西"),
            (
                "Classify this review: it was good",
                "Classify this review: I have never seen one as bad",
            ),
        ] {
            assert!(
                share(one, other).0,
                "{one} / {other}: {:?} {:?}",
                words(one),
                words(other)
            );
        }
        for (one, other) in [
            (
                "France: what is its capital city",
                "Upper Volta: what is its capital city",
            ),
            (
                "rain. Write a short poem about this",
                "ships at sea. Write a short poem about this",
            ),
        ] {
            assert!(
                share(one, other).1,
                "{one} / {other}: {:?} {:?}",
                words(one),
                words(other)
            );
        }
    }

    #[test]
    fn other_questions_are_others() {
        for (one, other) in [
            (
                "What is the capital of France?",
                "How do I sort a list in Python?",
            ),
            ("hello", "thanks"),
            (
                "Fix the failing test please",
                "Rename this function to add_unique",
            ),
        ] {
            assert_eq!(share(one, other), (false, false), "{one} / {other}");
        }
        assert_ne!(digest("a"), digest("b"));
    }

    #[test]
    fn the_last_number_is_taken_out() {
        let (first, number) = numbered("Record 17 of 3.").unwrap();
        assert_eq!(number, 3);
        assert_eq!(numbered("Record 17 of 4."), Some((first, 4)));
        assert_ne!(numbered("Record 18 of 3.").unwrap().0, first);
        assert_eq!(numbered("no number"), None);
        assert_eq!(numbered("9999999999999999999999"), None);
    }

    #[test]
    fn any_text_has_them() {
        for text in [
            "",
            " ",
            "\"",
            "“",
            "'a",
            "é",
            "😀😀",
            "\u{0e01}\u{0e02}",
            "a\"b",
        ] {
            skeletons(text);
            numbered(text);
        }
        skeletons(&"\"".repeat(100_000));
        skeletons(&"é".repeat(100_000));
    }
}
