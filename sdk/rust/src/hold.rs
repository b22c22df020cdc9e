//! How much of an open text must wait for what follows.
//!
//! In a stream the host releases text up to the earliest hold. A detector holds from the first
//! byte where a match could still be growing; everything before goes out at once.

use crate::segment::floor_boundary;

/// The start of the run of bytes at the text's end that could all belong to a match which is
/// still growing, and at most `window` bytes of it. `None` where nothing can be: the text is
/// closed, or its last byte is in no such match.
///
/// ```
/// use caponier_sdk::hold;
///
/// let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
/// assert_eq!(hold::from_tail("the badge is BADGE-12", true, 16, word), Some(13));
/// assert_eq!(hold::from_tail("the badge is BADGE-12.", true, 16, word), None);
/// assert_eq!(hold::from_tail("the badge is BADGE-12", false, 16, word), None);
/// ```
pub fn from_tail(
    text: &str,
    is_open: bool,
    window: usize,
    could_continue: impl Fn(u8) -> bool,
) -> Option<usize> {
    if !is_open {
        return None;
    }
    let run = text
        .bytes()
        .rev()
        .take(window)
        .take_while(|byte| could_continue(*byte))
        .count();
    (run > 0).then(|| floor_boundary(text, text.len() - run))
}

/// The start of the longest end of the text that `marker` begins with, but is not whole: where a
/// marker such as an opening quote may have come in part only. `None` where there is no such end.
///
/// ```
/// use caponier_sdk::hold;
///
/// assert_eq!(hold::partial_marker("see --BEG", true, "--BEGIN"), Some(4));
/// assert_eq!(hold::partial_marker("see --BEGIN", true, "--BEGIN"), None);
/// ```
pub fn partial_marker(text: &str, is_open: bool, marker: &str) -> Option<usize> {
    if !is_open {
        return None;
    }
    let longest = marker.len().saturating_sub(1).min(text.len());
    (1..=longest)
        .rev()
        .find(|length| {
            text.as_bytes()
                .ends_with(marker.as_bytes().get(..*length).unwrap_or_default())
        })
        .map(|length| floor_boundary(text, text.len() - length))
}

/// The start of the longest end of the text, of at most `window` bytes, that `could_grow` takes for
/// the beginning of a match. `None` where there is none, or the text is closed.
///
/// ```
/// use caponier_sdk::hold;
///
/// // A badge number is `BADGE-` and digits.
/// let could_grow = |end: &str| match end.strip_prefix("BADGE-") {
///     Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
///     None => "BADGE-".starts_with(end),
/// };
/// assert_eq!(hold::growing("it is BADGE-12", true, 16, could_grow), Some(6));
/// assert_eq!(hold::growing("it is BAD", true, 16, could_grow), Some(6));
/// assert_eq!(hold::growing("it is bad", true, 16, could_grow), None);
/// ```
pub fn growing(
    text: &str,
    is_open: bool,
    window: usize,
    could_grow: impl Fn(&str) -> bool,
) -> Option<usize> {
    if !is_open {
        return None;
    }
    let first = text.len().saturating_sub(window);
    (first..text.len()).find(|start| text.get(*start..).is_some_and(&could_grow))
}
