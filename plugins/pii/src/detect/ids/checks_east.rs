//! What issuers in northern and eastern Europe and Turkey say of their identifiers: check digits, dates,
//! ranges. Each names where that is written down. All take letters in capitals.

use caponier_sdk::scan::checksum::{luhn, mod11_10};

use super::digits::{at, is_day, is_ddmmyy, last, number, sum, uniform};
use crate::detect::token::Value;

/// Digital and Population Data Services Agency: date, century sign, serial, character modulo 31.
pub(super) fn fi_hetu(value: &Value) -> bool {
    let code = value.characters;
    let serial = if code.len() == 11 { 7 } else { 6 };
    let century = match (code.len(), at(code, 6), at(value.separators, 6)) {
        (11, b'A'..=b'F', _) => 2000,
        (11, b'U'..=b'Y', _) | (10, _, b'-') => 1900,
        (10, _, b'+') => 1800,
        _ => return false,
    };
    let number_of = number(code, 0, 6) as u64 * 1000 + u64::from(number(code, serial, serial + 3));
    is_day(
        century + number(code, 4, 6),
        number(code, 2, 4),
        number(code, 0, 2),
    ) && b"0123456789ABCDEFHJKLMNPRSTUVWXY".get((number_of % 31) as usize) == code.last()
        && number(code, serial, serial + 3) >= 2
}

/// Skatteverket, SKV 704: date (60 more for coordination numbers), serial, Luhn over ten digits.
pub(super) fn se_personnummer(value: &Value) -> bool {
    let digits = value.characters;
    let century = if digits.len() == 12 {
        number(digits, 0, 2)
    } else {
        19
    };
    let digits = digits.get(digits.len() - 10..).unwrap_or_default();
    let day = number(digits, 4, 6) % 60;
    let month = number(digits, 2, 4);
    let is_date = |century: u32| is_day(century * 100 + number(digits, 0, 2), month, day);
    let dated = if value.characters.len() == 12 {
        (18..=20).contains(&century) && is_date(century)
    } else {
        is_date(19) || is_date(20)
    };
    dated && luhn(digits)
}

/// Skatteverket, SKV 709: a third digit that is in no month, Luhn over ten digits.
pub(super) fn se_organisation(value: &Value) -> bool {
    at(value.characters, 2) >= b'2' && at(value.characters, 0) != b'0' && luhn(value.characters)
}

/// Skatteetaten: date (40 more for D-numbers), serial, two check digits modulo 11.
pub(super) fn no_fnr(value: &Value) -> bool {
    let digits = value.characters;
    let day = number(digits, 0, 2) % 40;
    let month = number(digits, 2, 4);
    (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && sum(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1], false).is_multiple_of(11)
        && sum(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], false).is_multiple_of(11)
}

/// Emniyet Genel Müdürlüğü, Turkey: the number of a province.
pub(super) fn tr_plate(value: &Value) -> bool {
    (1..=81).contains(&number(value.characters, 0, 2))
}

/// CPR-kontoret: a date; since 2007 the last digits are no check.
pub(super) fn dk_cpr(value: &Value) -> bool {
    is_ddmmyy(value.characters)
}

/// Act on population registration, Poland: date with the century in the month, weights 1, 3, 7, 9.
pub(super) fn pl_pesel(value: &Value) -> bool {
    let digits = value.characters;
    let month = number(digits, 2, 4);
    let century = match month / 20 {
        0 => 1900,
        1 => 2000,
        2 => 2100,
        3 => 2200,
        _ => 1800,
    };
    is_day(
        century + number(digits, 0, 2),
        month % 20,
        number(digits, 4, 6),
    ) && sum(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], false).is_multiple_of(10)
}

/// Act 133/2000, Czech Republic: date (50 more for women, 20 more where serials ran out), modulo 11.
pub(super) fn cz_birth(value: &Value) -> bool {
    let digits = value.characters;
    let month = number(digits, 2, 4) % 50;
    let month = if month > 20 { month - 20 } else { month };
    // Where the first nine leave ten, numbers of before 1985 end in 0.
    let rest = number(digits, 0, 9) % 11 % 10;
    is_day(2000, month, number(digits, 4, 6)) && rest == last(digits)
}

/// Law 105/1996, Romania: sex and century, date, county, modulo 11.
pub(super) fn ro_cnp(value: &Value) -> bool {
    let digits = value.characters;
    let check = sum(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9], false) % 11;
    at(digits, 0) != b'0'
        && is_day(2000, number(digits, 3, 5), number(digits, 5, 7))
        && matches!(number(digits, 7, 9), 1..=52 | 70 | 80..=83)
        && (if check == 10 { 1 } else { check }) == last(digits)
}

/// Porezna uprava, Croatia: ISO 7064 MOD 11,10.
pub(super) fn hr_oib(value: &Value) -> bool {
    mod11_10(value.characters) && !uniform(value.characters)
}

/// Nüfus ve Vatandaşlık İşleri: two check digits.
pub(super) fn tr_tckn(value: &Value) -> bool {
    let digits = value.characters;
    let odd = sum(digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1], false);
    let even = sum(digits, &[0, 1, 0, 1, 0, 1, 0, 1], false);
    let tenth = (odd * 7 + 100 - even) % 10;
    at(digits, 0) != b'0'
        && tenth == number(digits, 9, 10)
        && (odd + even + tenth) % 10 == number(digits, 10, 11)
}
