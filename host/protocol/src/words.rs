//! Strings that are names, and not text.

/// Whether a string is a token such as names, ids and enums are made of, and not text.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() <= 128
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b'$' | b'#')
        })
}

/// Whether a token is too short to be a secret by itself: what a field of text may hold beside text.
pub(crate) fn is_word(text: &str) -> bool {
    text.len() < 16 && is_token(text)
}

/// A key as a place may show it: what does not look like a field's name stays out of records.
pub(crate) fn shown(key: &str) -> &str {
    let name = key.len() <= 64
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if name { key } else { "*" }
}
