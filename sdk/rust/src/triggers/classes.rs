//! Sorts of characters, and of words, without which a plugin finds nothing.
//!
//! The host is compiled with this file too: it passes by what the SDK's tests prove to hold nothing.

/// Bytes that are judged in one step.
const STEP: usize = 64;

/// A sort of characters or words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    NonAscii,
    NonLatin,
    Control,
    Digit,
    Token,
    Assigned,
    Code,
    Sql,
    Reference,
}

impl Class {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "non-ascii" => Self::NonAscii,
            "non-latin" => Self::NonLatin,
            "control" => Self::Control,
            "digit" => Self::Digit,
            "token" => Self::Token,
            "assigned" => Self::Assigned,
            "code" => Self::Code,
            "sql" => Self::Sql,
            "reference" => Self::Reference,
            _ => return None,
        })
    }

    /// Whether something of this sort stands in the text.
    pub(crate) fn occurs(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Self::NonAscii => !text.is_ascii(),
            Self::NonLatin => has_non_latin(text),
            Self::Control => any(bytes, |byte| {
                byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r')
            }),
            Self::Digit => any(bytes, |byte| byte.is_ascii_digit()),
            Self::Token => has_token(bytes),
            Self::Assigned => has_assigned(bytes),
            Self::Code => has_code(bytes),
            Self::Sql => has_sql(bytes),
            Self::Reference => has_reference(bytes),
        }
    }
}

/// Whether `is` holds for one of the bytes. Step by step, so that it becomes vector code.
fn any(bytes: &[u8], is: impl Fn(u8) -> bool) -> bool {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let in_step = |step: &[u8; STEP]| step.iter().fold(false, |found, byte| found | is(*byte));
    steps.iter().any(in_step) || rest.iter().any(|byte| is(*byte))
}

/// Calls `found` with the places of the bytes that `is` holds for, until it answers with something.
fn each<T>(
    bytes: &[u8],
    is: impl Fn(u8) -> bool,
    mut found: impl FnMut(usize) -> Option<T>,
) -> Option<T> {
    for (chunk, start) in bytes.chunks(STEP).zip((0..).step_by(STEP)) {
        if any(chunk, &is) {
            let places = (start..).zip(chunk).filter(|(_, byte)| is(**byte));
            for (at, _) in places {
                if let Some(answer) = found(at) {
                    return Some(answer);
                }
            }
        }
    }
    None
}

fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// How many bytes `is` holds for, from the first on.
fn run(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is(**byte)).count()
}

/// What is neither ASCII nor a letter of Latin-1, Latin Extended-A and -B, nor a visible sign or
/// space of Latin-1, of General Punctuation, of currencies, arrows, mathematics and symbols.
fn has_non_latin(text: &str) -> bool {
    let is_latin = |character: char| {
        matches!(
            character,
            '\0'..='\u{7f}' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{24f}'
                | '\u{2000}'..='\u{200a}' | '\u{2010}'..='\u{2027}' | '\u{202f}'..='\u{205f}'
                | '\u{20a0}'..='\u{20cf}' | '\u{2190}'..='\u{27bf}'
        )
    };
    let mut rest = text;
    while let Some(at) = first_beyond_ascii(rest.as_bytes()) {
        let tail = rest.get(at..).unwrap_or_default();
        let end = tail
            .find(|character: char| character.is_ascii())
            .unwrap_or(tail.len());
        let (strange, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
        if !strange.chars().all(is_latin) {
            return true;
        }
        rest = after;
    }
    false
}

fn first_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    each(bytes, |byte| byte >= 0x80, Some)
}

/// The fewest bytes of a token, and the fewest of one that could be a word.
const TOKEN: usize = 16;
const LONG: usize = 20;

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'_' | b'-' | b'+' | b'/' | b'=' | b'%' | b'@' | b'.' | b':' | b'~'
        )
}

/// Sixteen or more letters, digits and signs such as `-` and `/` in a row, a digit, `_` or an inner
/// capital among them; or twenty, whatever they are.
fn has_token(bytes: &[u8]) -> bool {
    let mut passed = 0;
    // So many cover eight bytes that are looked at together: most of those have a space.
    let eights = (0..).step_by(8).zip(bytes.as_chunks::<8>().0);
    for (at, eight) in eights {
        if at < passed || has_blank(*eight) || !eight.iter().all(|byte| is_token(*byte)) {
            continue;
        }
        let head = bytes.get(passed..at).unwrap_or_default();
        let before = head.iter().rev().take_while(|byte| is_token(**byte));
        let start = at - before.count();
        let length = run(from(bytes, start), is_token);
        passed = start + length;
        let token = bytes.get(start..passed).unwrap_or_default();
        let is_marked = token.iter().enumerate().any(|(at, byte)| {
            matches!(byte, b'0'..=b'9' | b'_') || at > 0 && byte.is_ascii_uppercase()
        });
        if length >= LONG || length >= TOKEN && is_marked {
            return true;
        }
    }
    false
}

/// Whether one of the bytes is a space, a control character or one of the signs from `!` to `$`.
const fn has_blank(eight: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let eight = u64::from_le_bytes(eight);
    eight.wrapping_sub(ONES * 0x25) & !eight & (ONES << 7) != 0
}

/// The most bytes that a value is measured by, and that stand before it.
const VALUE: usize = 513;
const GAP: usize = 128;
/// The most words between a separator and a value, and the most bytes of one: `Bearer`.
const WORDS: usize = 3;
const WORD: usize = 9;

/// So many bytes are looked at for each of a text, on average: what takes more is taken for a value.
const EFFORT: usize = 8;

/// What stands behind a separator.
enum Behind {
    Value,
    /// What is called; nothing before this place is a value.
    Call(usize),
    /// No value, after a look at so many bytes.
    Nothing(usize),
}

/// A value behind `=`, `:`, `>`, `",` or `',`, with blanks, quotes and up to three short words
/// between: six characters or more that are neither a word nor all of one sort.
fn has_assigned(bytes: &[u8]) -> bool {
    let is_separator = |byte: u8| matches!(byte, b'=' | b':' | b'>' | b'"' | b'\'');
    let (mut passed, mut left) = (0, EFFORT * bytes.len() + VALUE);
    let found = each(bytes, is_separator, |at| {
        if at < passed {
            return None;
        }
        match behind(bytes, at) {
            Behind::Value => Some(()),
            Behind::Call(end) => {
                passed = end;
                None
            }
            Behind::Nothing(looked) => match left.checked_sub(looked) {
                Some(rest) => {
                    left = rest;
                    None
                }
                None => Some(()),
            },
        }
    });
    found.is_some()
}

fn behind(bytes: &[u8], separator: usize) -> Behind {
    let mark = bytes.get(separator).copied().unwrap_or(0);
    let is_quote = matches!(mark, b'"' | b'\'');
    if is_quote && bytes.get(separator + 1) != Some(&b',') {
        return Behind::Nothing(0);
    }
    let first = separator + 1 + usize::from(is_quote);
    let (mut at, mut quote) = (first, None);
    for _ in 0..=WORDS {
        while let Some(byte) = bytes.get(at).filter(|_| at < first + GAP) {
            match byte {
                b' ' | b'\t' | b'\\' => {}
                b'\n' | b'\r' if mark == b'>' => {}
                b'"' | b'\'' | b'`' => quote = Some(*byte),
                _ => break,
            }
            at += 1;
        }
        let rest = from(bytes, at);
        let window = rest.get(..VALUE).unwrap_or(rest);
        let length = run(window, |byte| is_in_value(byte, quote));
        let next = rest.get(length);
        if length < VALUE && next == Some(&b'(') {
            return Behind::Call(at + length);
        }
        if is_value(window.get(..length).unwrap_or_default(), quote.is_some()) {
            return Behind::Value;
        }
        if length == 0 || length > WORD || next != Some(&b' ') {
            return Behind::Nothing(at + length - first);
        }
        at += length;
    }
    Behind::Nothing(at - first)
}

const fn is_in_value(byte: u8, quote: Option<u8>) -> bool {
    match (byte, quote) {
        (b'"' | b'\'' | b'`', Some(own)) => byte != own,
        (
            b'"' | b'\'' | b'`' | b'<' | b'>' | b'(' | b')' | b',' | b';' | b'[' | b']' | b'{'
            | b'}' | b'&' | b'|',
            None,
        ) => false,
        _ => byte.is_ascii_graphic(),
    }
}

/// Whether this is neither short, nor a word with at most one capital, nor all of one sort.
fn is_value(written: &[u8], is_quoted: bool) -> bool {
    let mut value = written;
    while let [rest @ .., b'.' | b'!' | b'?' | b':' | b'\\'] = value
        && !is_quoted
    {
        value = rest;
    }
    let count = |is: fn(&u8) -> bool| value.iter().filter(|byte| is(byte)).count();
    let lower = count(u8::is_ascii_lowercase);
    let upper = count(u8::is_ascii_uppercase);
    let digits = count(u8::is_ascii_digit);
    let signs = value.len() - lower - upper - digits;
    let sorts = [lower, upper, digits, signs]
        .iter()
        .filter(|sort| **sort > 0)
        .count();
    let is_word = lower + upper == value.len() && upper < 2;
    value.len() >= 6 && !is_word && (sorts > 1 || value.len() >= TOKEN)
}

/// One of the signs ``< = > \ _ ` { | } $ & +``, a `;` behind anything but a letter or among the first
/// four bytes, a `(` right behind a letter, a digit or a `)`, or a `%` right before a letter or a digit.
fn has_code(bytes: &[u8]) -> bool {
    let is_sign = |byte: u8| {
        let in_range = matches!(byte, b'<'..=b'>' | b'_'..=b'`' | b'{'..=b'}');
        in_range | matches!(byte, b'\\' | b'$' | b'&' | b'+')
    };
    let is_beside = |byte: u8| matches!(byte, b'(' | b'%' | b';');
    let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied().unwrap_or(0);
    any(bytes, is_sign)
        || each(bytes, is_beside, |at| {
            let before = byte(at.checked_sub(1));
            let is_code = match byte(Some(at)) {
                b'(' => before.is_ascii_alphanumeric() || before == b')',
                b'%' => byte(Some(at + 1)).is_ascii_alphanumeric(),
                _ => at < 4 || before.is_ascii() && !before.is_ascii_alphabetic(),
            };
            is_code.then_some(())
        })
        .is_some()
}

/// Words that go on with a statement of SQL behind a value.
const GOES_ON: &[&str] = &[
    "or", "and", "xor", "where", "having", "rlike", "order", "group", "select",
];
/// Words that begin one.
const BEGINS: &[&str] = &["drop", "exec", "execute", "declare", "shutdown"];

/// Behind a quote, with blanks and brackets between, a word such as `or`, `and` or `order`, or `--`,
/// `#` or `/*`; `select` behind `(`; or at the beginning of the text, behind anything but letters,
/// one of these words, or `drop`, `exec`, `declare`, `shutdown`. A text without letters is one too.
fn has_sql(bytes: &[u8]) -> bool {
    let first = run(bytes, |byte| !byte.is_ascii_alphabetic() && byte < 0x80);
    let start = from(bytes, first);
    if start.is_empty() || [GOES_ON, BEGINS].iter().any(|words| stands(start, words)) {
        return true;
    }
    let is_mark = |byte: u8| matches!(byte, b'"' | b'\'' | b'(');
    let mut passed = 0;
    let found = each(bytes, is_mark, |at| {
        if at < passed {
            return None;
        }
        let rest = from(bytes, at + 1);
        let gap = run(rest, |byte| {
            byte.is_ascii_whitespace() || matches!(byte, b'(' | b')' | 0x0b)
        });
        let rest = from(rest, gap);
        passed = at + 1 + gap;
        let goes_on = if bytes.get(at) == Some(&b'(') {
            stands(rest, &["select"])
        } else {
            stands(rest, GOES_ON)
                || matches!(rest, [b'#', ..] | [b'-', b'-', ..] | [b'/', b'*', ..])
        };
        goes_on.then_some(())
    });
    found.is_some()
}

/// Whether one of the words stands at the beginning, and ends there.
fn stands(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let (head, rest) = text.split_at_checked(word.len()).unwrap_or_default();
        head.eq_ignore_ascii_case(word.as_bytes())
            && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// The most bytes of a label and its brackets.
const LABEL: usize = 128;

/// `[label]:` with nothing but blanks and `>` before it in its line: where Markdown defines what a
/// reference stands for. A label has no `[` in it.
fn has_reference(bytes: &[u8]) -> bool {
    let found = each(
        bytes,
        |byte| byte == b'[',
        |at| {
            let before = bytes.get(..at).unwrap_or_default();
            let line = before
                .iter()
                .rev()
                .find(|byte| !matches!(byte, b' ' | b'>' | b'\t'));
            if line.is_some_and(|byte| *byte != b'\n') {
                return None;
            }
            let rest = from(bytes, at + 1);
            let label = rest.get(..LABEL).unwrap_or(rest);
            let end = run(label, |byte| byte != b'[');
            let label = rest.get(..=end).unwrap_or(rest);
            label
                .array_windows()
                .any(|pair| pair == b"]:")
                .then_some(())
        },
    );
    found.is_some()
}
