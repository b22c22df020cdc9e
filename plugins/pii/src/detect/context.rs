//! Words before a number that say what it is.

use caponier_sdk::scan::words;

/// How many bytes back a word counts.
const REACH: usize = 48;

#[rustfmt::skip]
pub(super) const PHONE: &[&str] = &[
    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "call", "calling",
    "called", "dial", "whatsapp", "sms", "text", "desk", "landline", "hotline", "reach", "ring",
    "answering", "telefon", "handy", "mobil", "rufnummer", "portable", "tél", "téléphone",
    "teléfono", "telefono", "móvil", "celular", "cellulare", "telefoon", "telefone",
];
#[rustfmt::skip]
pub(super) const CARD: &[&str] = &[
    "card", "cards", "cc", "credit", "debit", "visa", "mastercard", "amex", "maestro",
    "discover", "pan", "karte", "kreditkarte", "carte", "tarjeta", "carta", "kaart",
];
pub(super) const SSN: &[&str] = &["ssn", "ssns", "social"];
#[rustfmt::skip]
pub(super) const IP: &[&str] = &[
    "ip", "ips", "ipv4", "ipv6", "address", "addr", "host", "server", "client", "gateway",
    "subnet", "dns", "ping", "from", "src", "dst", "remote_addr", "unspecified", "loopback",
];
pub(super) const VERSION: &[&str] = &[
    "version", "versions", "ver", "v", "release", "build", "firmware", "section", "chapter",
    "clause", "oid",
];

/// Whether one of the words stands shortly before a place.
pub(super) fn near(text: &str, place: usize, list: &[&str]) -> bool {
    let near = text.as_bytes().get(place.saturating_sub(REACH)..place);
    let has_letter = |near: &[u8]| near.iter().fold(false, |any, byte| any | (*byte >= b'A'));
    near.is_some_and(has_letter) && words::before(text, place, REACH, list)
}

/// Whether one of the words stands just before a place.
pub(super) fn next_to(text: &str, place: usize, list: &[&str]) -> bool {
    words::before(text, place, 16, list)
}
