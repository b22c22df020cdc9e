//! What issuers in Asia, Africa and Oceania say of their identifiers: check digits, dates,
//! ranges. Each names where that is written down. All take letters in capitals.

use caponier_sdk::scan::checksum::{luhn, mod11_2, verhoeff};

use super::checks::varied;
use super::digits::{at, is_day, is_yymmdd, last, number, sum, uniform};
use crate::detect::token::Value;

/// UIDAI: Verhoeff; 0 and 1 never come first, and it reads differently backwards.
pub(super) fn in_aadhaar(value: &Value) -> bool {
    let digits = value.characters;
    at(digits, 0) >= b'2' && verhoeff(digits) && !digits.iter().eq(digits.iter().rev())
}

/// Income Tax Department, India: the fourth letter says what sort of holder.
pub(super) fn in_pan(value: &Value) -> bool {
    b"ABCEFGHJKLPT".contains(&at(value.characters, 3)) && number(value.characters, 5, 9) > 0
}

/// GSTN: state, PAN, entity, `Z`. The check character is not asked for here.
pub(super) fn in_gstin(value: &Value) -> bool {
    let code = value.characters;
    matches!(number(code, 0, 2), 1..=38 | 97 | 99) && at(code, 12) != b'0' && at(code, 13) == b'Z'
}

/// GSTN, check character: modulo 36, every other value doubled.
pub(super) fn in_gstin_checked(value: &Value) -> bool {
    let code = value.characters;
    let total: u32 = code
        .iter()
        .take(14)
        .enumerate()
        .map(|(place, byte)| {
            let product = super::digits::value(*byte) * (1 + place as u32 % 2);
            product / 36 + product % 36
        })
        .sum();
    in_gstin(value) && (36 - total % 36) % 36 == last(code)
}

/// Election Commission of India: Luhn over the seven digits, on cards since 2000.
pub(super) fn in_voter(value: &Value) -> bool {
    value.characters.get(3..).is_some_and(luhn)
}

/// Central Motor Vehicles Rules, India: a state, a district, a series.
pub(super) fn in_plate(value: &Value) -> bool {
    const STATES: &[u8] =
        b"ANAPARASBHBRCGCHDDDLDNGAGJHPHRJHJKKAKLLALDMHMLMNMPMZNLODORPBPYRJSKTGTNTRTSUKUPUTWB";
    let code = value.characters;
    STATES.chunks_exact(2).any(|state| code.starts_with(state))
}

/// GB 11643: region, date of birth, serial, ISO 7064 MOD 11-2.
pub(super) fn cn_id(value: &Value) -> bool {
    let code = value.characters;
    let year = number(code, 6, 10);
    matches!(number(code, 0, 2), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
        && (1850..2100).contains(&year)
        && is_day(year, number(code, 10, 12), number(code, 12, 14))
        && mod11_2(code)
}

/// Digital Agency, Japan: weights by place, modulo 11.
pub(super) fn jp_my_number(value: &Value) -> bool {
    let digits = value.characters;
    let rest = sum(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], false) % 11;
    (if rest < 2 { 0 } else { 11 - rest }) == last(digits) && !uniform(digits)
}

/// Resident Registration Act, Korea: date, sex and century. Numbers given since October 2020 hold no
/// check digit.
pub(super) fn kr_rrn(value: &Value) -> bool {
    let digits = value.characters;
    let century = match at(digits, 6) {
        b'1' | b'2' | b'5' | b'6' => 1900,
        b'3' | b'4' | b'7' | b'8' => 2000,
        b'0' | b'9' => 1800,
        _ => return false,
    };
    is_day(
        century + number(digits, 0, 2),
        number(digits, 2, 4),
        number(digits, 4, 6),
    ) && century > 1800
}

/// The same with the check digit, of residents or (by two more) of foreigners.
pub(super) fn kr_rrn_checked(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5], false) % 11;
    let check = (11 - total) % 10;
    let foreign = at(digits, 6) >= b'5';
    kr_rrn(value) && (check == last(digits) || (foreign && (check + 2) % 10 == last(digits)))
}

/// National Tax Service, Korea: weights 1, 3, 7, the last product's tens added.
pub(super) fn kr_brn(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[1, 3, 7, 1, 3, 7, 1, 3, 5], false) + number(digits, 8, 9) * 5 / 10;
    (10 - total % 10) % 10 == last(digits) && number(digits, 0, 3) > 100 && number(digits, 3, 5) > 0
}

/// Korean National Police: the office that issued it.
pub(super) fn kr_licence(value: &Value) -> bool {
    matches!(number(value.characters, 0, 2), 11..=28)
}

/// Ministry of Foreign Affairs, Korea: what sort of passport.
pub(super) fn kr_passport(value: &Value) -> bool {
    matches!(
        at(value.characters, 0),
        b'M' | b'S' | b'R' | b'O' | b'D' | b'G'
    )
}

/// Department of Provincial Administration, Thailand: a sort, a province, modulo 11.
pub(super) fn th_tnin(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2], false);
    matches!(at(digits, 0), b'1'..=b'8')
        && matches!(number(digits, 1, 3), 10..=27 | 30..=58 | 60..=67 | 70..=77 | 80..=86 | 90..=96)
        && (11 - total % 11) % 10 == last(digits)
}

/// Immigration & Checkpoints Authority, Singapore: a letter from the sum, by series.
pub(super) fn sg_nric(value: &Value) -> bool {
    let code = value.characters;
    let total = sum(
        code.get(1..8).unwrap_or_default(),
        &[2, 7, 6, 5, 4, 3, 2],
        false,
    );
    let (letters, add): (&[u8; 11], u32) = match at(code, 0) {
        b'S' => (b"JZIHGFEDCBA", 0),
        b'T' => (b"JZIHGFEDCBA", 4),
        b'F' => (b"XWUTRQPNMLK", 0),
        b'G' => (b"XWUTRQPNMLK", 4),
        b'M' => (b"KLJNPQRTUWX", 3),
        _ => return false,
    };
    letters.get(((total + add) % 11) as usize) == code.last()
}

/// Ministry of the Interior, Taiwan: the letter is two digits, weights 1, 9 to 1, modulo 10.
pub(super) fn tw_id(value: &Value) -> bool {
    let code = value.characters;
    let letter = b"ABCDEFGHJKLMNPQRSTUVXYWZIO"
        .iter()
        .position(|known| *known == at(code, 0))
        .unwrap_or(0) as u32
        + 10;
    let total = letter / 10
        + letter % 10 * 9
        + sum(
            code.get(1..).unwrap_or_default(),
            &[8, 7, 6, 5, 4, 3, 2, 1, 1],
            false,
        );
    matches!(at(code, 1), b'1' | b'2' | b'8' | b'9') && total.is_multiple_of(10)
}

/// Population Authority, Israel: Luhn over nine digits.
pub(super) fn luhn_only(value: &Value) -> bool {
    luhn(value.characters) && !uniform(value.characters)
}

/// Department of Home Affairs, South Africa: date, serial, citizenship, Luhn.
pub(super) fn za_id(value: &Value) -> bool {
    let digits = value.characters;
    is_yymmdd(digits)
        && matches!(at(digits, 10), b'0'..=b'2')
        && matches!(at(digits, 11), b'8' | b'9')
        && luhn(digits)
}

/// Australian Taxation Office: weights 1, 4, 3, 7, 5, 8, 6, 9, 10, modulo 11.
pub(super) fn au_tfn(value: &Value) -> bool {
    sum(value.characters, &[1, 4, 3, 7, 5, 8, 6, 9, 10], false).is_multiple_of(11) && varied(value)
}

/// Australian Business Register: one less in the first place, modulo 89.
pub(super) fn au_abn(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19], false);
    at(digits, 0) != b'0' && (total + 89 * 10 - 10).is_multiple_of(89)
}

/// Australian Securities & Investments Commission: weights 8 to 1, the rest to ten.
pub(super) fn au_acn(value: &Value) -> bool {
    let total = sum(value.characters, &[8, 7, 6, 5, 4, 3, 2, 1], false) % 10;
    (10 - total) % 10 == last(value.characters) && varied(value)
}

/// Accounting and Corporate Regulatory Authority, Singapore: the century, the year, a sort of entity.
pub(super) fn sg_uen(value: &Value) -> bool {
    matches!(at(value.characters, 0), b'R' | b'S' | b'T')
}

/// Bureau of Internal Revenue, Philippines: weights 9 to 2 over eight digits, modulo 11.
pub(super) fn ph_tin(value: &Value) -> bool {
    let check = sum(value.characters, &[9, 8, 7, 6, 5, 4, 3, 2], false) % 11;
    check == number(value.characters, 8, 9) && varied(value)
}

/// Services Australia: 2 to 6 first, weights 1, 3, 7, 9, the ninth is the check digit.
pub(super) fn au_medicare(value: &Value) -> bool {
    let digits = value.characters;
    matches!(at(digits, 0), b'2'..=b'6')
        && sum(digits, &[1, 3, 7, 9, 1, 3, 7, 9], false) % 10 == number(digits, 8, 9)
}
