//! Words before a number that say what it is.

use caponier_sdk::scan::words;

/// How many bytes back a word counts.
const REACH: usize = 48;

#[rustfmt::skip]
pub(super) const PHONE: List = List::of(&[
    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "call", "calling",
    "called", "dial", "whatsapp", "sms", "text", "desk", "landline", "hotline", "reach", "ring",
    "answering", "telefon", "handy", "mobil", "rufnummer", "portable", "tél", "téléphone",
    "teléfono", "telefono", "móvil", "celular", "cellulare", "telefoon", "telefone",
]);
#[rustfmt::skip]
pub(super) const CARD: List = List::of(&[
    "card", "cards", "cc", "credit", "debit", "visa", "mastercard", "amex", "maestro",
    "discover", "pan", "karte", "kreditkarte", "carte", "tarjeta", "carta", "kaart",
]);
pub(super) const SSN: List = List::of(&["ssn", "ssns", "social"]);
#[rustfmt::skip]
pub(super) const IP: List = List::of(&[
    "ip", "ips", "ipv4", "ipv6", "address", "addr", "host", "server", "client", "gateway",
    "subnet", "dns", "ping", "from", "src", "dst", "remote_addr", "unspecified", "loopback",
]);
pub(super) const VERSION: List = List::of(&[
    "version", "versions", "ver", "v", "release", "build", "firmware", "section", "chapter",
    "clause", "oid",
]);

/// A list of words in small letters.
pub(super) struct List {
    words: &'static [&'static str],
    /// A bit for each first letter that one of them has, and for each length.
    firsts: u32,
    lengths: u32,
}

impl List {
    pub(super) const fn of(words: &'static [&'static str]) -> Self {
        let (mut firsts, mut lengths, mut rest) = (0, 0, words);
        while let [word, tail @ ..] = rest {
            if let [first, ..] = word.as_bytes() {
                firsts |= 1 << (*first & 31);
            }
            lengths |= 1 << (word.len() & 31);
            rest = tail;
        }
        Self {
            words,
            firsts,
            lengths,
        }
    }

    /// Whether one of them may be among the bytes: a word with that first letter and that length.
    fn may_be_in(&self, bytes: &[u8]) -> bool {
        let (mut length, mut fits) = (0_usize, false);
        for byte in bytes {
            if words::is_word_byte(*byte) {
                if length == 0 {
                    fits = self.firsts >> (byte & 31) & 1 != 0;
                }
                length += 1;
            } else {
                if fits && self.lengths >> (length & 31) & 1 != 0 {
                    return true;
                }
                (length, fits) = (0, false);
            }
        }
        fits && self.lengths >> (length & 31) & 1 != 0
    }

    fn is_before(&self, text: &str, place: usize, reach: usize) -> bool {
        let near = text.as_bytes().get(place.saturating_sub(reach)..place);
        near.is_some_and(|near| self.may_be_in(near))
            && words::before(text, place, reach, self.words)
    }
}

/// Whether one of the words stands shortly before a place.
pub(super) fn near(text: &str, place: usize, list: &List) -> bool {
    let near = text.as_bytes().get(place.saturating_sub(REACH)..place);
    let has_letter = |near: &[u8]| near.iter().fold(false, |any, byte| any | (*byte >= b'A'));
    near.is_some_and(has_letter) && list.is_before(text, place, REACH)
}

/// Whether one of the words stands just before a place.
pub(super) fn next_to(text: &str, place: usize, list: &List) -> bool {
    list.is_before(text, place, 16)
}
