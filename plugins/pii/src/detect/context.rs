//! Words around a value that say what it is.

use caponier_sdk::scan::words;

use super::text::floor;

/// How many bytes back a word counts.
const REACH: usize = 48;

pub(super) const PHONE: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "cell",
    "cellphone",
    "fax",
    "call",
    "calling",
    "called",
    "dial",
    "whatsapp",
    "sms",
    "text",
    "desk",
    "landline",
    "hotline",
    "reach",
    "ring",
    "answering",
    "telefon",
    "handy",
    "mobil",
    "rufnummer",
    "portable",
    "tél",
    "téléphone",
    "teléfono",
    "telefono",
    "móvil",
    "celular",
    "cellulare",
    "telefoon",
    "telefone",
];
pub(super) const CARD: &[&str] = &[
    "card",
    "cards",
    "cc",
    "credit",
    "debit",
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "discover",
    "pan",
    "karte",
    "kreditkarte",
    "carte",
    "tarjeta",
    "carta",
    "kaart",
];
pub(super) const SSN: &[&str] = &["ssn", "ssns", "social"];
pub(super) const IP: &[&str] = &[
    "ip",
    "ips",
    "ipv4",
    "ipv6",
    "address",
    "addr",
    "host",
    "server",
    "client",
    "gateway",
    "subnet",
    "dns",
    "ping",
    "from",
    "src",
    "dst",
    "remote_addr",
];
pub(super) const VERSION: &[&str] = &[
    "version", "versions", "ver", "v", "release", "build", "firmware", "section", "chapter",
    "clause", "oid",
];

/// Whether one of the words stands shortly before a place.
pub(super) fn near(text: &str, place: usize, list: &[&str]) -> bool {
    words::before(text, place, REACH, list)
}

/// Whether one of the words stands just before a place.
pub(super) fn next_to(text: &str, place: usize, list: &[&str]) -> bool {
    words::before(text, place, 16, list)
}

/// How many bytes before and after a value its words count.
const BEFORE: usize = 60;
const AFTER: usize = 40;

/// Where a word that says what a value is was looked for, and found.
pub(super) enum Said {
    /// So many bytes away.
    Yes(usize),
    /// Nowhere.
    No,
    /// Nowhere yet: text that could say it has not come.
    NotYet,
}

/// Whether one of the words stands around a value. A word that ends in `*` stands for all that
/// begin so; of two with a `+` between them both must stand on the same side. Words of scripts that
/// are written without spaces may be part of a longer run.
pub(super) fn around(text: &str, (start, end): (usize, usize), list: &[&str]) -> Said {
    let from = floor(text, start.saturating_sub(BEFORE));
    let cut = from > 0 && text.as_bytes().get(from - 1).is_some_and(|last| is_inside(*last));
    let before = text.get(from..start).unwrap_or_default();
    let found = list.iter().filter_map(|word| last_of(before, word, cut)).max();
    if let Some(place) = found {
        return Said::Yes(before.len() - place);
    }
    let upto = floor(text, end + AFTER);
    let after = text.get(end..upto).unwrap_or_default();
    let line = after.split('\n').next().unwrap_or_default();
    let found = list.iter().filter_map(|word| first_of(line, word)).min();
    match found {
        // What stands before is likelier to be meant.
        Some(place) => Said::Yes(place + BEFORE),
        None if line.len() == after.len() && end + AFTER > text.len() => Said::NotYet,
        None => Said::No,
    }
}

/// Whether a byte is inside a word. An underscore joins the words of a name in code.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Whether a word of the list is of a script that sets no spaces.
fn is_run_on(word: &str) -> bool {
    word.as_bytes().first().is_some_and(|first| *first >= 0xe0)
}

/// The words of a text and where each begins.
fn each(text: &str) -> impl Iterator<Item = (usize, &[u8])> {
    let bytes = text.as_bytes();
    let mut place = 0;
    std::iter::from_fn(move || {
        while place < bytes.len() && !bytes.get(place).is_some_and(|byte| is_inside(*byte)) {
            place += 1;
        }
        let start = place;
        while bytes.get(place).is_some_and(|byte| is_inside(*byte)) {
            place += 1;
        }
        (start < place).then(|| (start, bytes.get(start..place).unwrap_or_default()))
    })
}

fn is_word(word: &[u8], known: &str) -> bool {
    match known.strip_suffix('*') {
        Some(known) => word
            .get(..known.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(known.as_bytes())),
        None => word.eq_ignore_ascii_case(known.as_bytes()),
    }
}

fn last_of(text: &str, known: &str, cut: bool) -> Option<usize> {
    if let Some((one, other)) = known.split_once('+') {
        return Some(last_of(text, one, cut)?.max(last_of(text, other, cut)?));
    }
    if is_run_on(known) {
        return text.rfind(known);
    }
    each(text)
        .filter(|(start, _)| !(cut && *start == 0))
        .filter(|(_, word)| is_word(word, known))
        .map(|(start, _)| start)
        .last()
}

fn first_of(text: &str, known: &str) -> Option<usize> {
    if let Some((one, other)) = known.split_once('+') {
        return Some(first_of(text, one)?.min(first_of(text, other)?));
    }
    if is_run_on(known) {
        return text.find(known);
    }
    each(text)
        .find(|(_, word)| is_word(word, known))
        .map(|(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(text: &str, list: &[&str]) -> Option<usize> {
        let start = text.find('1').unwrap();
        match around(text, (start, start + 1), list) {
            Said::Yes(distance) => Some(distance),
            Said::No => None,
            Said::NotYet => Some(999),
        }
    }

    #[test]
    fn words_count_on_both_sides_of_a_value() {
        let far = "x".repeat(60);
        assert_eq!(distance("my NHS 1", &["nhs"]), Some(4));
        assert_eq!(distance("nhs nhs_number: 1", &["nhs"]), Some(12));
        assert_eq!(distance("Passnummer 1", &["pass*"]), Some(11));
        assert_eq!(distance("Passnummer 1\n", &["pass"]), None);
        assert_eq!(distance("身份证号码1", &["身份证"]), Some(15));
        assert_eq!(distance("1 is my ssn", &["ssn"]), Some(67));
        assert_eq!(distance("1 is my\nssn", &["ssn"]), None);
        assert_eq!(distance("1 is my", &["ssn"]), Some(999));
        assert_eq!(distance("driver’s license 1", &["driver*+licen*"]), Some(8));
        assert_eq!(distance("driver version 1\n", &["driver*+licen*"]), None);
        assert_eq!(distance(&format!("1 {far} ssn"), &["ssn"]), None);
        assert_eq!(distance(&format!("ssn {far} 1\n"), &["ssn"]), None);
        assert_eq!(distance(&format!("ssn{} 1\n", " ".repeat(57)), &["n", "sn"]), None);
    }
}
