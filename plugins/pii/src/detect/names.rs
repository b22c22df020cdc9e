//! Names of people, where the words before them say that a name follows: a title, `my name is`, a
//! field's label, the end of a letter.
//!
//! Without a model nobody can tell a name from another word that begins with a capital. So only what
//! is announced is found, and only as far as words with capitals go.

use super::text::{after, before, floor};
use super::{Match, Reading};
use crate::Entity;

/// How far before a name its announcement may begin, in bytes.
pub(super) const REACH: usize = 48;

/// The most words of a name, and the most bytes of one word.
const MAX_WORDS: usize = 4;
const MAX_WORD: usize = 32;

/// Words between the parts of a name.
const PARTICLES: &[&str] = &[
    "de", "del", "della", "di", "da", "dos", "das", "do", "du", "la", "le", "van", "von", "der",
    "den", "ten", "ter", "zu", "bin", "bint", "ibn", "al", "el", "y", "af", "av",
];

/// Words with a capital that do not begin a name.
const NO_NAMES: &[&str] = &[
    "the", "a", "an", "this", "that", "it", "i", "my", "your", "our", "we", "you", "he", "she",
    "they", "not", "no", "none", "null", "true", "false", "unknown", "n", "string", "text", "and",
    "or", "if", "is", "in", "on", "at", "to", "for", "of", "as", "address", "phone", "email",
    "date", "der", "die", "das", "el", "la", "le", "please", "enter", "required", "optional",
    "john_doe", "id", "number", "type", "test", "example",
];

const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "mx", "dr", "prof", "frau", "fr", "hr", "mme", "mlle", "sr", "sra", "srta",
    "sri", "drs", "pr",
];

/// Labels of fields that hold a person's name.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "name", "names", "fullname", "firstname", "lastname", "surname", "forename", "nombre",
    "nombres", "apellido", "apellidos", "nom", "prénom", "prenom", "nachname", "vorname",
    "familienname", "nome", "cognome", "sobrenome", "naam", "achternaam", "voornaam", "namn",
    "navn", "nimi", "imię", "nazwisko", "isim",
];

/// Labels of fields that may hold one.
#[rustfmt::skip]
const ROLES: &[&str] = &[
    "patient", "customer", "employee", "applicant", "contact", "recipient", "sender",
    "cardholder", "holder", "beneficiary", "insured", "tenant", "landlord", "signed", "attn",
    "author", "doctor", "physician", "spouse", "mother", "father", "cliente", "paciente",
    "kunde", "patientin", "mieter",
];

/// What a name that is not a person's belongs to.
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "file", "project", "user", "host", "class", "model", "product", "company", "brand", "tool",
    "function", "variable", "table", "column", "domain", "display", "event", "package",
    "service", "app", "application", "server", "branch", "repository", "repo", "field", "key",
    "tag", "bot", "agent", "assistant", "system", "team", "group", "school", "university",
    "store", "restaurant", "hotel", "city", "country", "street", "game", "character", "code",
    "method", "module", "plugin", "database", "index", "role", "event's", "business",
    "organization", "organisation", "department",
];

/// Words that end a letter, before a comma and a new line.
#[rustfmt::skip]
const CLOSINGS: &[&str] = &[
    "regards", "sincerely", "wishes", "thanks", "cheers", "yours", "truly", "faithfully",
    "respectfully", "best", "grüßen", "grüße", "gruß", "cordialement", "saludos", "saluti",
    "atentamente", "groeten", "hilsen", "hälsningar",
];

/// Whether a name may be announced at the first of three bytes. Made of comparisons only, so that
/// it becomes vector code: a title's two letters, `nam` and `nom`, a colon, a comma before a line's
/// end.
#[inline]
fn may_announce(one: u8, two: u8, three: u8) -> bool {
    let title = (one.wrapping_sub(b'A') < 26) & (two == b'r')
        | (one == b'M') & ((two == b's') | (two == b'm'));
    let name = ((one | 0x20) == b'n')
        & (((two | 0x20) == b'a') | ((two | 0x20) == b'o'))
        & ((three | 0x20) == b'm');
    let label = (one == b':') & ((two == b' ') | (two == b'\n') | (two == b'"') | (two == b'\t'));
    title | name | label | ((one == b',') & (two == b'\n'))
}

/// The first place at or after `from` where a name may be announced.
fn next_announcement(bytes: &[u8], from: usize) -> Option<usize> {
    const STEP: usize = 64;
    let view = |place: usize| bytes.get(place..place + STEP)?.first_chunk::<STEP>();
    let mut place = from;
    // Three views, each a byte further on: the comparisons of a whole step need no branch.
    while let (Some(one), Some(two), Some(three)) = (view(place), view(place + 1), view(place + 2))
    {
        let mut any = 0_u8;
        for ((one, two), three) in one.iter().zip(two).zip(three) {
            any |= u8::from(may_announce(*one, *two, *three));
        }
        if any != 0 {
            let inside = one
                .iter()
                .zip(two)
                .zip(three)
                .position(|((one, two), three)| may_announce(*one, *two, *three))?;
            return Some(place + inside);
        }
        place += STEP;
    }
    let byte = |place: usize| bytes.get(place).copied().unwrap_or(0);
    (place..bytes.len()).find(|place| may_announce(byte(*place), byte(place + 1), byte(place + 2)))
}

/// Every name that begins at or after `from`, and where one may still be growing.
pub(super) fn scan(text: &str, from: usize, found: &mut Vec<Match>) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut place = floor(text, from.saturating_sub(REACH));
    let mut unsure_from: Option<usize> = None;
    while let Some(hit) = next_announcement(bytes, place) {
        place = hit + 1;
        let reading = match bytes.get(hit) {
            Some(b':') => after_label(text, hit),
            Some(b',') => after_closing(text, hit),
            Some(b'n' | b'N') => after_name_is(text, hit).or_else(|| after_title(text, hit)),
            _ => after_title(text, hit),
        };
        let Some(reading) = reading else { continue };
        if let Some(start) = reading.unsure_from {
            unsure_from = Some(unsure_from.map_or(start, |known| known.min(start)));
        }
        found.extend(reading.found.filter(|found| found.start >= from));
    }
    unsure_from
}

/// The word that begins at a place, and the byte after it.
fn word(text: &str, start: usize) -> Option<(&str, usize)> {
    let rest = text.get(start..)?;
    let end = rest
        .char_indices()
        .take(MAX_WORD)
        .find(|(_, character)| !character.is_alphanumeric())
        .map_or(rest.len().min(floor(rest, MAX_WORD)), |(end, _)| end);
    Some((rest.get(..end)?, start + end))
}

/// The word that ends before a place, and where it begins.
fn word_before(text: &str, end: usize) -> (&str, usize) {
    let mut start = end;
    while let Some(last) = before(text, start).filter(|last| last.is_alphanumeric()) {
        if end - start > MAX_WORD {
            break;
        }
        start -= last.len_utf8();
    }
    (text.get(start..end).unwrap_or_default(), start)
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
        || (!word.is_ascii() && list.contains(&word.to_lowercase().as_str()))
}

fn after_title(text: &str, hit: usize) -> Option<Reading> {
    if before(text, hit).is_some_and(char::is_alphanumeric) {
        return None;
    }
    let (title, end) = word(text, hit)?;
    if !is_one_of(title, TITLES) {
        return None;
    }
    let dot = text.get(end..)?.starts_with('.');
    let end = end + usize::from(dot);
    let rest = text.get(end..)?;
    // `Dr` after a name is a street.
    let space = rest
        .chars()
        .next()
        .filter(|first| matches!(first, ' ' | '\u{a0}'))?;
    let start = end + space.len_utf8();
    Some(name(text, start, 1, if dot { 0.9 } else { 0.8 }, 0.92))
}

/// `name is …`, `name's …`, `Name ist …`, `nombre es …`, `nom est …`, `nome é …`.
fn after_name_is(text: &str, hit: usize) -> Option<Reading> {
    if before(text, hit).is_some_and(char::is_alphanumeric) {
        return None;
    }
    let (word_name, end) = word(text, hit)?;
    if !is_one_of(word_name, LABELS) {
        return None;
    }
    let rest = text.get(end..)?;
    let verb = [
        " is ", "'s ", "’s ", " ist ", " es ", " est ", " é ", " è ", " er ", " är ", " was ",
    ]
    .into_iter()
    .find(|verb| rest.starts_with(verb))?;
    let (previous, _) = word_before(text, floor(text, hit.saturating_sub(1)));
    if is_one_of(previous, THINGS) {
        return None;
    }
    Some(name(text, end + verb.len(), 1, 0.6, 0.85))
}

/// `Name: …`, `"name": "…"`, `Patient: …`.
fn after_label(text: &str, colon: usize) -> Option<Reading> {
    let quoted = before(text, colon) == Some('"');
    let (label, start) = word_before(text, colon - usize::from(quoted));
    let (named, role) = (is_one_of(label, LABELS), is_one_of(label, ROLES));
    if !named && !role {
        return None;
    }
    let (previous, _) = word_before(text, floor(text, start.saturating_sub(1)));
    let joined = before(text, start).is_some_and(|mark| matches!(mark, ' ' | '_' | '-'));
    if joined && is_one_of(previous, THINGS) {
        return None;
    }
    let rest = text.get(colon + 1..)?;
    let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '"', '*']).len();
    let skipped = match rest.strip_prefix('\n') {
        Some(_) => 1,
        None => skipped.min(6),
    };
    let start = colon + 1 + skipped;
    if start - colon > 8 {
        return None;
    }
    let person = named && (label.len() > 4 || joined);
    Some(match (named, person) {
        (true, true) => name(text, start, 1, 0.7, 0.85),
        // Tools, models and companies have a `"name"` too.
        (true, false) if quoted => name(text, start, 1, 0.15, 0.45),
        (true, false) => name(text, start, 1, 0.4, 0.65),
        _ => name(text, start, 2, 0.0, 0.7),
    })
}

/// `Kind regards,` and a name on the next line.
fn after_closing(text: &str, comma: usize) -> Option<Reading> {
    let (closing, _) = word_before(text, comma);
    if !is_one_of(closing, CLOSINGS) {
        return None;
    }
    let rest = text.get(comma + 1..)?;
    let lines = rest.len() - rest.trim_start_matches(['\n', '\r', ' ']).len();
    (lines <= 4).then(|| name(text, comma + 1 + lines, 1, 0.6, 0.85))
}

/// The name that begins at a place, of at least so many words; how sure one word is, and several.
fn name(text: &str, start: usize, least: usize, one: f64, several: f64) -> Reading {
    let (mut end, mut place, mut words) = (start, start, 0);
    loop {
        if place >= text.len() {
            // More of it may come.
            return Reading {
                found: found(start, end, words, least, one, several),
                unsure_from: Some(start),
            };
        }
        let Some(stop) = part(text, place) else {
            break;
        };
        let part = text.get(place..stop).unwrap_or_default();
        if words > 0 && PARTICLES.contains(&part) {
            place = stop;
        } else {
            let capital = part.chars().next().is_some_and(char::is_uppercase);
            let known = NO_NAMES.iter().any(|word| word.eq_ignore_ascii_case(part));
            if !capital || known || words == MAX_WORDS {
                // What ends with the text may yet be another word.
                let unsure = stop == text.len() && (capital || words > 0);
                return Reading {
                    found: found(start, end, words, least, one, several),
                    unsure_from: unsure.then_some(start),
                };
            }
            words += 1;
            end = stop;
            place = stop;
            // An initial's dot.
            if part.chars().count() == 1 && after(text, place) == Some('.') {
                place += 1;
                end = if after(text, place) == Some(' ') {
                    end
                } else {
                    place
                };
            }
        }
        match after(text, place) {
            None => {}
            Some(' ') => place += 1,
            // A mark at the end may yet join another part.
            Some(mark @ ('\'' | '’' | '-')) if place + mark.len_utf8() >= text.len() => {
                place = text.len()
            }
            Some(_) => break,
        }
    }
    Reading {
        found: found(start, end, words, least, one, several),
        unsure_from: None,
    }
}

fn found(
    start: usize,
    end: usize,
    words: usize,
    least: usize,
    one: f64,
    several: f64,
) -> Option<Match> {
    let confidence = if words > 1 { several } else { one };
    (words >= least && confidence > 0.0 && end > start + 1).then_some(Match {
        entity: Entity::PersonName,
        start,
        end,
        confidence,
    })
}

/// The byte after a name's part: letters, with apostrophes and hyphens between them.
fn part(text: &str, start: usize) -> Option<usize> {
    let mut end = start;
    let mut characters = text.get(start..)?.chars().peekable();
    while let Some(character) = characters.next() {
        let joins = matches!(character, '\'' | '’' | '-')
            && end > start
            && characters.peek().is_some_and(|next| next.is_alphabetic());
        // What belongs to the one named is no part of the name.
        let possessive = joins && character != '-' && matches!(characters.peek(), Some('s'));
        if !(character.is_alphabetic() || joins) || possessive || end - start > MAX_WORD {
            break;
        }
        end += character.len_utf8();
    }
    (end > start).then_some(end)
}
