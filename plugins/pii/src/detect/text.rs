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

/// Whether a character would make a longer word of what it touches. Scripts that are written
/// without spaces touch numbers without being part of them.
pub(super) fn joins(character: char) -> bool {
    character == '_' || (character.is_alphanumeric() && (character as u32) < 0x2e80)
}

/// The character before a place.
pub(super) fn before(text: &str, place: usize) -> Option<char> {
    text.get(..place)?.chars().next_back()
}

/// The character at a place.
pub(super) fn after(text: &str, place: usize) -> Option<char> {
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
