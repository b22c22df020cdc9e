//! A text under inspection, and whether a look ran off its end.

use std::cell::Cell;

/// How far back a check may look. A stream shows at least as much of what has been released.
pub(crate) const LOOK_BEHIND: usize = 1000;

/// Bytes with a mark that a look wanted more of them than there are. What was decided then may be
/// decided otherwise once more has come.
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    starved: Cell<bool>,
    work: Cell<usize>,
    most_work: usize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            starved: Cell::new(false),
            work: Cell::new(0),
            most_work: bytes.len() * 2 + (64 << 10),
        }
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether a look since the last call of this ran off the end.
    pub(crate) fn take_starved(&self) -> bool {
        self.starved.replace(false)
    }

    /// Counts bytes that a check looks at besides those of the pass itself.
    pub(crate) fn charge(&self, bytes: usize) {
        self.work.set(self.work.get() + bytes);
    }

    /// Whether checks have looked at so much that the cost would no longer be linear.
    pub(crate) fn is_spent(&self) -> bool {
        self.work.get() > self.most_work
    }

    /// The byte at `at`.
    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        let byte = self.bytes.get(at).copied();
        if byte.is_none() {
            self.starved.set(true);
        }
        byte
    }

    /// The byte before `at`, 0 at the beginning.
    pub(crate) fn before(&self, at: usize) -> u8 {
        let last = at.checked_sub(1).and_then(|last| self.bytes.get(last));
        last.copied().unwrap_or(0)
    }

    /// At most `most` bytes before `at`.
    pub(crate) fn behind(&self, at: usize, most: usize) -> &'a [u8] {
        let start = at.saturating_sub(most.min(LOOK_BEHIND));
        self.bytes.get(start..at).unwrap_or_default()
    }

    /// The bytes of a range that was found by looking at each of them.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Whether `word`, in lower case, stands at `at` in any case.
    pub(crate) fn starts(&self, at: usize, word: &[u8]) -> bool {
        word.iter().enumerate().all(|(place, wanted)| {
            self.byte(at + place)
                .is_some_and(|byte| byte.to_ascii_lowercase() == *wanted)
        })
    }

    /// Which of the words, in lower case, stands at `at`, and where it ends. A word that ends with a
    /// letter must not go on.
    pub(crate) fn one_of(&self, at: usize, words: &[&str]) -> Option<usize> {
        words.iter().find_map(|word| {
            let end = at + word.len();
            let whole = self.starts(at, word.as_bytes())
                && (!word.bytes().next_back().is_some_and(is_word)
                    || !self.byte(end).is_some_and(is_word));
            whole.then_some(end)
        })
    }

    /// Past blanks and line breaks, and past what stands for them in a payload: `%20`, `+`, comments.
    pub(crate) fn skip_space(&self, at: usize) -> usize {
        let mut at = at;
        for _ in 0..48 {
            at += match self.byte(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => 1,
                Some(b'%')
                    if [&b"20"[..], b"09", b"0a", b"0d", b"a0"]
                        .iter()
                        .any(|code| self.starts(at + 1, code)) =>
                {
                    3
                }
                Some(b'+')
                    if self
                        .byte(at + 1)
                        .is_some_and(|byte| byte.is_ascii_alphabetic()) =>
                {
                    1
                }
                Some(b'/') if self.byte(at + 1) == Some(b'*') => match self.comment(at + 2) {
                    Some(end) => end - at,
                    None => break,
                },
                _ => break,
            };
        }
        at
    }

    /// Where a short comment ends.
    fn comment(&self, from: usize) -> Option<usize> {
        (from..from + 24).find_map(|at| {
            let ends = self.byte(at)? == b'*' && self.byte(at + 1)? == b'/';
            ends.then_some(at + 2)
        })
    }

    /// Past blanks, and line breaks with them.
    pub(crate) fn skip_blank(&self, at: usize) -> usize {
        let mut at = at;
        for _ in 0..64 {
            match self.byte(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                _ => break,
            }
        }
        at
    }

    /// Where the blanks before `at` begin.
    pub(crate) fn back_space(&self, at: usize) -> usize {
        let mut at = at;
        for _ in 0..48 {
            match self.before(at) {
                b' ' | b'\t' | b'\n' | b'\r' => at -= 1,
                b'0' if self.behind(at, 3) == b"%20" => at -= 3,
                b'+' if at > 1 => at -= 1,
                b'/' if self.behind(at, 2) == b"*/" => {
                    let comment = self.behind(at - 2, 24);
                    match comment.windows(2).rposition(|pair| pair == b"/*") {
                        Some(place) => at -= 2 + comment.len() - place,
                        None => break,
                    }
                }
                _ => break,
            }
        }
        at
    }

    /// The word that ends at `at`.
    pub(crate) fn word_before(&self, at: usize) -> &'a [u8] {
        let near = self.behind(at, 48);
        let length = near.iter().rev().take_while(|byte| is_word(**byte)).count();
        near.get(near.len() - length..).unwrap_or_default()
    }

    /// Where the word that begins at `at` ends, at most 64 bytes on.
    pub(crate) fn word_end(&self, at: usize) -> usize {
        let mut end = at;
        while end < at + 64 && self.byte(end).is_some_and(is_word) {
            end += 1;
        }
        end
    }
}

/// Letters, digits, `_`, and what lies beyond ASCII.
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether `bytes` hold `word`, which is in lower case, in any case.
pub(crate) fn contains(bytes: &[u8], word: &str) -> bool {
    let word = word.as_bytes();
    let Some((first, rest)) = word.split_first() else {
        return true;
    };
    let upper = first.to_ascii_uppercase();
    bytes.iter().enumerate().any(|(at, byte)| {
        (byte == first || *byte == upper)
            && bytes
                .get(at + 1..at + word.len())
                .is_some_and(|next| next.eq_ignore_ascii_case(rest))
    })
}

/// Whether `bytes` hold one of the words, which are in lower case, in any case: found in one pass.
pub(crate) fn contains_any(bytes: &[u8], words: &[&str]) -> bool {
    let mut begins = [false; 256];
    for first in words.iter().filter_map(|word| word.as_bytes().first()) {
        for byte in [*first, first.to_ascii_uppercase()] {
            if let Some(slot) = begins.get_mut(usize::from(byte)) {
                *slot = true;
            }
        }
    }
    let stands = |at: usize, first: u8, word: &str| {
        let begins = word.bytes().next() == Some(first.to_ascii_lowercase());
        let next = bytes.get(at..at + word.len()).filter(|_| begins);
        next.is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()))
    };
    bytes.iter().enumerate().any(|(at, byte)| {
        begins.get(usize::from(*byte)) == Some(&true)
            && words.iter().any(|word| stands(at, *byte, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_past_the_end_is_told() {
        let text = Text::new(b"UNION/**/ALL%20SELECT");
        assert!(text.starts(0, b"union") && !text.take_starved());
        assert_eq!(text.skip_space(5), 9);
        assert_eq!(text.skip_space(12), 15);
        assert!(!text.take_starved());
        assert!(!text.starts(15, b"selected"));
        assert!(text.take_starved() && !text.take_starved());
    }

    #[test]
    fn words_and_blanks_are_found_backwards() {
        let text = Text::new(b"' or%20(select");
        assert_eq!(text.back_space(7), 4);
        assert_eq!(text.word_before(4), b"or");
        assert_eq!(text.back_space(2), 1);
        let text = Text::new(b"a/*x*/b");
        assert_eq!(text.back_space(6), 1);
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert!(contains(b"an ADMIN", "admin"));
        assert!(!contains(b"adm", "admin"));
        assert!(contains_any(b"x Y", &["z", "y"]));
    }
}
