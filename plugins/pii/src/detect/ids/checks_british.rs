//! What issuers in the United Kingdom and Ireland say of their identifiers: check digits, dates,
//! ranges. Each names where that is written down. All take letters in capitals.

use super::digits::{at, number, sum, uniform};
use crate::detect::token::Value;

/// Royal Mail: the one postcode of the old Girobank.
pub(super) fn uk_girobank(value: &Value) -> bool {
    value.characters == b"GIR0AA"
}

/// NHS Data Dictionary: weights 10 to 2, modulo 11; a check of ten is never issued.
pub(super) fn uk_nhs(value: &Value) -> bool {
    let digits = value.characters;
    sum(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1], false).is_multiple_of(11) && !uniform(digits)
}

/// HM Revenue & Customs, NIM39110: letters that are not used, prefixes that are not allocated.
pub(super) fn uk_nino(value: &Value) -> bool {
    let (first, second) = (at(value.characters, 0), at(value.characters, 1));
    let unused = |letter: u8| matches!(letter, b'D' | b'F' | b'I' | b'Q' | b'U' | b'V');
    !unused(first)
        && !unused(second)
        && second != b'O'
        && !matches!(
            &[first, second],
            b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"
        )
        && matches!(value.characters.last(), Some(b'A'..=b'D'))
}

/// DVLA, driver number: name, decade, month (50 more for women), day, year, initials.
pub(super) fn uk_licence(value: &Value) -> bool {
    let code = value.characters;
    let mut name = code
        .iter()
        .take(5)
        .skip_while(|byte| byte.is_ascii_uppercase());
    at(code, 0).is_ascii_uppercase()
        && name.all(|byte| *byte == b'9')
        && matches!(number(code, 6, 8), 1..=12 | 51..=62)
        && (1..=31).contains(&number(code, 8, 10))
        && [11, 12]
            .into_iter()
            .all(|place| at(code, place).is_ascii_uppercase() || at(code, place) == b'9')
}

/// Royal Mail, Programmers' Guide to PAF: which letters stand where.
pub(super) fn uk_postcode(value: &Value) -> bool {
    let code = value.characters;
    let Some((outward, inward)) = code.split_at_checked(code.len().saturating_sub(3)) else {
        return false;
    };
    let unused = |letter: &u8| matches!(letter, b'C' | b'I' | b'K' | b'M' | b'O' | b'V');
    let second = at(outward, 1);
    let third = at(outward, 2);
    let fourth = at(outward, 3);
    let is_unused_fourth = fourth.is_ascii_uppercase() && !b"ABEHMNPRVWXY".contains(&fourth);
    code == b"GIR0AA"
        || (!inward.iter().any(unused)
            && !matches!(at(outward, 0), b'Q' | b'V' | b'X')
            && !matches!(second, b'I' | b'J' | b'Z')
            && !matches!(third, b'I' | b'L'..=b'O' | b'Q' | b'R' | b'V' | b'X'..=b'Z')
            && !is_unused_fourth)
}

/// DVLA, INF104: two letters of an area, two digits of a half year, three letters.
pub(super) fn uk_plate(value: &Value) -> bool {
    let code = value.characters;
    !code.iter().any(|byte| matches!(byte, b'I' | b'Q'))
        && at(code, 1) != b'Z'
        && matches!(number(code, 2, 4), 2..=29 | 51..=79)
}

/// DVLA, INF104: the older plates, whose letter of a year is none of I, O, Q, U and Z.
pub(super) fn uk_old_plate(value: &Value) -> bool {
    let code = value.characters;
    let year = if at(code, 1).is_ascii_digit() {
        at(code, 0)
    } else {
        last_byte(code)
    };
    !matches!(year, b'I' | b'O' | b'Q' | b'U' | b'Z') && !code.contains(&b'I')
}

fn last_byte(code: &[u8]) -> u8 {
    code.last().copied().unwrap_or(0)
}

/// Department of Social Protection, Ireland: seven digits and a check letter, modulo 23.
pub(super) fn ie_pps(value: &Value) -> bool {
    let code = value.characters;
    let second = match at(code, 8) {
        letter @ b'A'..=b'W' => u32::from(letter - b'A' + 1) * 9,
        _ => 0,
    };
    let total = (sum(
        code.get(..7).unwrap_or_default(),
        &[8, 7, 6, 5, 4, 3, 2],
        false,
    ) + second)
        % 23;
    b"WABCDEFGHIJKLMNOPQRSTUV".get(total as usize) == code.get(7)
}
