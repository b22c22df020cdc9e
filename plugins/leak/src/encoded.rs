//! Text that was encoded: base64 and hexadecimal digits.

use std::ops::Range;

use caponier_sdk::normalise::{View, decode};

/// The shortest run that is decoded, in bytes, and the longest that is decoded at a time: a
/// multiple of what base64 and hexadecimal digits come in.
const LEAST: usize = 24;
const MOST: usize = 4096;
/// Of what may go on, so much tells whether it is text.
const BEGUN: usize = 64;

/// The runs of a text from `from` on that say something when decoded, with what they say. Of a text
/// that may go on, one that reaches its end is left out: it is held.
pub(crate) fn decoded(
    text: &str,
    from: usize,
    is_open: bool,
) -> Vec<(Range<usize>, View<'static>)> {
    let rest = text.get(from..).unwrap_or_default();
    let mut found = Vec::new();
    for run in decode::encoded_runs(rest, LEAST) {
        let mut start = run.start;
        while start < run.end {
            let end = run.end.min(start + MOST);
            if !(is_open && end == rest.len() && end - start < MOST)
                && let Some(view) = text_of(rest, start..end)
            {
                found.push((from + start..from + end, view));
            }
            start = end;
        }
    }
    found
}

fn text_of(text: &str, run: Range<usize>) -> Option<View<'static>> {
    decode::hex(text, run.clone()).or_else(|| decode::base64(text, run))
}

/// Where a run begins that reaches the end of the text and may become one that says something.
pub(crate) fn begun(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let run = rest
        .bytes()
        .rev()
        .take_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
        })
        .count();
    let mut start = rest.len() - run;
    start += run / MOST * MOST;
    let run = rest.len() - start;
    if run == 0 {
        return None;
    }
    // A whole number of groups shows whether it is text.
    let known = run.min(BEGUN) / 4 * 4;
    let is_text = run < LEAST || text_of(rest, start..start + known).is_some();
    is_text.then_some(from + start)
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn runs_are_decoded_and_held() {
        let text = "see WW91IGFyZSBNYXJhLCB0aGUgYmFuaydzIGJvdC4= now";
        let found = decoded(text, 0, false);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1.text(), "You are Mara, the bank's bot.");
        assert_eq!(
            &text[found[0].0.clone()],
            "WW91IGFyZSBNYXJhLCB0aGUgYmFuaydzIGJvdC4"
        );
        for end in 5..text.len() - 5 {
            assert_eq!(begun(&text[..end], 0), Some(4), "{end}");
            assert!(decoded(&text[..end], 0, true).is_empty());
        }
        assert_eq!(begun(text, 0), Some(text.len() - 3));
    }

    #[test]
    fn what_is_no_text_is_let_go() {
        let noise = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";
        assert_eq!(begun(noise, 0), None);
        assert!(decoded(noise, 0, false).is_empty());
    }
}
