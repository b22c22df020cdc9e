//! Postal addresses: a street and a number, in the order and with the words of several countries.

use super::context::{self, Said};
use super::text::{after, at, before, begins_freely, floor, joins};
use super::{Match, Reading};
use crate::Entity;

/// The most bytes of the street's name.
const MAX_STREET: usize = 48;

/// The most bytes of what follows it: a flat, a town, a postal code.
const MAX_REST: usize = 64;

const WORDS: &[&str] = &[
    "address", "addresses", "live", "lives", "living", "lived", "reside*", "residing", "ship", "shipping", "deliver*",
    "mail", "mailing", "billing", "located", "home", "send", "sent", "moved", "adresse", "anschrift", "wohnt", "wohne*", "wohnhaft",
    "habite", "domicilié", "dirección", "domicilio", "vive", "vivo", "indirizzo", "abita", "abito", "residente", "endereço", "mora", "moro", "adres",
];

/// What an English street's name ends in.
const ENDINGS: &[&str] = &[
    "street", "st", "avenue", "ave", "av", "road", "rd", "lane", "ln", "drive", "dr", "boulevard", "blvd", "court", "ct",
    "place", "pl", "square", "sq", "terrace", "ter", "way", "highway", "hwy", "parkway", "pkwy", "circle", "cir",
    "trail", "trl", "close", "crescent", "cres", "grove", "mews", "row", "walk", "alley", "plaza", "loop", "gardens",
    "streets", "squares", "turnpike", "pike", "expressway", "crossing", "heights", "ridge", "hollow",
];

/// What a French street begins with, after the number.
const FRENCH: &[&str] = &[
    "rue", "avenue", "boulevard", "bd", "place", "chemin", "allée", "allee", "impasse", "quai", "route", "cours",
    "square", "passage", "villa", "sentier",
];

/// What a street of the south begins with, before the number.
const SOUTHERN: &[&str] = &[
    "calle", "avenida", "avda", "plaza", "paseo", "carrer", "camino", "via", "viale", "piazza", "corso", "largo",
    "vicolo", "strada", "rua", "travessa", "praça", "alameda", "estrada", "ulica", "ul", "aleja", "al", "os",
];

/// What a street of the north ends in, before the number.
const NORTHERN: &[&str] = &[
    "straße", "strasse", "str", "weg", "allee", "gasse", "platz", "damm", "ufer", "straat", "laan", "plein", "gracht",
    "kade", "gatan", "gata", "vägen", "gränd", "vej", "vejen", "gade", "katu", "tie", "kuja", "veien", "gaten",
];

const UNITS: &[&str] = &["apt", "apartment", "suite", "ste", "unit", "flat", "floor", "room"];

/// The address whose house number begins here.
pub(super) fn at_number(text: &str, start: usize) -> Reading {
    let bytes = text.as_bytes();
    let digits = bytes.get(start..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 5 || (start > 0 && at(bytes, start - 1).is_ascii_alphanumeric()) {
        return Reading::default();
    }
    let mut end = start + digits;
    // `12a`, `12-14`
    if at(bytes, end).is_ascii_alphabetic() && !at(bytes, end + 1).is_ascii_alphanumeric() {
        end += 1;
    }
    if let Some((first, sure)) = street_before(text, start) {
        return finish(text, first, end, sure);
    }
    if !matches!(at(bytes, end), b' ' | b',') || !begins_freely(text, start) {
        return Reading::default();
    }
    match street_after(text, end) {
        Street::Yes(end, sure) => finish(text, start, end, sure),
        Street::NotYet => Reading { found: None, unsure_from: Some(start) },
        Street::No => Reading::default(),
    }
}

/// Where a street at the text's end begins: a number may follow.
pub(super) fn tail(text: &str) -> Option<usize> {
    let end = text.trim_end_matches([' ', ',', '.']).len();
    (text.len() - end <= 2).then_some(())?;
    words_back(text, end).find_map(|(start, word)| {
        let last = start + word.len() == end;
        (is_southern(word) || (last && is_northern(word))).then_some(start)
    })
}

/// The words before a place, the last first, on one line and not too far.
fn words_back(text: &str, end: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut place = end;
    let mut count = 0;
    std::iter::from_fn(move || {
        while let Some(last) = before(text, place).filter(|last| matches!(last, ' ' | '.' | ',' | '\'')) {
            place -= last.len_utf8();
        }
        let stop = place;
        while let Some(last) = before(text, place).filter(|last| last.is_alphabetic() || *last == '-') {
            place -= last.len_utf8();
            if end - place > MAX_STREET {
                return None;
            }
        }
        count += 1;
        (place < stop && count <= 5).then(|| (place, text.get(place..stop).unwrap_or_default()))
    })
}

fn is_southern(word: &str) -> bool {
    is_one_of(word, SOUTHERN) && (word.len() > 3 || word.starts_with(char::is_uppercase) || word == "ul")
}

fn is_northern(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
        && NORTHERN.iter().any(|ending| {
            let head = word.len().saturating_sub(ending.len());
            word.is_char_boundary(head)
                && word.get(head..).is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
                && (head > 2 || (head == 0 && ending.len() > 3))
        })
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The street that ends just before its number: where it begins, and how sure that is.
fn street_before(text: &str, number: usize) -> Option<(usize, f64)> {
    before(text, number).filter(|last| matches!(last, ' ' | ','))?;
    let mut words = words_back(text, number);
    let (first, word) = words.next()?;
    if word.eq_ignore_ascii_case("box") {
        let (start, word) = words.next()?;
        let (start, word) = if word == "O" { words.next()? } else { (start, word) };
        return (word == "PO" || word == "P").then_some((start, 0.85));
    }
    if word == "Postfach" || word == "Apartado" {
        return Some((first, 0.7));
    }
    if is_northern(word) {
        return Some((first, 0.75));
    }
    // `Calle de Alcalá 5`: what begins the street, then capitals and particles.
    let mut capital = word.starts_with(char::is_uppercase);
    for (start, word) in words {
        if is_southern(word) {
            return (capital && !before(text, start).is_some_and(joins)).then_some((start, 0.65));
        }
        capital |= word.starts_with(char::is_uppercase);
        if !word.starts_with(char::is_uppercase) && word.len() > 3 {
            return None;
        }
    }
    None
}

enum Street {
    /// The byte after it, and how sure.
    Yes(usize, f64),
    NotYet,
    No,
}

/// The street that follows its number.
fn street_after(text: &str, number_end: usize) -> Street {
    let mut place = number_end;
    let mut words = 0;
    let mut french = false;
    let mut best = None;
    loop {
        // At most a comma and a space between two words.
        let mut marks = 0;
        while let Some(mark) = after(text, place).filter(|mark| matches!(mark, ' ' | ',' | '.' | '\'' | '’')) {
            place += mark.len_utf8();
            marks += 1;
            if marks > 2 || (mark == ',' && words > 0) {
                return best.map_or(Street::No, |end| Street::Yes(end, 0.75));
            }
        }
        let word = word_at(text, place);
        if place + word.len() == text.len() {
            return match best {
                None if place - number_end <= MAX_STREET => Street::NotYet,
                _ if is_one_of(word, ENDINGS) || french => Street::NotYet,
                None => Street::No,
                Some(_) => Street::NotYet,
            };
        }
        let end = place + word.len();
        let capital = word.starts_with(|first: char| first.is_uppercase() || first.is_ascii_digit());
        if word.is_empty() || end - number_end > MAX_STREET || words > 5 {
            break;
        }
        if words == 0 && is_one_of(word, FRENCH) && !capital {
            french = true;
        } else if french {
            if capital {
                best = Some(end);
            } else if word.len() > 4 {
                break;
            }
        } else if words > 0 && is_one_of(word, ENDINGS) {
            best = Some(end + usize::from(word.len() <= 4 && after(text, end) == Some('.') && !ends_sentence(text, end)));
            if capital {
                break;
            }
        } else if !capital && !(words == 0 && word == "bis") {
            break;
        }
        words += 1;
        place = end;
    }
    best.map_or(Street::No, |end| Street::Yes(end, if french { 0.8 } else { 0.75 }))
}

/// Whether the dot at a place ends a sentence rather than a short form.
fn ends_sentence(text: &str, dot: usize) -> bool {
    let rest = text.get(dot + 1..).unwrap_or_default();
    !rest.starts_with(',') && !rest.starts_with(" Apt") && !rest.starts_with(" Suite")
}

/// The letters and digits at a place.
fn word_at(text: &str, place: usize) -> &str {
    let rest = text.get(place..).unwrap_or_default();
    let end = rest
        .char_indices()
        .find(|(_, character)| !(character.is_alphanumeric() || *character == '-'))
        .map_or(rest.len(), |(end, _)| end);
    rest.get(..end.min(floor(rest, MAX_STREET + 4))).unwrap_or_default()
}

/// The match, with the flat, the town and the postal code that follow.
fn finish(text: &str, start: usize, street_end: usize, sure: f64) -> Reading {
    let (end, coded) = rest_end(text, street_end);
    if text.len() < street_end + MAX_REST && !text.get(street_end..).is_some_and(|rest| rest.contains("\n\n")) {
        // What follows may still belong to it.
        let found = judged(text, start, end, coded, sure);
        return Reading { found, unsure_from: Some(start) };
    }
    Reading { found: judged(text, start, end, coded, sure), unsure_from: None }
}

fn judged(text: &str, start: usize, end: usize, coded: bool, sure: f64) -> Option<Match> {
    if after(text, end).is_some_and(|next| next.is_alphanumeric()) {
        return None;
    }
    let said = matches!(context::around(text, (start, end), WORDS), Said::Yes(_));
    let confidence = match (coded, said) {
        (true, _) => 0.93,
        (false, true) => f64::min(sure + 0.17, 0.92),
        (false, false) => sure - 0.15,
    };
    Some(Match { entity: Entity::Address, start, end, confidence })
}

/// Where the flat, the town and the postal code end, and whether there is such a code.
fn rest_end(text: &str, street_end: usize) -> (usize, bool) {
    let upto = floor(text, street_end + MAX_REST);
    let rest = text.get(street_end..upto).unwrap_or_default();
    let line = rest.split("\n\n").next().unwrap_or_default();
    let mut end = street_end;
    let mut place = 0;
    let mut coded = false;
    for piece in line.split_inclusive([',', '\n', ' ']).take(14) {
        let word = piece.trim_end_matches([',', '\n', ' ']).trim_end_matches('.');
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let first = word.chars().next();
        let capital = first.is_some_and(char::is_uppercase);
        let unit = is_one_of(word, UNITS) || word.starts_with('#');
        let number = digits > 0 && word.len() <= 10 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !(word.is_empty() || capital || unit || number) {
            break;
        }
        let here = street_end + place + word.len();
        // A code of five digits, or a short one with letters, ends an address.
        let code = (number && (4..=5).contains(&digits) && word.len() == digits) || (digits == 5 + 4 && word.contains('-'));
        if code && place > 0 {
            (end, coded) = (here, true);
            break;
        }
        if unit || (number && digits <= 4 && end == street_end + place.saturating_sub(1) && end > street_end) {
            end = here;
        }
        place += piece.len();
    }
    (end, coded)
}
