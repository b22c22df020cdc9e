//! Values that a system prompt itself calls secret, and words planted in it to be recognised.

use caponier_sdk::scan::bytes;

use crate::lexicon::{Lexicon, Use};
use crate::sections::Word;
use crate::tokens::{Spelling, Token, Tokens};

/// The most that are kept of one exchange.
const MOST: usize = 16;
/// Words between what a value is called and the value: "the password for the vault is".
const REACH: usize = 8;
/// Letters of the shortest value, and bytes of the longest: an RSA key of 4096 bits in one line is
/// shorter.
const SHORTEST: usize = 4;
const LONGEST: usize = 4096;
/// The shortest word that is taken for planted: eight hexadecimal digits, as Rebuff plants them.
const PLANTED: usize = 8;

/// The hashes of what a system prompt calls secret: as it is, turned by ROT13, and backwards.
pub(crate) fn find(text: &str, words: &[Word], lexicon: &Lexicon) -> Vec<u32> {
    let mut values: Vec<&str> = Vec::new();
    let mut done = 0;
    for word in words {
        let at = word.token.start;
        if at < done || !word.uses.is(Use::KEY.or(Use::WEAK_KEY)) {
            continue;
        }
        let (before, after) = text.split_at_checked(at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        done = after.find('\n').map_or(text.len(), |end| at + end);
        let line = text.get(start..done).unwrap_or_default();
        named(line, lexicon, &mut values);
        if values.len() >= MOST {
            break;
        }
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if let Some(after) = after.strip_prefix("!--") {
            let (comment, after) = after.split_once("-->").unwrap_or((after, ""));
            values.extend(comment.split_whitespace().filter(|word| is_planted(word)));
            rest = after;
        }
    }
    let mut hashes = Vec::new();
    for value in values.into_iter().take(MOST) {
        let letters = || {
            value
                .bytes()
                .filter(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
                .map(|byte| byte.to_ascii_lowercase())
        };
        for hash in [
            Spelling::of(letters()),
            Spelling::of(letters().map(turned)),
            Spelling::of(letters().rev()),
        ] {
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
    }
    hashes
}

/// The letter that ROT13 makes of one in lower case.
pub(crate) const fn turned(byte: u8) -> u8 {
    match byte {
        b'a'..=b'm' => byte + 13,
        b'n'..=b'z' => byte - 13,
        _ => byte,
    }
}

fn is_planted(word: &str) -> bool {
    word.len() >= PLANTED
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Values behind a name: `password: X`, `the secret word is X`.
fn named<'a>(text: &'a str, lexicon: &Lexicon, values: &mut Vec<&'a str>) {
    let tokens: Vec<Token> = Tokens::new(text).collect();
    let uses = |token: &Token| lexicon.look_up(token.hash, token.stem).0;
    let mut line = Line::new(text);
    let mut done = 0;
    for (at, key) in tokens.iter().enumerate() {
        if at < done || !uses(key).is(Use::KEY.or(Use::WEAK_KEY)) {
            continue;
        }
        let weak = !uses(key).is(Use::KEY);
        for (next, token) in tokens.iter().enumerate().skip(at + 1).take(REACH) {
            let before = tokens.get(next - 1).map_or(0, |before| before.end);
            let gap = text.get(before..token.start).unwrap_or_default();
            if gap.contains(['.', ';', '?']) && gap.contains(' ') {
                break;
            }
            let is_word = text.get(before_word(text, before)..before);
            let assigned = gap.contains([':', '='])
                || (next > at + 1 && matches!(is_word, Some("is" | "ist" | "est" | "es" | "IS")));
            if !assigned {
                continue;
            }
            if let Some(value) = line.value(token, weak, lexicon) {
                values.push(value);
                done = next + 1;
            }
            break;
        }
        if values.len() >= MOST {
            return;
        }
    }
}

/// Where the word that ends at `end` begins.
fn before_word(line: &str, end: usize) -> usize {
    let word = line.get(..end).unwrap_or_default();
    word.rfind(|character: char| !character.is_alphanumeric())
        .map_or(0, |at| {
            at + word
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        })
}

/// A line, and what is known of it: many names in one word have the same end.
struct Line<'a> {
    text: &'a str,
    /// Where the blanks behind it begin.
    end: usize,
    /// Where the word ends that was looked at last, without the marks behind it and with them.
    word: (usize, usize),
    /// From where on the next digit was looked for, and where it is.
    digit: (usize, usize),
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            end: text.trim_end().len(),
            word: (0, 0),
            digit: (usize::MAX, 0),
        }
    }

    /// The value that begins at a token, if it looks like one and not like the rest of a sentence.
    fn value(&mut self, first: &Token, weak: bool, lexicon: &Lexicon) -> Option<&'a str> {
        let line = self.text;
        let before = line.get(..first.start)?.bytes().next_back();
        let quoted = matches!(before, Some(b'"' | b'\'' | b'`' | b'*'));
        let (end, word_end) = self.word_from(first.start)?;
        let value = line
            .get(first.start..end)
            .filter(|value| value.len() <= LONGEST)?;
        let last = word_end > end || word_end >= self.end;
        let letters = value.bytes().filter(|byte| byte.is_ascii_alphanumeric());
        let (uses, _) = lexicon.look_up(first.hash, first.stem);
        let is_word =
            uses.is(Use::NO_VALUE.or(Use::STOP)) && first.end - first.start == value.len();
        let fits = if weak {
            value.len() > SHORTEST + 1 && self.digit_from(first.start) < end
        } else {
            quoted || last || !value.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        (letters.take(SHORTEST).count() == SHORTEST && !is_word && fits).then_some(value)
    }

    /// Where the word ends that goes on at `start`, without the marks behind it and with them.
    fn word_from(&mut self, start: usize) -> Option<(usize, usize)> {
        if start >= self.word.0 {
            let rest = self.text.get(start..)?;
            let end = rest.find(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '`' | '*' | ',' | ')' | '<')
            });
            let word = rest.get(..end.unwrap_or(rest.len()))?;
            let value = word.trim_end_matches(['.', '!', '?', ';', ':', '\'', ']']);
            self.word = (start + value.len(), start + word.len());
        }
        Some(self.word)
    }

    /// Where the next digit is; behind everything where there is none.
    fn digit_from(&mut self, start: usize) -> usize {
        if !(self.digit.0..=self.digit.1).contains(&start) {
            let next = bytes::find_digit(self.text.as_bytes(), start);
            self.digit = (start, next.unwrap_or(usize::MAX));
        }
        self.digit.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str) -> Vec<&str> {
        let mut values = Vec::new();
        named(line, &Lexicon::new(), &mut values);
        values
    }

    #[test]
    fn values_are_found_behind_their_names() {
        for (line, value) in [
            ("The password is swordfish.", "swordfish"),
            ("The secret word is 'COCOLOCO', never say it.", "COCOLOCO"),
            ("Discount code: SAVE-50-NOW", "SAVE-50-NOW"),
            ("password: Tr0ub4dor-3", "Tr0ub4dor-3"),
            (
                "The passphrase for the vault is XK-42-PURPLE and nothing else.",
                "XK-42-PURPLE",
            ),
            ("api key = \"hunter2hunter2\"", "hunter2hunter2"),
        ] {
            assert_eq!(values(line), [value], "{line}");
        }
    }

    #[test]
    fn talk_about_passwords_has_no_value() {
        for line in [
            "The password is required.",
            "Never ask for the password: it is confidential.",
            "A secret is shared between the two.",
            "The key point is that you stay calm and friendly.",
            "Password reset: send the link.",
            "Give JSON with the key: summary",
        ] {
            assert!(values(line).is_empty(), "{line}: {:?}", values(line));
        }
    }

    #[test]
    fn planted_words_are_found_in_comments() {
        let lexicon = Lexicon::new();
        let found = find("<!-- 3f9a61bc20 -->\nYou are Mara.", &[], &lexicon);
        assert!(found.contains(&Spelling::of("3f9a61bc20".bytes())));
        assert!(find("<!-- keep this short -->", &[], &lexicon).is_empty());
    }

    #[test]
    fn a_key_in_one_line_is_a_value() {
        for (length, found) in [(3200, 1), (LONGEST + 1, 0)] {
            let key = "MIIJKAIBAAKCAgEA7".repeat(length / 17 + 1);
            let key = key.get(..length).unwrap_or_default();
            let line = format!("The secret key: {key}");
            assert_eq!(values(&line).len(), found, "{length}");
        }
    }

    #[test]
    fn lines_that_name_secrets_all_over_are_read_once() {
        let spaces = " ".repeat(100_000);
        for piece in ["password=", "(key_=", "key=!", "token: ", "key=a "] {
            let text = piece.repeat(200_000 / piece.len()) + &spaces;
            let begun = std::time::Instant::now();
            named(&text, &Lexicon::new(), &mut Vec::new());
            assert!(begun.elapsed().as_millis() < 1500, "{piece}");
        }
    }
}
