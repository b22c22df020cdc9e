//! What issuers in western and southern Europe say of their identifiers: check digits, dates,
//! ranges. Each names where that is written down. All take letters in capitals.

use caponier_sdk::scan::checksum::{luhn, mod11_10};

use super::digits::{at, is_day, last, number, sum, uniform, value};
use crate::detect::token::Value;

/// Bundeszentralamt für Steuern: ISO 7064 MOD 11,10; no 0 first, no digit more than three times.
pub(super) fn de_tax_id(value: &Value) -> bool {
    let digits = value.characters;
    let ten = digits.get(..10).unwrap_or_default();
    at(digits, 0) != b'0'
        && (b'0'..=b'9').all(|digit| ten.iter().filter(|byte| **byte == digit).count() <= 3)
        && mod11_10(digits)
}

/// Deutsche Rentenversicherung, VKVV § 2 and 4: area, date of birth, letter, serial, check digit.
pub(super) fn de_social(value: &Value) -> bool {
    let code = value.characters;
    let letter = value_of_letter(at(code, 8));
    let mut expanded = [0_u8; 12];
    let digits = code
        .get(..8)
        .unwrap_or_default()
        .iter()
        .copied()
        .chain([b'0' + (letter / 10) as u8, b'0' + (letter % 10) as u8])
        .chain(code.get(9..11).unwrap_or_default().iter().copied());
    for (place, digit) in expanded.iter_mut().zip(digits) {
        *place = digit;
    }
    let day = number(code, 2, 4);
    let day = if day > 50 { day - 50 } else { day };
    is_day(2000, number(code, 4, 6), day)
        && sum(&expanded, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1], true) % 10 == last(code)
}

/// GKV-Spitzenverband, Krankenversichertennummer: a letter, eight digits, a check digit.
pub(super) fn de_health(value: &Value) -> bool {
    let code = value.characters;
    let letter = value_of_letter(at(code, 0));
    let first = sum(
        &[b'0' + (letter / 10) as u8, b'0' + (letter % 10) as u8],
        &[1, 2],
        true,
    );
    let rest = sum(
        code.get(1..9).unwrap_or_default(),
        &[1, 2, 1, 2, 1, 2, 1, 2],
        true,
    );
    (first + rest) % 10 == last(code)
}

/// `A` is 1, `Z` is 26.
fn value_of_letter(letter: u8) -> u32 {
    value(letter).saturating_sub(9)
}

/// ICAO 9303: weights 7, 3 and 1; the last is the check digit. German documents use no vowels.
pub(super) fn de_document(value: &Value) -> bool {
    let code = value.characters;
    let Some((_, serial)) = code.split_last() else {
        return false;
    };
    !serial.iter().any(|byte| {
        matches!(
            byte,
            b'A' | b'B' | b'D' | b'E' | b'I' | b'O' | b'Q' | b'S' | b'U'
        )
    }) && matches!(at(code, 0), b'C' | b'F' | b'G' | b'H' | b'J' | b'K' | b'L'..=b'N' | b'P' | b'R' | b'T' | b'V'..=b'Z')
        && serial.iter().any(u8::is_ascii_digit)
        && sum(serial, &[7, 3, 1, 7, 3, 1, 7, 3, 1], false) % 10 == last(code)
}

/// Handelsregister: section A or B, and a number.
pub(super) fn de_register(value: &Value) -> bool {
    matches!(value.characters.get(..3), Some(b"HRA" | b"HRB")) && at(value.characters, 3) != b'0'
}

/// Kassenärztliche Bundesvereinigung, physicians' numbers: weights 4 and 9 over six digits, a check
/// digit, two digits for the speciality.
pub(super) fn de_lanr(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[4, 9, 4, 9, 4, 9], false);
    (total + number(digits, 6, 7)).is_multiple_of(10) && number(digits, 0, 6) > 0
}

/// Fahrzeug-Zulassungsverordnung: a historic or an electric car's plate ends in H or E.
pub(super) fn de_season_plate(value: &Value) -> bool {
    matches!(value.characters.last(), Some(b'H' | b'E'))
}

/// Elster, Steuernummer in the form of the states or of the federation (`0` and `5` in fixed places).
pub(super) fn de_local_tax(value: &Value) -> bool {
    // The older form begins with the number of the state.
    value.characters.len() < 13
        || matches!(number(value.characters, 0, 2), 1..=16)
        || (at(value.characters, 4) == b'0'
            && matches!(number(value.characters, 0, 2), 10..=11 | 21..=24 | 26..=28 | 30..=32 | 40..=41 | 51..=53 | 91 | 92))
}

/// Council Regulation 904/2010, German form: `DE`, nine digits.
pub(super) fn de_vat(value: &Value) -> bool {
    value.characters.starts_with(b"DE") && at(value.characters, 2) != b'0'
}

/// The same, where the digits also pass MOD 11,10.
pub(super) fn de_vat_checked(value: &Value) -> bool {
    de_vat(value) && mod11_10(value.characters)
}

/// INSEE, NIR: sex, year, month, département, commune, serial, and a key modulo 97.
pub(super) fn fr_nir(value: &Value) -> bool {
    let code = value.characters;
    let corsica = match (at(code, 5), at(code, 6)) {
        (b'2', b'A') => Some(1_000_000_u64),
        (b'2', b'B') => Some(2_000_000),
        (b'0'..=b'9', b'0'..=b'9') => None,
        _ => return false,
    };
    let body = code.iter().take(13).fold(0_u64, |number, byte| {
        number * 10
            + if byte.is_ascii_digit() {
                u64::from(byte - b'0')
            } else {
                0
            }
    });
    let body = body.saturating_sub(corsica.unwrap_or(0));
    matches!(at(code, 0), b'1'..=b'4' | b'7' | b'8')
        && matches!(number(code, 3, 5), 1..=12 | 20..=42 | 50..=99)
        && 97 - body % 97 == u64::from(number(code, 13, 15))
}

/// Ministerio del Interior: the letter that the number modulo 23 stands for.
pub(super) fn es_nif(value: &Value) -> bool {
    let Some((letter, digits)) = value.characters.split_last() else {
        return false;
    };
    spanish_letter(number(digits, 0, digits.len())) == Some(letter)
}

/// The same, of foreigners: X, Y and Z stand for 0, 1 and 2.
pub(super) fn es_nie(value: &Value) -> bool {
    let code = value.characters;
    let lead = match at(code, 0) {
        b'X' => 0,
        b'Y' => 10_000_000,
        b'Z' => 20_000_000,
        _ => return false,
    };
    spanish_letter(lead + number(code, 1, 8)) == code.last()
}

fn spanish_letter(number: u32) -> Option<&'static u8> {
    b"TRWAGMYFPDXBNJZSQVHLCKE".get((number % 23) as usize)
}

/// Decreto del Ministero delle Finanze of 23 December 1976: month, day, and a check character;
/// letters may stand for digits (omocodia).
pub(super) fn it_fiscal(value: &Value) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let code = value.characters;
    let digit = |place: usize| match at(code, place) {
        digit @ b'0'..=b'9' => Some(u32::from(digit - b'0')),
        letter => b"LMNPQRSTUV"
            .iter()
            .position(|known| *known == letter)
            .map(|place| place as u32),
    };
    let numbers = [6, 7, 9, 10, 12, 13, 14]
        .into_iter()
        .all(|place| digit(place).is_some());
    let day = digit(9).unwrap_or(9) * 10 + digit(10).unwrap_or(9);
    let total: u32 = code
        .iter()
        .take(15)
        .enumerate()
        .map(|(place, byte)| {
            let plain = if byte.is_ascii_digit() {
                super::digits::value(*byte)
            } else {
                super::digits::value(*byte) - 10
            };
            if place % 2 == 0 {
                ODD.get(plain as usize).copied().unwrap_or(0)
            } else {
                plain
            }
        })
        .sum();
    numbers
        && b"ABCDEHLMPRST".contains(&at(code, 8))
        && matches!(day, 1..=31 | 41..=71)
        && u32::from(at(code, 15).wrapping_sub(b'A')) == total % 26
}

/// Agenzia delle Entrate: Luhn over eleven digits, with an office's number before the last.
pub(super) fn it_vat(value: &Value) -> bool {
    let digits = value.characters;
    let digits = digits.strip_prefix(b"IT").unwrap_or(digits);
    matches!(number(digits, 7, 10), 1..=100 | 120 | 121 | 888 | 999)
        && number(digits, 0, 7) > 0
        && luhn(digits)
}

/// Autoridade Tributária: a first digit, and modulo 11.
pub(super) fn pt_nif(value: &Value) -> bool {
    let digits = value.characters;
    let rest = sum(digits, &[9, 8, 7, 6, 5, 4, 3, 2], false) % 11;
    (!matches!(at(digits, 0), b'0' | b'4') || digits.starts_with(b"45"))
        && (if rest < 2 { 0 } else { 11 - rest }) == last(digits)
        && !uniform(digits)
}

/// Logius, elfproef: weights 9 to 2, and the last digit counts against them.
pub(super) fn nl_bsn(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[9, 8, 7, 6, 5, 4, 3, 2], false);
    !uniform(digits)
        && total >= last(digits)
        && (total - last(digits)).is_multiple_of(11)
        && total > 0
}

/// Royal decree of 3 April 1984: date of birth, serial, 97 less the rest; a 2 before it from 2000.
pub(super) fn be_national(value: &Value) -> bool {
    let digits = value.characters;
    let (body, check) = (number(digits, 0, 9), number(digits, 9, 11));
    let month = number(digits, 2, 4) % 20;
    let right = 97 - body % 97 == check
        || 97 - (2_000_000_000_u64 + u64::from(body)) % 97 == u64::from(check);
    right && month <= 12 && number(digits, 4, 6) <= 31 && number(digits, 6, 9) > 0
}

/// Zentrale Ausgleichsstelle: 756 and the check digit of an EAN.
pub(super) fn ch_ahv(value: &Value) -> bool {
    value.characters.starts_with(b"756")
        && sum(
            value.characters,
            &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1],
            false,
        )
        .is_multiple_of(10)
}
