//! The value behind a separator.

use std::ops::Range;

use crate::scan::Pass;

/// The longest value.
pub(crate) const VALUE: usize = 512;
/// How often one run of bytes is looked at as a value.
pub(crate) const LOOKS: u8 = 3;

/// Words before a value that say how it is used.
const SCHEMES: &[&[u8]] = &[
    b"Bearer ",
    b"bearer ",
    b"Basic ",
    b"basic ",
    b"Token ",
    b"token ",
    b"ApiKey ",
    b"Apikey ",
    b"apikey ",
    b"Api-Token ",
    b"GenieKey ",
    b"token=",
    b"Splunk ",
    b"SSWS ",
    b"SharedKey ",
    b"FlyV1 ",
];

/// The run of bytes that a value was measured to be, and how often it was looked at since.
#[derive(Clone, Copy, Default)]
pub(crate) struct Value {
    start: usize,
    end: usize,
    quoted: Option<u8>,
    looks: u8,
}

impl Value {
    /// Whether what begins at `from` lies in a run that is too long or was looked at often enough.
    pub(crate) const fn is_spent(self, from: usize) -> bool {
        // Quotes and words such as `Bearer` may stand before the value itself.
        const MARGIN: usize = 64;
        self.start <= from
            && from + MARGIN < self.end
            && (self.looks >= LOOKS || self.end - from > VALUE + MARGIN)
    }
}

/// Whether a value can begin behind a separator: most often a word ends there, or another sign
/// follows, and the name before need not be judged.
pub(crate) fn may_be_value(pass: &Pass<'_>, from: usize, element: bool) -> bool {
    // No longer than the shortest word that says how a value is used.
    const LEAST: usize = 4;
    let rest = pass.slice(from..from + 64);
    let blank =
        |byte: &u8| matches!(byte, b' ' | b'\t') || element && matches!(byte, b'\n' | b'\r');
    let start = rest.iter().take_while(|byte| blank(byte)).count();
    let mut quoted = None;
    let mut taken = 0;
    for byte in rest.get(start..).unwrap_or_default() {
        match byte {
            b'\\' if taken == 0 => {}
            b'"' | b'\'' | b'`' if taken == 0 => quoted = Some(*byte),
            byte if in_value(*byte, quoted) => taken += 1,
            _ => break,
        }
        if taken == LEAST {
            return true;
        }
    }
    false
}

/// The value behind a separator, without quotes and scheme words.
pub(crate) fn value_after(pass: &mut Pass<'_>, from: usize, element: bool) -> Option<Range<usize>> {
    let bytes = pass.bytes;
    let mut at = from;
    let mut quoted = None;
    for _ in 0..3 {
        // An element's text may stand in a line of its own.
        let reach = if element { 40 } else { 16 };
        while at < from + reach
            && (matches!(bytes.get(at), Some(b' ' | b'\t'))
                || element && matches!(bytes.get(at), Some(b'\n' | b'\r')))
        {
            at += 1;
        }
        while let Some(quote @ (b'"' | b'\'' | b'`' | b'\\')) = bytes.get(at) {
            if *quote != b'\\' {
                quoted = Some(*quote);
            }
            at += 1;
            if at > from + 44 {
                return None;
            }
        }
        let rest = bytes.get(at..).unwrap_or_default();
        match scheme(rest) {
            0 => break,
            length => at += length,
        }
    }
    // What is in a value is measured once, however many separators are in it, and looked at a few
    // times at most, so that a text of nothing but assignments costs no more than others.
    let known = pass.value;
    let end = if known.start <= at && at < known.end && known.quoted == quoted {
        pass.value.looks += 1;
        known.end
    } else {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = at
            + rest
                .iter()
                .take_while(|byte| in_value(**byte, quoted))
                .count();
        pass.value = Value {
            start: at,
            end,
            quoted,
            looks: 0,
        };
        end
    };
    if end - at > VALUE || pass.value.looks > LOOKS || bytes.get(end) == Some(&b'(') {
        return None;
    }
    let value = bytes.get(at..end)?;
    // An escaped line break ends a line that stands in a string.
    let line = value
        .array_windows::<2>()
        .position(|pair| matches!(pair, b"\\n" | b"\\r" | b"\\t"))
        .unwrap_or(value.len());
    let value = value.get(..line)?;
    let kept = value.len()
        - value
            .iter()
            .rev()
            .take_while(|byte| {
                **byte == b'\\' || matches!(byte, b'.' | b'!' | b'?' | b':') && quoted.is_none()
            })
            .count();
    // An ellipsis: the value is not all there.
    (kept > 0 && kept + 1 >= value.len()).then_some(at..at + kept)
}

/// How long the word is that says how the value behind it is used; 0 where there is none.
fn scheme(text: &[u8]) -> usize {
    const LONGEST: usize = 10;
    let begins = text.first().is_some_and(u8::is_ascii_alphabetic);
    let near = text.get(..text.len().min(LONGEST)).unwrap_or_default();
    let end = near.iter().position(|byte| matches!(byte, b' ' | b'='));
    end.and_then(|end| text.get(..=end))
        .filter(|word| begins && SCHEMES.contains(word))
        .map_or(0, <[u8]>::len)
}

const fn in_value(byte: u8, quoted: Option<u8>) -> bool {
    match byte {
        b' ' | b'\t' | b'\n' | b'\r' => false,
        // Only the quote that opened it ends it.
        b'"' | b'\'' | b'`' => match quoted {
            Some(quote) => quote != byte,
            None => false,
        },
        b'<' | b'>' => quoted.is_some(),
        b'(' | b')' | b',' | b';' | b'[' | b']' | b'{' | b'}' | b'&' | b'|' => quoted.is_some(),
        _ => byte > 0x20 && byte < 0x7f,
    }
}
