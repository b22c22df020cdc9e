//! Looking at the bytes around a place.

/// The byte at a place; 0 outside of the text.
#[inline]
pub(super) fn at(bytes: &[u8], place: usize) -> u8 {
    bytes.get(place).copied().unwrap_or(0)
}

/// The last character boundary at or before a place.
pub(super) fn floor(text: &str, place: usize) -> usize {
    let mut place = place.min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

/// The most bytes of a word that is looked at for its first letter.
const MAX_WORD: usize = 32;

/// Whether the word that stands just before a place begins with a capital, or may do so beyond
/// ASCII. At most two of space, dot, comma and dash lie between.
pub(super) fn follows_capital(bytes: &[u8], place: usize) -> bool {
    if !matches!(at(bytes, place.wrapping_sub(1)), b' ' | b'.' | b',' | b'-') {
        return false;
    }
    let before = bytes.get(place.saturating_sub(MAX_WORD + 2)..place);
    let before = before.unwrap_or_default();
    let marks = before.iter().rev().take(2);
    let marks = marks.take_while(|byte| matches!(byte, b' ' | b'.' | b',' | b'-'));
    let word = before.get(..before.len() - marks.count());
    let word = word.unwrap_or_default();
    let is_mark = |byte: &u8| *byte < b'A' && *byte != b'-';
    let start = word.iter().rposition(is_mark);
    word.get(start.map_or(0, |space| space + 1))
        .is_some_and(|first| first.is_ascii_uppercase() || !first.is_ascii())
}

/// Whether a character would make a longer word of what it touches. Scripts that are written
/// without spaces touch numbers without being part of them.
#[inline]
pub(super) fn joins(character: char) -> bool {
    if character.is_ascii() {
        return character == '_' || character.is_ascii_alphanumeric();
    }
    character == '_' || (character.is_alphanumeric() && (character as u32) < 0x2e80)
}

/// The character before a place.
#[inline]
pub(super) fn before(text: &str, place: usize) -> Option<char> {
    match text.as_bytes().get(place.checked_sub(1)?) {
        Some(byte) if byte.is_ascii() => return Some(char::from(*byte)),
        _ => {}
    }
    text.get(..place)?.chars().next_back()
}

/// The character at a place.
#[inline]
pub(super) fn after(text: &str, place: usize) -> Option<char> {
    match text.as_bytes().get(place) {
        Some(byte) if byte.is_ascii() => return Some(char::from(*byte)),
        _ => {}
    }
    text.get(place..)?.chars().next()
}

/// Whether a number that begins here is the beginning of it, not a part of something longer.
pub(super) fn begins_freely(text: &str, start: usize) -> bool {
    let Some(last) = before(text, start) else {
        return true;
    };
    let second = before(text, start - last.len_utf8());
    match last {
        '#' | '$' | '€' | '£' | '¥' | '@' | '%' => false,
        '.' | ':' | ',' => !second.is_some_and(|second| second.is_ascii_digit()),
        '-' | '/' | '+' => !second.is_some_and(joins),
        last => !joins(last),
    }
}

/// Whether a number that ends here is the end of it.
pub(super) fn ends_freely(text: &str, end: usize) -> bool {
    let Some(first) = after(text, end) else {
        return true;
    };
    let second = after(text, end + first.len_utf8());
    match first {
        '%' | '@' => false,
        '.' | ',' | '/' => !second.is_some_and(|second| second.is_ascii_digit()),
        '-' => !second.is_some_and(joins),
        first => !joins(first),
    }
}
