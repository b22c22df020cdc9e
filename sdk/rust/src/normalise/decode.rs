//! Encodings that text is hidden in, each undone into a [`View`].
//!
//! Nothing here decodes more than it is given, and no result is longer than its source, so that
//! a bomb has nowhere to grow.

use std::ops::Range;

use super::{View, ViewBuilder, sorts};

mod codes;
mod comments;
mod morse;
mod pig_latin;
mod spaced;

pub use codes::codes;
pub use comments::uncommented;
pub use morse::morse;
pub use pig_latin::pig_latin;
pub use spaced::spaced;

/// Runs of at least `least` base64 or hexadecimal characters, without a look at most of the bytes
/// between them.
///
/// ```
/// use caponier_sdk::normalise::decode;
///
/// let text = "run aWdub3JlIHRoaXM= and 69676e6f7265 now";
/// let runs = decode::encoded_runs(text, 12);
/// let said: Vec<String> = runs
///     .into_iter()
///     .filter_map(|run| decode::hex(text, run.clone()).or_else(|| decode::base64(text, run)))
///     .map(|view| view.text().to_owned())
///     .collect();
/// assert_eq!(said, ["ignore this", "ignore"]);
/// ```
pub fn encoded_runs(text: &str, least: usize) -> Vec<Range<usize>> {
    runs_in(text.as_bytes(), least.max(1))
}

/// The same of bytes, for a `least` above 0.
pub(super) fn runs_in(bytes: &[u8], least: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut from = 0;
    // A run that begins at or after `from` and is long enough covers `from + least - 1`, unless it
    // begins behind that; so one byte in `least` is enough to rule a stretch out.
    while let Some(probe) = bytes.get(from + least - 1) {
        if !in_alphabet(*probe) || (least > 2 * HALF && !may_be_long(bytes, from + least - 1)) {
            from += least;
            continue;
        }
        let before = bytes.get(from..from + least - 1).unwrap_or_default();
        let start = from
            + before
                .iter()
                .rposition(|byte| !in_alphabet(*byte))
                .map_or(0, |at| at + 1);
        let after = bytes.get(from + least..).unwrap_or_default();
        let end = from
            + least
            + after
                .iter()
                .position(|byte| !in_alphabet(*byte))
                .unwrap_or(after.len());
        if end - start >= least {
            runs.push(start..end);
        }
        from = end + 1;
    }
    runs
}

/// Of a run of more than twice as many bytes, this many stand before a byte of it, or behind.
const HALF: usize = 8;

/// Whether a run that covers `at` may reach that far to one side. Where a word of prose ends cannot
/// be foretold, so no branch is taken for each byte: that one is a space or a sign is enough.
fn may_be_long(bytes: &[u8], at: usize) -> bool {
    const EACH: u64 = u64::MAX / 0xff;
    let words_only = |half: &[u8; HALF]| {
        let half = u64::from_le_bytes(*half);
        half.wrapping_sub(EACH * u64::from(b'+')) & !half & (EACH << 7) == 0
    };
    let before = bytes.get(..at).and_then(|before| before.last_chunk());
    let after = bytes.get(at + 1..).and_then(|after| after.first_chunk());
    before.is_some_and(words_only) | after.is_some_and(words_only)
}

pub(super) fn in_alphabet(byte: u8) -> bool {
    sorts::is(byte, sorts::ALPHANUMERIC | sorts::ENCODED)
}

/// What base64 (either alphabet, padded or not) in `run` says, if it says text.
///
/// See the [example](encoded_runs).
pub fn base64(text: &str, run: Range<usize>) -> Option<View<'static>> {
    let bytes = text.as_bytes().get(run.clone())?;
    let mut decoded = Vec::new();
    for group in bytes.chunks(4) {
        let mut bits = 0u32;
        for byte in group {
            bits = bits << 6 | u32::from(sextet(*byte)?);
        }
        let [_, first, second, third] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        let kept = [first, second, third];
        decoded.extend(kept.iter().take(group.len() * 3 / 4));
        // Most runs are no encoded text, and show it early.
        if !kept
            .iter()
            .take(group.len() * 3 / 4)
            .all(|byte| readable(*byte))
        {
            return None;
        }
    }
    whole(run, &decoded)
}

/// What base32 (RFC 4648, padded or not) in `run` says, if it says text.
///
/// ```
/// use caponier_sdk::normalise::decode;
///
/// let text = "run NFTW433SMUQGC3DM now";
/// let run = decode::encoded_runs(text, 12).remove(0);
/// assert_eq!(decode::base32(text, run).unwrap().text(), "ignore all");
/// ```
pub fn base32(text: &str, run: Range<usize>) -> Option<View<'static>> {
    let bytes = text.as_bytes().get(run.clone())?;
    let mut decoded = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in bytes {
        let five = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(five);
        count += 5;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            if !readable(byte) {
                return None;
            }
            decoded.push(byte);
        }
    }
    whole(run, &decoded)
}

/// What the digits 0 and 1 in `run` say, eight to a byte, if they say text.
///
/// ```
/// use caponier_sdk::normalise::decode;
///
/// assert_eq!(decode::bits("0110100001101001", 0..16).unwrap().text(), "hi");
/// ```
pub fn bits(text: &str, run: Range<usize>) -> Option<View<'static>> {
    let bytes = text.as_bytes().get(run.clone())?;
    let mut decoded = Vec::new();
    for eight in bytes.chunks(8) {
        let byte = eight.iter().try_fold(0u8, |sum, bit| match bit {
            b'0' | b'1' => Some(sum << 1 | (bit - b'0')),
            _ => None,
        })?;
        if eight.len() < 8 || !readable(byte) {
            return None;
        }
        decoded.push(byte);
    }
    whole(run, &decoded)
}

/// What hexadecimal digits in `run` say, if they say text.
///
/// See the [example](encoded_runs).
pub fn hex(text: &str, run: Range<usize>) -> Option<View<'static>> {
    let bytes = text.as_bytes().get(run.clone())?;
    let mut decoded = Vec::new();
    for pair in bytes.chunks_exact(2) {
        let [high, low] = pair else { return None };
        decoded.push(digit(*high)? << 4 | digit(*low)?);
    }
    whole(run, &decoded)
}

/// The text with `%41`, `&lt;`, `&#65;`, `\u0041` and `\x41` undone, if there are any.
///
/// ```
/// let view = caponier_sdk::normalise::decode::escapes("say %69gnore it").unwrap();
/// assert_eq!(view.text(), "say ignore it");
/// // A finding lies where the escape stands.
/// assert_eq!(view.source(4..10), 4..12);
/// ```
pub fn escapes(text: &str) -> Option<View<'static>> {
    let mut builder = ViewBuilder::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    let mut buffer = Vec::new();
    while let Some(start) = sorts::find(text.as_bytes(), at, sorts::ESCAPE) {
        at = start;
        buffer.clear();
        // Neighbours are decoded together: one character may be several percent-encoded bytes.
        while let Some((bytes, length)) = escape(text.as_bytes().get(at..).unwrap_or_default()) {
            buffer.extend(bytes.as_slice());
            at += length;
        }
        if at == start {
            at += 1;
            continue;
        }
        if let Ok(decoded) = std::str::from_utf8(&buffer) {
            builder.copy(copied, text.get(copied..start).unwrap_or_default());
            builder.replace(start..at, decoded);
            copied = at;
        }
    }
    if builder.is_empty() {
        return None;
    }
    builder.copy(copied, text.get(copied..).unwrap_or_default());
    Some(builder.finish())
}

/// The bytes of one character, at most four.
struct Few {
    bytes: [u8; 4],
    length: usize,
}

impl Few {
    fn of(code: u32) -> Option<Self> {
        let mut bytes = [0; 4];
        let length = char::from_u32(code)
            .filter(|c| *c != '\0')?
            .encode_utf8(&mut bytes)
            .len();
        Some(Self { bytes, length })
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

fn escape(bytes: &[u8]) -> Option<(Few, usize)> {
    match bytes {
        [b'%', high, low, ..] => {
            let byte = digit(*high)? << 4 | digit(*low)?;
            (byte != 0).then_some((
                Few {
                    bytes: [byte, 0, 0, 0],
                    length: 1,
                },
                3,
            ))
        }
        [b'\\', b'x', digits @ ..] => number(digits, 2, 16).map(|code| (code, 4)).and_then(few),
        [b'\\', b'u', digits @ ..] => number(digits, 4, 16).map(|code| (code, 6)).and_then(few),
        [b'&', b'#', b'x' | b'X', rest @ ..] => entity(rest, 16, 3),
        [b'&', b'#', rest @ ..] => entity(rest, 10, 2),
        [b'&', rest @ ..] => [
            ("lt;", '<'),
            ("gt;", '>'),
            ("amp;", '&'),
            ("quot;", '"'),
            ("apos;", '\''),
            ("nbsp;", ' '),
            ("Tab;", '\t'),
            ("NewLine;", '\n'),
            ("colon;", ':'),
            ("lpar;", '('),
            ("rpar;", ')'),
            ("sol;", '/'),
        ]
        .iter()
        .find(|(name, _)| rest.starts_with(name.as_bytes()))
        .and_then(|(name, character)| Some((Few::of(u32::from(*character))?, name.len() + 1))),
        _ => None,
    }
}

fn few((code, length): (u32, usize)) -> Option<(Few, usize)> {
    Some((Few::of(code)?, length))
}

fn entity(rest: &[u8], radix: u32, prefix: usize) -> Option<(Few, usize)> {
    let digits = rest
        .iter()
        .take(7)
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    let code = number(rest, digits, radix)?;
    let semicolon = usize::from(rest.get(digits) == Some(&b';'));
    Some((Few::of(code)?, prefix + digits + semicolon))
}

fn number(bytes: &[u8], digits: usize, radix: u32) -> Option<u32> {
    let digits = bytes.get(..digits).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0u32, |sum, byte| {
        sum.checked_mul(radix)?
            .checked_add(char::from(*byte).to_digit(radix)?)
    })
}

/// Every letter moved by thirteen.
///
/// ```
/// let view = caponier_sdk::normalise::decode::rot13("say vtaber", 4..10);
/// assert_eq!((view.text(), view.source(0..6)), ("ignore", 4..10));
/// ```
pub fn rot13(text: &str, range: Range<usize>) -> View<'static> {
    each_letter(text, range, |letter| {
        letter.wrapping_add(if letter & 0x1f <= 13 { 13 } else { 243 })
    })
}

/// Every letter as far from the end of the alphabet as it was from its beginning: Atbash.
///
/// ```
/// let view = caponier_sdk::normalise::decode::atbash("say rtmliv", 4..10);
/// assert_eq!((view.text(), view.source(0..6)), ("ignore", 4..10));
/// ```
pub fn atbash(text: &str, range: Range<usize>) -> View<'static> {
    each_letter(text, range, |letter| (letter & 0x60) + 27 - (letter & 0x1f))
}

/// ASCII letters put in the place of others.
fn each_letter(text: &str, range: Range<usize>, turn: impl Fn(u8) -> u8) -> View<'static> {
    let part = text.get(range.clone()).unwrap_or_default();
    let turned = part.bytes().map(|byte| match byte.is_ascii_alphabetic() {
        true => turn(byte),
        false => byte,
    });
    // Bytes of characters beyond ASCII stay as they are, so it is text as before.
    let turned = String::from_utf8(turned.collect()).unwrap_or_default();
    let mut builder = ViewBuilder::default();
    builder.copy(range.start, &turned);
    builder.finish()
}

/// The characters from last to first.
///
/// ```
/// let view = caponier_sdk::normalise::decode::reversed("say erongi", 4..10);
/// assert_eq!((view.text(), view.source(0..6)), ("ignore", 4..10));
/// ```
pub fn reversed(text: &str, range: Range<usize>) -> View<'static> {
    let part = text.get(range.clone()).unwrap_or_default();
    let mut builder = ViewBuilder::with_capacity(part.len());
    if part.is_ascii() {
        builder.copy_all_backwards(range.start, part);
        return builder.finish();
    }
    for (at, character) in part.char_indices().rev() {
        let at = range.start + at;
        if character.is_ascii() {
            builder.copy_backwards(at, character);
        } else {
            builder.replace_char(at..at + character.len_utf8(), character);
        }
    }
    builder.finish()
}

/// Each word from its last character to its first, the words in their order.
///
/// ```
/// let view = caponier_sdk::normalise::decode::reversed_words("say erongi lla", 4..14);
/// assert_eq!((view.text(), view.source(0..6)), ("ignore all", 4..10));
/// ```
pub fn reversed_words(text: &str, range: Range<usize>) -> View<'static> {
    let part = text.get(range.clone()).unwrap_or_default();
    let mut builder = ViewBuilder::with_capacity(part.len());
    let mut at = range.start;
    for piece in part.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        for (inside, character) in word.char_indices().rev() {
            let from = at + inside;
            if character.is_ascii() {
                builder.copy_backwards(from, character);
            } else {
                builder.replace_char(from..from + character.len_utf8(), character);
            }
        }
        builder.copy(at + word.len(), piece.get(word.len()..).unwrap_or_default());
        at += piece.len();
    }
    builder.finish()
}

/// The letter that a digit or a sign stands for; any other byte as it is. A `1` may be an `l`, too.
///
/// ```
/// let word: Vec<u8> = b"1gn0r3".map(caponier_sdk::normalise::decode::letter_of).to_vec();
/// assert_eq!(word, b"ignore");
/// ```
pub const fn letter_of(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'!' | b'|' => b'i',
        b'2' => b'z',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' | b'+' => b't',
        b'8' => b'b',
        b'6' | b'9' => b'g',
        _ => byte,
    }
}

/// The same, from a table: a look at it is cheaper than many comparisons.
pub(super) fn looked_up(byte: u8) -> u8 {
    LETTERS.get(usize::from(byte)).copied().unwrap_or(byte)
}

static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut left: &mut [u8] = &mut letters;
    let mut byte = 0u8;
    while let Some((letter, rest)) = left.split_first_mut() {
        *letter = letter_of(byte);
        byte = byte.wrapping_add(1);
        left = rest;
    }
    letters
};

/// Digits and signs inside of words as the letters that they stand for.
///
/// ```
/// let view = caponier_sdk::normalise::decode::leet("1gn0re rule 7!");
/// assert_eq!(view.text(), "ignore rule 7!");
/// ```
pub fn leet(text: &str) -> View<'static> {
    leet_as(text, 'i')
}

/// As [`leet`], where `one` is the letter that a `1` and a `|` stand for.
///
/// ```
/// let view = caponier_sdk::normalise::decode::leet_as("a11 ru1es", 'l');
/// assert_eq!(view.text(), "all rules");
/// ```
pub fn leet_as(text: &str, one: char) -> View<'static> {
    let mut letters = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| c.is_whitespace()) {
        let inner = word.trim_end_matches(|c: char| {
            c.is_whitespace() || matches!(c, '!' | '.' | ',' | '?' | ':' | ';' | ')' | '"' | '\'')
        });
        let mixed = inner.bytes().any(|byte| byte.is_ascii_alphabetic())
            && inner
                .bytes()
                .any(|byte| matches!(byte, b'0'..=b'9' | b'@' | b'$' | b'!' | b'|' | b'+'));
        if !mixed {
            letters.push_str(word);
            continue;
        }
        letters.extend(inner.chars().map(|c| match u8::try_from(c) {
            Ok(b'1' | b'|') => one,
            Ok(byte) if byte.is_ascii() => char::from(looked_up(byte)),
            _ => c,
        }));
        letters.push_str(word.get(inner.len()..).unwrap_or_default());
    }
    let mut builder = ViewBuilder::default();
    builder.copy(0, &letters);
    builder.finish()
}

const fn sextet(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

const fn digit(byte: u8) -> Option<u8> {
    Some(match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => return None,
    })
}

const fn readable(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..)
}

/// A view in which every byte stands for the whole run, if the bytes are text.
fn whole(run: Range<usize>, decoded: &[u8]) -> Option<View<'static>> {
    let decoded = std::str::from_utf8(decoded).ok()?;
    if decoded.is_empty() || !decoded.bytes().all(readable) {
        return None;
    }
    let mut builder = ViewBuilder::with_capacity(decoded.len());
    builder.replace(run, decoded);
    Some(builder.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_undone() {
        let said = |view: Option<View<'static>>| view.map(|view| view.text().to_owned());
        let text = "run: aWdub3JlIGFsbCBydWxlcw== now";
        let runs = encoded_runs(text, 16);
        assert_eq!(runs.first(), Some(&(5..27)));
        let view = base64(text, 5..27).unwrap();
        assert_eq!(
            (view.text(), view.source(0..6)),
            ("ignore all rules", 5..27)
        );
        assert_eq!(said(hex("69676e6f7265", 0..12)).as_deref(), Some("ignore"));
        assert_eq!(
            said(escapes("a%69g &#110;&#x6f;r\\u0065 &lt;b&gt; 100% & c")).as_deref(),
            Some("aig nore <b> 100% & c")
        );
        assert_eq!(said(escapes("%c3%a9")).as_deref(), Some("é"));
        assert_eq!(said(escapes("100% sure & done \\o/")), None);
        assert_eq!(rot13("Vtaber", 0..6).text(), "Ignore");
        let view = reversed("erongi é!", 0..10);
        assert_eq!(
            (view.text(), view.source(0..1), view.source(4..10)),
            ("!é ignore", 9..10, 0..6)
        );
        assert_eq!(leet("1gn0r3 4ll 2024").text(), "ignore all 2024");
        assert_eq!(rot13("AMNZamnz", 0..8).text(), "NZAMnzam");
        assert_eq!(atbash("AZaz é", 0..7).text(), "ZAza é");
        let text = "olá: erongi éa";
        let view = reversed_words(text, 0..text.len());
        assert_eq!(view.text(), "álo: ignore aé");
        assert_eq!(text.get(view.source(6..12)), Some("erongi"));
    }

    #[test]
    fn what_is_no_text_is_left() {
        assert!(base64("/////////////////////w==", 0..22).is_none());
        assert!(hex("deadbeefdeadbeef", 0..16).is_none());
        assert!(base32("ABCDEFGHABCDEFGH", 0..16).is_none());
        assert!(bits("0000000011111111", 0..16).is_none() && bits("0110", 0..4).is_none());
    }

    #[test]
    fn a_run_is_found_wherever_it_lies() {
        for lead in 0..40 {
            for length in 14..40 {
                let text = format!(
                    "{}{} tail",
                    "- ".repeat(lead / 2) + &" ".repeat(lead % 2),
                    "a".repeat(length)
                );
                let long = encoded_runs(&text, 20);
                assert_eq!(long.len(), usize::from(length >= 20), "{lead} {length}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn every_span_is_on_boundaries(text in "\\PC{0,30}|([a-zé] |[%&#x;\\\\u0-9a-f]|é|6[1-9] |[.·-]{1,4} |/\\*|\\*/|<!--|-->|[a-zé]{1,4}ay ?|<b>){0,40}") {
            let all = 0..text.len();
            let views = [
                escapes(&text),
                spaced(&text, 2),
                codes(&text, 2),
                morse(&text, 2),
                pig_latin(&text, |_| true),
                uncommented(&text, ""),
                Some(leet(&text)),
                Some(leet_as(&text, 'l')),
                Some(rot13(&text, all.clone())),
                Some(atbash(&text, all.clone())),
                Some(reversed(&text, all.clone())),
                Some(reversed_words(&text, all)),
            ];
            for view in views.into_iter().flatten() {
                for (at, character) in view.text().char_indices() {
                    let source = view.source(at..at + character.len_utf8());
                    proptest::prop_assert!(source.start < source.end && source.end <= text.len());
                    proptest::prop_assert!(text.is_char_boundary(source.start) && text.is_char_boundary(source.end));
                }
            }
        }
    }
}
