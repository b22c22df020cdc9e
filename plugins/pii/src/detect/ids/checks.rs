//! What holds for identifiers of any country. All take letters in capitals.

use super::digits::{at, uniform};
use crate::detect::token::Value;

/// Nothing to check beyond the shape.
pub(super) fn shape(_: &Value) -> bool {
    true
}

/// At least half of it are digits: what a document's number looks like.
pub(super) fn mostly_digits(value: &Value) -> bool {
    let count = value.characters.len() as u32;
    value.letters.count_ones() * 2 <= count && !uniform(value.characters)
}

/// A number of digits only that is more than one digit over and over.
pub(super) fn varied(value: &Value) -> bool {
    !uniform(value.characters)
}

/// ISO 9362: a bank, a country, a place, a branch.
pub(super) fn bic(value: &Value) -> bool {
    let country = [at(value.characters, 4), at(value.characters, 5)];
    super::COUNTRIES
        .chunks_exact(2)
        .any(|known| *known == country)
}
