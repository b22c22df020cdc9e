//! Dates of birth: a date beside words that say that somebody was born then.

use super::ids::is_day;
use super::lexicon::{Topic, Words};
use super::text::{at, before, begins_freely, ends_freely};
use super::{Match, Reading};
use crate::Entity;

#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "born", "birth", "birthday", "birthdate", "dob", "birthdays", "geb", "geboren", "geburts*",
    "geburtstag", "né", "née", "naissance", "nacimiento", "nacido", "nacida", "nací", "nascita",
    "nascimento", "nascido", "nascida", "geboortedatum", "urodzenia", "urodzony", "urodzona",
    "født", "född", "syntynyt", "doğum", "рождения", "родился", "родилась", "生年月日", "出生", "生日",
    "생년월일", "जन्म", "الميلاد",
];

/// The months' names, short and in full, in English, German, French, Spanish, Italian, Portuguese and
/// Dutch.
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "jan", "ene", "gen", "feb", "fév", "fev", "mar", "mär", "mrz", "apr", "avr", "abr", "may",
    "mai", "mag", "mei", "jun", "giu", "jul", "lug", "aug", "ago", "sep", "set", "oct", "okt",
    "ott", "out", "nov", "dec", "déc", "dez", "dic", "january", "february", "march", "april",
    "june", "july", "august", "sept", "september", "october", "november", "december", "januar",
    "jänner", "februar", "märz", "juni", "juli", "oktober", "dezember", "janvier", "février",
    "mars", "avril", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre", "gennaio", "febbraio", "aprile", "maggio", "giugno",
    "luglio", "settembre", "ottobre", "dicembre", "janeiro", "fevereiro", "março", "maio",
    "junho", "julho", "setembro", "outubro", "novembro", "dezembro", "januari", "februari",
    "maart", "augustus",
];

/// The most bytes of a date that is written with words.
const MAX_BYTES: usize = 40;

/// The most bytes of a month's name.
const MAX_MONTH: usize = 12;

/// Whether a date may begin with the digits from `hit` to `end`, or have them as its day: a look at
/// the bytes around them. `capital`: whether the word before begins with one.
pub(super) fn may_be_at(bytes: &[u8], (hit, end): (usize, usize), capital: bool) -> bool {
    let width = end - hit;
    // What ends with the text may yet become one.
    if bytes.len() - hit < MAX_BYTES {
        return width <= 4;
    }
    let next = [at(bytes, end), at(bytes, end + 1)];
    let [mark, digit] = next;
    let dated = matches!(mark, b'.' | b'-' | b'/')
        && digit.is_ascii_digit()
        && (at(bytes, end + 2) == mark || at(bytes, end + 3) == mark);
    let named = || {
        let place = marks(bytes, ordinal(bytes, end));
        may_be_month(at(bytes, place), at(bytes, place + 1))
            || matches!(
                [at(bytes, place), at(bytes, place + 1)],
                [b'o', b'f'] | [b'd', b'e' | b'\'']
            )
    };
    match width {
        1 | 2 => dated || capital || named(),
        4 => dated,
        _ => false,
    }
}

/// Whether a month's name may begin with these two bytes.
#[inline]
fn may_be_month(first: u8, second: u8) -> bool {
    // Beyond ASCII only the first byte of an accented letter counts, in small letters' place.
    matches!(
        (first | 0x20, second | 0x20),
        (b'j', b'a' | b'u' | 0xe3)
            | (b'f', b'e' | 0xe3)
            | (b'm', b'a' | b'e' | b'r' | 0xe3)
            | (b'a', b'p' | b'v' | b'b' | b'u' | b'g' | b'o')
            | (b's', b'e')
            | (b'o', b'c' | b'k' | b't' | b'u')
            | (b'n', b'o')
            | (b'd', b'e' | b'i' | 0xe3)
            | (b'e', b'n')
            | (b'g', b'e' | b'i')
            | (b'l', b'u')
    )
}

/// The date whose first digits are here.
pub(super) fn at_digits(text: &str, hit: usize, words: &mut Words<'_>, topic: Topic) -> Reading {
    let start = month_before(text, hit).unwrap_or(hit);
    let end = match if start < hit {
        month_first(text, hit)
    } else {
        digits_first(text, hit)
    } {
        Some(end) => end,
        // It could still become one.
        None if text.len() - hit < MAX_BYTES && may_go_on(text, hit) => {
            return Reading {
                found: None,
                unsure_from: Some(start),
            };
        }
        None => return Reading::default(),
    };
    if !begins_freely(text, start) || !ends_freely(text, end) {
        return Reading::default();
    }
    let said = words.said(text, (start, end), topic);
    Reading {
        found: said.distance.map(|distance| Match {
            entity: Entity::BirthDate,
            start,
            end,
            confidence: if distance <= 24 { 0.95 } else { 0.85 },
        }),
        unsure_from: said.unsure.then_some(start),
    }
}

/// Where a month's name at the text's end begins: a day may follow.
pub(super) fn tail(text: &str) -> Option<usize> {
    let end = text.trim_end_matches([' ', '.', ',']).len();
    (text.len() - end <= 2).then_some(())?;
    let start = word_before(text, end)?;
    is_capital_month(text.get(start..end)?).then_some(start)
}

/// Whether the text ends before it is known that no date begins here.
fn may_go_on(text: &str, hit: usize) -> bool {
    let inside = |character: char| {
        character.is_ascii_digit() || matches!(character, ' ' | '.' | ',' | '-' | '/')
    };
    let mut rest = text.get(hit..).unwrap_or_default();
    loop {
        rest = rest.trim_start_matches(inside);
        let end = rest
            .find(|character: char| !character.is_alphabetic())
            .unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let goes_on = word.len() == rest.len()
            || is_month(word)
            || matches!(
                word,
                "of" | "de" | "del" | "d" | "st" | "nd" | "rd" | "th" | "er"
            );
        if word.len() == rest.len() {
            return rest.len() <= MAX_MONTH;
        }
        if word.is_empty() || !goes_on {
            return false;
        }
        rest = rest.get(end..).unwrap_or_default();
    }
}

fn word_before(text: &str, end: usize) -> Option<usize> {
    let letters = text
        .as_bytes()
        .get(end.saturating_sub(MAX_MONTH + 1)..end)?;
    let other = letters.iter().rposition(|byte| !byte.is_ascii_alphabetic());
    let length = other.map_or(letters.len(), |other| letters.len() - other - 1);
    if other.is_none_or(|other| letters.get(other).is_some_and(u8::is_ascii)) {
        return (1..=MAX_MONTH).contains(&length).then(|| end - length);
    }
    let mut start = end;
    while let Some(last) = before(text, start).filter(|last| last.is_alphabetic()) {
        start -= last.len_utf8();
        if end - start > MAX_MONTH {
            return None;
        }
    }
    (start < end).then_some(start)
}

/// Where the month's name begins that stands before a day.
fn month_before(text: &str, hit: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = hit;
    while end > 0 && hit - end < 2 && matches!(at(bytes, end - 1), b' ' | b'.' | b'-') {
        end -= 1;
    }
    if end == hit {
        return None;
    }
    let start = word_before(text, end)?;
    is_capital_month(text.get(start..end)?).then_some(start)
}

/// Whether a word names a month.
fn is_month(word: &str) -> bool {
    (3..=MAX_MONTH).contains(&word.len())
        && may_be_month(at(word.as_bytes(), 0), at(word.as_bytes(), 1))
        && MONTHS.iter().any(|month| month.eq_ignore_ascii_case(word))
}

/// Whether a word with a capital names a month: the ones before a day do, and `may` is no month.
fn is_capital_month(word: &str) -> bool {
    may_be_month(at(word.as_bytes(), 0), at(word.as_bytes(), 1))
        && word.starts_with(char::is_uppercase)
        && is_month(word)
}

/// `12, 1980` after a month: the byte after it.
fn month_first(text: &str, hit: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (day, place) = number(bytes, hit, 2)?;
    let place = ordinal(bytes, place);
    let place = marks(bytes, place);
    let (year, end) = number(bytes, place, 4)?;
    ((1..=31).contains(&day) && is_year(year) && end - place == 4).then_some(end)
}

/// A date that begins with digits: the byte after it.
fn digits_first(text: &str, hit: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (first, place) = number(bytes, hit, 4)?;
    let width = place - hit;
    let separator = at(bytes, place);
    if matches!(separator, b'/' | b'-' | b'.') && at(bytes, place + 1).is_ascii_digit() {
        let (second, place) = number(bytes, place + 1, 2)?;
        if at(bytes, place) != separator {
            return None;
        }
        let (third, end) = number(bytes, place + 1, 4)?;
        let last = end - place - 1;
        let right = match (width, last) {
            (4, 1 | 2) => is_year(first) && is_day(first, second, third),
            (1 | 2, 4) => {
                is_year(third) && (is_day(third, second, first) || is_day(third, first, second))
            }
            (1 | 2, 2) => is_day(2000, second, first) || is_day(2000, first, second),
            _ => false,
        };
        return right.then_some(end);
    }
    // `12 March 1980`, `12. März 1980`, `3rd of May 1980`, `1er mai 1980`, `12-Mar-1980`
    if width > 2 || !(1..=31).contains(&first) {
        return None;
    }
    let mut place = marks(bytes, ordinal(bytes, place));
    for particle in ["of ", "de ", "d'"] {
        if text
            .get(place..)
            .is_some_and(|rest| rest.starts_with(particle))
        {
            place += particle.len();
        }
    }
    if !may_be_month(at(bytes, place), at(bytes, place + 1)) {
        return None;
    }
    let rest = text.get(place..)?;
    let name = rest
        .split(|character: char| !character.is_alphabetic())
        .next()?;
    if !is_month(name) {
        return None;
    }
    place = marks(bytes, place + name.len());
    for particle in ["of ", "de ", "del "] {
        if text
            .get(place..)
            .is_some_and(|rest| rest.starts_with(particle))
        {
            place += particle.len();
        }
    }
    let (year, end) = number(bytes, place, 4)?;
    (is_year(year) && end - place == 4).then_some(end)
}

fn is_year(year: u32) -> bool {
    (1880..2100).contains(&year)
}

fn number(bytes: &[u8], start: usize, most: usize) -> Option<(u32, usize)> {
    let (mut number, mut place) = (0_u32, start);
    while at(bytes, place).is_ascii_digit() {
        number = number * 10 + u32::from(at(bytes, place) - b'0');
        place += 1;
        if place - start > most {
            return None;
        }
    }
    (place > start).then_some((number, place))
}

fn ordinal(bytes: &[u8], place: usize) -> usize {
    let next = [at(bytes, place), at(bytes, place + 1)].map(|byte| byte.to_ascii_lowercase());
    let width = if matches!(&next, b"st" | b"nd" | b"rd" | b"th" | b"er") {
        2
    } else {
        0
    };
    place + width
}

/// The place after at most two of space, comma, dot and dash.
fn marks(bytes: &[u8], place: usize) -> usize {
    let count = (0..2)
        .take_while(|step| matches!(at(bytes, place + step), b' ' | b',' | b'.' | b'-'))
        .count();
    place + count
}
