//! Postal addresses: a street and a number, in the order and with the words of several countries.

use super::lexicon::{Topic, Words};
use super::text::{after, at, before, begins_freely, floor, joins};
use super::{Match, Reading};
use crate::Entity;

/// The most bytes of the street's name.
const MAX_STREET: usize = 48;

/// The most spaces and marks between two of its words, or before its number.
const MAX_MARKS: usize = 2;

/// The most bytes of what follows it: a flat, a town, a postal code.
const MAX_REST: usize = 64;

#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "address", "addresses", "live", "lives", "living", "lived", "reside*", "residing", "ship",
    "shipping", "deliver*", "mail", "mailing", "billing", "located", "home", "send", "sent",
    "moved", "adresse", "anschrift", "wohnt", "wohne*", "wohnhaft", "habite", "domicilié",
    "dirección", "domicilio", "vive", "vivo", "indirizzo", "abita", "abito", "residente",
    "endereço", "mora", "moro", "adres",
];

/// What an English street's name ends in.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "street", "st", "avenue", "ave", "av", "road", "rd", "lane", "ln", "drive", "dr",
    "boulevard", "blvd", "court", "ct", "place", "pl", "square", "sq", "terrace", "ter", "way",
    "highway", "hwy", "parkway", "pkwy", "circle", "cir", "trail", "trl", "close", "crescent",
    "cres", "grove", "mews", "row", "walk", "alley", "plaza", "loop", "gardens", "streets",
    "squares", "turnpike", "pike", "expressway", "crossing", "heights", "ridge", "hollow",
];

/// What a French street begins with, after the number.
#[rustfmt::skip]
const FRENCH: &[&str] = &[
    "rue", "avenue", "boulevard", "bd", "place", "chemin", "allée", "allee", "impasse", "quai",
    "route", "cours", "square", "passage", "villa", "sentier",
];

/// What a street of the south begins with, before the number.
const SOUTHERN: &[&str] = &[
    "calle", "avenida", "avda", "plaza", "paseo", "carrer", "camino", "via", "viale", "piazza",
    "corso", "largo", "vicolo", "strada", "rua", "travessa", "praça", "alameda", "estrada",
    "ulica", "ul", "aleja", "al", "os",
];

/// What a street of the north ends in, before the number.
const NORTHERN: &[&str] = &[
    "straße", "strasse", "str", "weg", "allee", "gasse", "platz", "damm", "ufer", "straat", "laan",
    "plein", "gracht", "kade", "gatan", "gata", "vägen", "gränd", "vej", "vejen", "gade", "katu",
    "tie", "kuja", "veien", "gaten",
];

const UNITS: &[&str] = &[
    "apt",
    "apartment",
    "suite",
    "ste",
    "unit",
    "flat",
    "floor",
    "room",
];

/// On which sides of a number a street may be.
#[derive(Clone, Copy)]
pub(super) struct Sides {
    before: bool,
    after: bool,
}

impl Sides {
    pub(super) fn any(self) -> bool {
        self.before || self.after
    }
}

/// On which sides of the digits from `hit` to `end` a street may be: a look at the bytes around
/// them. `capital`: whether the word before begins with one.
pub(super) fn sides(bytes: &[u8], (hit, end): (usize, usize), capital: bool) -> Sides {
    let last = at(bytes, hit.wrapping_sub(1));
    let is_box = last == b' ' && at(bytes, hit.wrapping_sub(2)) == b'x';
    if end - hit > 5 {
        return Sides {
            before: false,
            after: false,
        };
    }
    Sides {
        before: matches!(last, b' ' | b',') && (capital || is_box),
        after: !matches!(last, b'.' | b',' | b':' | b'-' | b'/' | b'+' | b'=')
            && may_precede_street(bytes, end),
    }
}

/// Whether the word after a number that ends here may be the first of a street.
fn may_precede_street(bytes: &[u8], end: usize) -> bool {
    // `12a`
    let suffix =
        at(bytes, end).is_ascii_alphabetic() && !at(bytes, end + 1).is_ascii_alphanumeric();
    let end = end + usize::from(suffix);
    if !matches!(at(bytes, end), b' ' | b',') {
        return false;
    }
    let place = end + 1 + usize::from(at(bytes, end + 1) == b' ');
    let word = [0, 1, 2, 3].map(|step| at(bytes, place + step));
    let [first, second, third, fourth] = word;
    // Three capitals are a currency.
    let is_currency = [first, second, third].iter().all(u8::is_ascii_uppercase)
        && matches!(fourth, b' ' | b'.' | b',' | b';' | b'?' | b'!' | b')');
    place + 2 >= bytes.len()
        || (first.is_ascii_uppercase() && !is_currency)
        || (first.is_ascii_digit() && leads_on(bytes, place))
        || first >= 0x80
        || may_be_french([first, second])
}

/// Whether the digits at a place are an ordinal's, or a second number before a street: letters follow
/// them, or a space and a capital.
fn leads_on(bytes: &[u8], place: usize) -> bool {
    let count = (0..5).take_while(|step| at(bytes, place + step).is_ascii_digit());
    let next = place + count.count();
    at(bytes, next).is_ascii_alphabetic()
        || (at(bytes, next) == b' ' && at(bytes, next + 1).is_ascii_uppercase())
}

/// Whether the word before a street may begin so.
fn may_be_french(first: [u8; 2]) -> bool {
    matches!(
        &first,
        b"ru"
            | b"av"
            | b"bo"
            | b"bd"
            | b"bi"
            | b"pl"
            | b"ch"
            | b"al"
            | b"im"
            | b"qu"
            | b"ro"
            | b"co"
            | b"sq"
            | b"pa"
            | b"vi"
            | b"se"
    )
}

/// The address whose house number begins here.
pub(super) fn at_number(
    text: &str,
    start: usize,
    sides: Sides,
    words: &mut Words<'_>,
    topic: Topic,
) -> Reading {
    let bytes = text.as_bytes();
    let digits = bytes
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if digits > 5 || (start > 0 && at(bytes, start - 1).is_ascii_alphanumeric()) {
        return Reading::default();
    }
    let mut end = start + digits;
    // `12a`, `12-14`
    if at(bytes, end).is_ascii_alphabetic() && !at(bytes, end + 1).is_ascii_alphanumeric() {
        end += 1;
    }
    let before = sides.before.then(|| street_at_end(text.get(..start)?));
    if let Some((first, sure)) = before.flatten() {
        return finish(text, (first, end), sure, words, topic);
    }
    if !sides.after || !matches!(at(bytes, end), b' ' | b',') || !begins_freely(text, start) {
        return Reading::default();
    }
    let (street, whole) = street_after(text, end);
    let mut reading = street.map_or_else(Reading::default, |(end, sure)| {
        finish(text, (start, end), sure, words, topic)
    });
    if !whole {
        reading.unsure_from = Some(start);
    }
    reading
}

/// Where a street at the text's end begins, or what may become one: a number may follow.
pub(super) fn tail(text: &str) -> Option<usize> {
    let street = street_at_end(text).map(|(start, _)| start);
    let southern = words_back(text)
        .filter(|(_, word)| is_southern(word))
        .last();
    let growing = words_back(text)
        .next()
        .filter(|(start, word)| start + word.len() == text.len());
    let words = southern.into_iter().chain(growing);
    street
        .into_iter()
        .chain(words.map(|(start, _)| start))
        .min()
}

/// The words at the end of a text, the last first, on one line, at most [`MAX_MARKS`] marks apart and
/// not too far.
fn words_back(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let end = text.len();
    let mut place = end;
    let mut count = 0;
    std::iter::from_fn(move || {
        let is_mark = |place: usize| matches!(at(bytes, place), b' ' | b'.' | b',' | b'\'');
        let mut marks = 0;
        while place > 0 && is_mark(place - 1) {
            place -= 1;
            marks += 1;
        }
        if marks > MAX_MARKS {
            return None;
        }
        let stop = place;
        while let Some(last) =
            before(text, place).filter(|last| last.is_alphabetic() || *last == '-')
        {
            place -= last.len_utf8();
            if end - place > MAX_STREET {
                return None;
            }
        }
        count += 1;
        (place < stop && count <= 5).then(|| (place, text.get(place..stop).unwrap_or_default()))
    })
}

/// Whether what a southern street's name begins with may begin so.
fn may_be_southern(word: &str) -> bool {
    let first = [0, 1].map(|place| at(word.as_bytes(), place) | 0x20);
    matches!(
        &first,
        b"ca"
            | b"av"
            | b"pl"
            | b"pa"
            | b"vi"
            | b"pi"
            | b"co"
            | b"la"
            | b"st"
            | b"ru"
            | b"tr"
            | b"pr"
            | b"al"
            | b"es"
            | b"ul"
            | b"os"
    )
}

fn is_southern(word: &str) -> bool {
    // `OS X 10` is no Polish estate.
    may_be_southern(word)
        && is_one_of(word, SOUTHERN)
        && (word.len() > 3 || word.starts_with(char::is_uppercase) || word == "ul")
        && word != "OS"
}

/// Whether what an English street's name ends in may begin so: most words are not compared further.
fn may_be_ending(word: &str) -> bool {
    let first = [0, 1].map(|place| at(word.as_bytes(), place) | 0x20);
    matches!(
        &first,
        b"st"
            | b"av"
            | b"ro"
            | b"rd"
            | b"la"
            | b"ln"
            | b"dr"
            | b"bo"
            | b"bl"
            | b"co"
            | b"ct"
            | b"pl"
            | b"sq"
            | b"te"
            | b"wa"
            | b"hi"
            | b"hw"
            | b"pa"
            | b"pk"
            | b"ci"
            | b"tr"
            | b"cl"
            | b"cr"
            | b"gr"
            | b"me"
            | b"al"
            | b"lo"
            | b"ga"
            | b"tu"
            | b"pi"
            | b"ex"
            | b"he"
            | b"ri"
            | b"ho"
    )
}

/// Whether what a northern street's name ends in may end so.
fn may_be_northern(word: &str) -> bool {
    let bytes = word.as_bytes();
    let last = [2, 1].map(|back| at(bytes, bytes.len().wrapping_sub(back)) | 0x20);
    // The last of the letter that is one and a half: `ß`.
    let sharp = matches!(last, [0xbf, b'e']);
    sharp
        || matches!(
            &last,
            b"se"
                | b"tr"
                | b"eg"
                | b"ee"
                | b"tz"
                | b"mm"
                | b"er"
                | b"at"
                | b"an"
                | b"in"
                | b"ht"
                | b"de"
                | b"ta"
                | b"en"
                | b"nd"
                | b"ej"
                | b"tu"
                | b"ie"
                | b"ja"
        )
}

fn is_northern(word: &str) -> bool {
    may_be_northern(word)
        && word.starts_with(char::is_uppercase)
        && NORTHERN.iter().any(|ending| {
            let head = word.len().saturating_sub(ending.len());
            word.is_char_boundary(head)
                && word
                    .get(head..)
                    .is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
                && (head > 2 || (head == 0 && ending.len() > 3))
        })
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The street at the end of a text, just before its number: where it begins, and how sure that is.
fn street_at_end(text: &str) -> Option<(usize, f64)> {
    text.ends_with([' ', ',']).then_some(())?;
    let mut words = words_back(text);
    let (first, word) = words.next()?;
    if word.eq_ignore_ascii_case("box") {
        let (start, word) = words.next()?;
        let (start, word) = if word == "O" {
            words.next()?
        } else {
            (start, word)
        };
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

/// The street that follows its number: the byte after it and how sure that is; and whether the text
/// goes on long enough to know.
fn street_after(text: &str, number_end: usize) -> (Option<(usize, f64)>, bool) {
    let mut place = number_end;
    let mut words = 0;
    let mut french = false;
    let mut best = None;
    loop {
        // At most a comma and a space between two words.
        let mut marks = 0;
        while let Some(mark) =
            after(text, place).filter(|mark| matches!(mark, ' ' | ',' | '.' | '\'' | '’'))
        {
            place += mark.len_utf8();
            marks += 1;
            if marks > MAX_MARKS || (mark == ',' && words > 0) {
                return (best, true);
            }
        }
        let word = word_at(text, place);
        let end = place + word.len();
        // Whether a number goes on into a street shows behind the space that follows it.
        let shows = match word.starts_with(|first: char| first.is_ascii_digit()) {
            true if after(text, end) == Some(' ') => end + 1,
            _ => end,
        };
        let whole = shows < text.len();
        let ordinal = word.starts_with(|first: char| first.is_ascii_digit())
            && leads_on(text.as_bytes(), place);
        let capital = ordinal || word.starts_with(char::is_uppercase);
        if end - number_end > MAX_STREET || words > 5 || (whole && word.is_empty()) {
            return (best, true);
        }
        let mut goes_on = true;
        if words == 0 && !capital && is_one_of(word, FRENCH) {
            french = true;
        } else if french {
            if capital {
                best = Some((end, 0.8));
            }
            goes_on = capital || word.len() <= 4;
        } else if words > 0 && may_be_ending(word) && is_one_of(word, ENDINGS) {
            let dot = word.len() <= 4 && after(text, end) == Some('.') && !ends_sentence(text, end);
            best = Some((end + usize::from(dot), 0.75));
            goes_on = false;
        } else {
            goes_on = capital || (words == 0 && word == "bis");
        }
        if !whole || !goes_on {
            return (best, whole);
        }
        words += 1;
        place = end;
    }
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
    rest.get(..end.min(floor(rest, MAX_STREET + 4)))
        .unwrap_or_default()
}

/// The match, with the flat, the town and the postal code that follow.
fn finish(
    text: &str,
    (start, street_end): (usize, usize),
    sure: f64,
    words: &mut Words<'_>,
    topic: Topic,
) -> Reading {
    let (end, coded) = rest_end(text, street_end);
    if after(text, end).is_some_and(char::is_alphanumeric) {
        return Reading::default();
    }
    let said = words.said(text, (start, end), topic);
    let confidence = match (coded, said.distance) {
        (true, _) => 0.93,
        (false, Some(_)) => f64::min(sure + 0.17, 0.92),
        (false, _) => sure - 0.15,
    };
    // What follows may still belong to it.
    let whole = text.len() >= street_end + MAX_REST
        || text
            .get(street_end..)
            .is_some_and(|rest| rest.contains("\n\n"));
    let open = !whole || said.unsure;
    Reading {
        found: Some(Match {
            entity: Entity::Address,
            start,
            end,
            confidence,
        }),
        unsure_from: open.then_some(start),
    }
}

/// Where the flat, the town and the postal code end, and whether there is such a code.
fn rest_end(text: &str, street_end: usize) -> (usize, bool) {
    let upto = floor(text, street_end + MAX_REST);
    let rest = text.get(street_end..upto).unwrap_or_default();
    let line = rest.split("\n\n").next().unwrap_or_default();
    let mut end = street_end;
    let mut place = 0;
    let mut unit = false;
    for piece in line.split_inclusive([',', '\n', ' ']).take(14) {
        let word = piece.trim_end_matches([',', '\n', ' ']);
        let here = street_end + place + word.len();
        let name = word.trim_end_matches('.');
        let digits = name.bytes().filter(u8::is_ascii_digit).count();
        let number = digits > 0
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'#'));
        let capital = name.starts_with(char::is_uppercase);
        if is_one_of(name, UNITS) {
            unit = true;
        } else if unit && number && name.len() <= 6 {
            end = here - (word.len() - name.len());
            unit = false;
        } else if number && place > 0 && digits == 5 && name.len() == 5 {
            // A postal code ends an address; so does one with letters or a second part.
            return (here - (word.len() - name.len()), true);
        } else if digits == 9 && name.len() == 10 && name.contains('-') {
            return (here - (word.len() - name.len()), true);
        } else if !(name.is_empty() || capital || number) {
            break;
        }
        place += piece.len();
    }
    (end, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_southern_beginning_is_looked_up() {
        for word in SOUTHERN {
            assert!(may_be_southern(word), "{word}");
            assert!(may_be_southern(&word.to_uppercase()), "{word}");
        }
    }
}
