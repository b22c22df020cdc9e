//! E-mail addresses.

use super::Match;
use super::text::{after, at, before};
use crate::Entity;

/// The most bytes of a local part and of a domain (RFC 5321).
pub(super) const MAX_LOCAL: usize = 64;
pub(super) const MAX_DOMAIN: usize = 253;

/// Endings that name a file rather than a domain: `icon@2x.png`.
const FILES: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "html", "json", "yaml", "yml", "txt",
];

/// Whether a character may be in a local part. Letters beyond ASCII are those of scripts that
/// separate words.
pub(super) fn is_local(character: char) -> bool {
    match character {
        '.' | '_' | '%' | '+' | '-' | '\'' => true,
        character if character.is_ascii() => character.is_ascii_alphanumeric(),
        character => (character as u32) < 0x0600 && character.is_alphanumeric(),
    }
}

/// Whether a character may be in a domain. Scripts without spaces would run on into the sentence.
pub(super) fn is_domain(character: char) -> bool {
    match character {
        '.' | '-' => true,
        character if character.is_ascii() => character.is_ascii_alphanumeric(),
        character => (character as u32) < 0x0600 && character.is_alphanumeric(),
    }
}

/// The address around an `@`.
pub(super) fn around(text: &str, sign: usize) -> Option<Match> {
    let start = local_start(text, sign)?;
    let local = text.get(start..sign)?;
    let end = domain_end(text, sign + 1)?;
    let domain = text.get(sign + 1..end)?;
    let ending = domain.rsplit('.').next()?;
    let confidence = if FILES.iter().any(|file| ending.eq_ignore_ascii_case(file)) {
        0.1
    } else if matches!(local, "git" | "svn" | "hg") {
        0.2
    } else if in_user_info(text, start) {
        0.3
    } else if domain.is_ascii() {
        0.97
    } else {
        0.85
    };
    Some(Match {
        entity: Entity::Email,
        start,
        end,
        confidence,
    })
}

fn local_start(text: &str, sign: usize) -> Option<usize> {
    let mut start = sign;
    for character in text
        .get(..sign)?
        .chars()
        .rev()
        .take_while(|character| is_local(*character))
    {
        if sign - start + character.len_utf8() > MAX_LOCAL {
            break;
        }
        start -= character.len_utf8();
    }
    // It begins and ends with something better than a mark, and has no two dots in a row.
    let bytes = text.as_bytes();
    while start < sign
        && !after(text, start).is_some_and(|first| first.is_alphanumeric() || first == '_')
    {
        start += after(text, start)?.len_utf8();
    }
    if let Some(dots) = text.get(start..sign)?.rfind("..") {
        start += dots + 2;
    }
    (start < sign && at(bytes, sign - 1) != b'.').then_some(start)
}

fn domain_end(text: &str, start: usize) -> Option<usize> {
    let mut end = start;
    let mut last_label = start;
    let mut best = None;
    let mut characters = text.get(start..)?.chars().peekable();
    while let Some(character) = characters.next() {
        if !is_domain(character) || end - start + character.len_utf8() > MAX_DOMAIN {
            break;
        }
        if character == '.' {
            if end == last_label {
                break;
            }
            last_label = end + 1;
        }
        end += character.len_utf8();
        let label = text.get(last_label..end)?;
        if last_label > start
            && is_top_level(label)
            && !characters
                .peek()
                .is_some_and(|next| is_domain(*next) && *next != '.')
        {
            best = Some(end);
        }
    }
    best
}

fn is_top_level(label: &str) -> bool {
    let letters = label.chars().count() >= 2 && label.chars().all(char::is_alphabetic);
    letters
        || (label.len() > 4
            && label
                .get(..4)
                .is_some_and(|head| head.eq_ignore_ascii_case("xn--"))
            && !label.ends_with('-'))
}

/// Whether what begins here is the password in `scheme://name:password@host`.
fn in_user_info(text: &str, start: usize) -> bool {
    before(text, start).is_some_and(|last| matches!(last, ':' | '/'))
        && text
            .get(super::text::floor(text, start.saturating_sub(48))..start)
            .and_then(|near| near.rsplit(char::is_whitespace).next())
            .is_some_and(|run| run.contains("://"))
}
