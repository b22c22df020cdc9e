//! Where the end of a text could still be growing into something.

use super::text::{at, before, floor, joins};
use super::{address as place, birth, crypto, email, iban, ip, token};
use crate::Entity;

/// The most bytes of a number with its separators, its extension and what follows it.
const NUMBER: usize = 64;

/// The first byte that belongs to something unfinished. `ids`: whether identifiers are looked for.
pub(super) fn tail(text: &str, ids: bool, wants: impl Fn(Entity) -> bool) -> Option<usize> {
    let numbers = [Entity::Phone, Entity::CreditCard, Entity::Ssn, Entity::Ip]
        .into_iter()
        .any(&wants);
    let chains = ids || wants(Entity::BirthDate) || wants(Entity::Address);
    [
        wants(Entity::Email).then(|| address(text)).flatten(),
        numbers.then(|| number(text)).flatten(),
        wants(Entity::Iban).then(|| account(text)).flatten(),
        (wants(Entity::Ip) || wants(Entity::Mac))
            .then(|| network(text))
            .flatten(),
        chains.then(|| token::tail(text)).flatten(),
        wants(Entity::BirthDate)
            .then(|| birth::tail(text))
            .flatten(),
        wants(Entity::Address).then(|| place::tail(text)).flatten(),
        wants(Entity::Crypto).then(|| wallet(text)).flatten(),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// An address of a cryptocurrency, and the two characters that tell where it ends.
fn wallet(text: &str) -> Option<usize> {
    let end = text
        .trim_end_matches(|character: char| !character.is_ascii_alphanumeric())
        .len();
    if text.len() - end > 2 {
        return None;
    }
    run_of(text.get(..end)?, *crypto::LENGTHS.end(), |character| {
        character.is_ascii_alphanumeric()
    })
    .filter(|start| end == text.len() || crypto::LENGTHS.contains(&(end - start)))
}

fn address(text: &str) -> Option<usize> {
    let inside = |character: char| {
        character == '@' || email::is_local(character) || email::is_domain(character)
    };
    let most = email::MAX_LOCAL + 1 + email::MAX_DOMAIN + 4;
    let run = run_of(text, most, inside)?;
    let has_sign = text.get(run..).is_some_and(|run| run.contains('@'));
    Some(if has_sign {
        run
    } else {
        run.max(floor(text, text.len().saturating_sub(email::MAX_LOCAL)))
    })
}

fn number(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let inside = |character: char| {
        character.is_ascii_digit()
            || matches!(
                character,
                ' ' | '-'
                    | '.'
                    | '('
                    | ')'
                    | '/'
                    | '+'
                    | ','
                    | 'e'
                    | 'x'
                    | 't'
                    | '\u{a0}'
                    | '\u{202f}'
                    | '\u{2010}'..='\u{2013}'
            )
    };
    let run = run_of(text, NUMBER, inside)?;
    let first = bytes
        .get(run..)?
        .iter()
        .position(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'('))?;
    Some(run + first)
}

fn account(text: &str) -> Option<usize> {
    let from = floor(text, text.len().saturating_sub(iban::MAX_BYTES + 8));
    text.get(from..)?
        .char_indices()
        .map(|(inside, _)| from + inside)
        .filter(|start| {
            at(text.as_bytes(), *start).is_ascii_alphabetic()
                && !before(text, *start).is_some_and(joins)
        })
        // One that is whole still waits for what follows it.
        .find(|start| match iban::read(text, *start) {
            iban::Reading::Unfinished => true,
            iban::Reading::Whole(end) => end + 2 > text.len(),
            iban::Reading::None => false,
        })
}

fn network(text: &str) -> Option<usize> {
    // The length of a prefix may follow, which makes two colons an address.
    let text = match text.strip_suffix('/') {
        Some(address) if address.ends_with("::") => address,
        _ => text,
    };
    run_of(text, ip::MAX_BYTES + 3, |character| {
        character.is_ascii_hexdigit() || matches!(character, ':' | '.' | '-')
    })
}

/// The start of the run of such characters at the text's end, at most `most` bytes of it.
fn run_of(text: &str, most: usize, inside: impl Fn(char) -> bool) -> Option<usize> {
    let mut start = text.len();
    for (place, character) in text.char_indices().rev() {
        if !inside(character) || text.len() - place > most {
            break;
        }
        start = place;
    }
    (start < text.len()).then_some(start)
}
