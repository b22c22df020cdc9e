//! Values that a system prompt itself calls secret, and words planted in it to be recognised.

use crate::lexicon::{Lexicon, Use};
use crate::sections::Word;
use crate::tokens::{Spelling, Token, Tokens};

/// The most that are kept of one exchange.
const MOST: usize = 16;
/// Words between what a value is called and the value: "the password for the vault is".
const REACH: usize = 8;
/// Letters of the shortest value.
const SHORTEST: usize = 4;
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
        named(
            text.get(start..done).unwrap_or_default(),
            lexicon,
            &mut values,
        );
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
fn named<'a>(line: &'a str, lexicon: &Lexicon, values: &mut Vec<&'a str>) {
    let tokens: Vec<Token> = Tokens::new(line).collect();
    let uses = |token: &Token| lexicon.look_up(token.hash, token.stem).0;
    let mut done = 0;
    for (at, key) in tokens.iter().enumerate() {
        if at < done || !uses(key).is(Use::KEY.or(Use::WEAK_KEY)) {
            continue;
        }
        let weak = !uses(key).is(Use::KEY);
        for (next, token) in tokens.iter().enumerate().skip(at + 1).take(REACH) {
            let before = tokens.get(next - 1).map_or(0, |before| before.end);
            let gap = line.get(before..token.start).unwrap_or_default();
            if gap.contains(['.', ';', '?']) && gap.contains(' ') {
                break;
            }
            let is_word = line.get(before_word(line, before)..before);
            let assigned = gap.contains([':', '='])
                || (next > at + 1 && matches!(is_word, Some("is" | "ist" | "est" | "es" | "IS")));
            if !assigned {
                continue;
            }
            if let Some(value) = value(line, token, weak, lexicon) {
                values.push(value);
                done = next + 1;
            }
            break;
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

/// The value that begins at a token, if it looks like one and not like the rest of a sentence.
fn value<'a>(line: &'a str, first: &Token, weak: bool, lexicon: &Lexicon) -> Option<&'a str> {
    let before = line.get(..first.start)?.bytes().next_back();
    let quoted = matches!(before, Some(b'"' | b'\'' | b'`' | b'*'));
    let rest = line.get(first.start..)?;
    let end = rest
        .find(|character: char| {
            character.is_whitespace() || matches!(character, '"' | '`' | '*' | ',' | ')' | '<')
        })
        .unwrap_or(rest.len());
    let word = rest.get(..end)?;
    let value = word.trim_end_matches(['.', '!', '?', ';', ':', '\'', ']']);
    let last = word.len() > value.len() || rest.get(end..)?.trim().is_empty();
    let letters = value.bytes().filter(|byte| byte.is_ascii_alphanumeric());
    let lower = value.bytes().all(|byte| byte.is_ascii_lowercase());
    let (uses, _) = lexicon.look_up(first.hash, first.stem);
    let is_word = uses.is(Use::NO_VALUE.or(Use::STOP)) && first.end - first.start == value.len();
    let is_odd = value.bytes().any(|byte| byte.is_ascii_digit()) && value.len() > SHORTEST + 1;
    let fits = if weak {
        is_odd
    } else {
        quoted || !lower || last
    };
    (letters.count() >= SHORTEST && !is_word && fits).then_some(value)
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
}
