//! Morse code.

use crate::normalise::{View, ViewBuilder, sorts};
use crate::scan::words::is_alphanumeric;

/// Letters of Morse code (ITU-R M.1677-1) drawn together: one space between letters; `/`, `|`, a new
/// line or more spaces between words. None where there are fewer than `least` in a row.
///
/// ```
/// use caponier_sdk::normalise::decode;
///
/// let view = decode::morse("say .. --. -. --- .-. . / .. - now", 4).unwrap();
/// assert_eq!((view.text(), view.source(4..10)), ("say ignore it now", 4..23));
/// assert!(decode::morse("wait ... -- what?", 4).is_none());
/// ```
pub fn morse(text: &str, least: usize) -> Option<View<'static>> {
    let mut builder = ViewBuilder::with_capacity(text.len());
    let (mut copied, mut at) = (0, 0);
    let mut row: Vec<(char, usize, usize)> = Vec::new();
    while let Some(byte) = text.as_bytes().get(at) {
        // Most bytes are no signal, and none stands behind them.
        let next = text.as_bytes().get(at + 1).copied().unwrap_or(b' ');
        if byte.is_ascii()
            && !sorts::is(*byte, sorts::SIGNAL)
            && !sorts::is(next, sorts::SIGNAL | sorts::HIGH)
        {
            at += 1;
            continue;
        }
        let Some((character, end)) = letter(text, at) else {
            let rest = text.get(at..).unwrap_or_default();
            let first = rest.chars().next();
            // A signal inside of something else is none.
            let inside = first.is_some_and(|c| is_alphanumeric(c) || signal(c).is_some());
            let behind = rest
                .chars()
                .skip(1)
                .take_while(|c| inside && signal(*c).is_some());
            let skip: usize = first.into_iter().chain(behind).map(char::len_utf8).sum();
            at += skip.max(1);
            continue;
        };
        row.clear();
        let mut last = at;
        let mut next = Some((character, at, end));
        while let Some((character, start, end)) = next {
            row.push((character, start, end));
            last = end;
            let gap = gap(text, end);
            next = gap.and_then(|(between, wide)| {
                let start = end + between;
                let (character, end) = letter(text, start)?;
                if wide {
                    row.push((' ', start - between, start));
                }
                Some((character, start, end))
            });
        }
        if row.iter().filter(|(c, ..)| *c != ' ').count() >= least {
            builder.copy(copied, text.get(copied..at).unwrap_or_default());
            for (character, start, end) in &row {
                builder.replace_char(*start..*end, *character);
            }
            copied = last;
        }
        at = last;
    }
    (copied > 0).then(|| {
        builder.copy(copied, text.get(copied..).unwrap_or_default());
        builder.finish()
    })
}

/// Whether the character is a dash; `None` for what is no signal.
const fn signal(character: char) -> Option<bool> {
    match character {
        '.' | '·' | '•' | '∙' | '●' => Some(false),
        '-' | '_' | '−' | '–' | '—' | '▬' => Some(true),
        _ => None,
    }
}

/// The letter whose signals begin at `start`, and where they end.
fn letter(text: &str, start: usize) -> Option<(char, usize)> {
    let (mut code, mut end) = (1usize, start);
    for character in text.get(start..)?.chars() {
        let Some(dash) = signal(character) else {
            if is_alphanumeric(character) {
                return None;
            }
            break;
        };
        if code >= 1 << 6 {
            return None;
        }
        code = code << 1 | usize::from(dash);
        end += character.len_utf8();
    }
    (end > start).then_some(())?;
    let plain = match code {
        0b1010101 => b'.',
        0b1110011 => b',',
        0b1001100 => b'?',
        0b1101011 => b'!',
        0b1011110 => b'\'',
        0b1010010 => b'"',
        0b1111000 => b':',
        0b1100001 => b'-',
        _ => *LETTERS.get(code)?,
    };
    (plain != b' ').then_some((char::from(plain), end))
}

/// By their signals with a 1 before them: 0 for a dot, 1 for a dash.
const LETTERS: &[u8; 64] = b"  etianmsurwdkgohvf l pjbxcyzq  54 3   2       16       7   8 90";

/// How many bytes of separator stand at `at`, and whether they part words.
fn gap(text: &str, at: usize) -> Option<(usize, bool)> {
    let rest = text.as_bytes().get(at..)?;
    let separators = || {
        rest.iter()
            .take(9)
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'|'))
    };
    let count = separators().count();
    let wide = count > 1 || separators().any(|byte| *byte != b' ');
    (1..=8).contains(&count).then_some((count, wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        morse(text, 4).map(|view| view.text().to_owned())
    }

    #[test]
    fn every_letter_and_digit_is_read() {
        let code = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. .---- ..--- ...-- ....- ..... -.... --... ---.. ----. -----";
        assert_eq!(
            said(code).as_deref(),
            Some("abcdefghijklmnopqrstuvwxyz1234567890")
        );
        assert_eq!(said("·· −−· −· −−− ·−· ·").as_deref(), Some("ignore"));
        assert_eq!(
            said("so: .. --. -. ---   .-. . .-.-.- ok").as_deref(),
            Some("so: igno re. ok")
        );
    }

    #[test]
    fn rulers_lists_and_dots_are_none() {
        for text in [
            "-----------\n- one\n- two\n- three\n",
            "wait... no. yes. -- Ann",
            ". . . x",
            "| --- | --- | --- | --- |\n|---|---|---|---|",
            "- - - - - -\n",
            "foo.bar-baz_x",
            "",
        ] {
            let view = said(text);
            assert!(view.is_none_or(|view| !view.contains("ignore")), "{text}");
        }
    }
}
