//! What issuers in North and South America say of their identifiers: check digits, dates,
//! ranges. Each names where that is written down. All take letters in capitals.

use caponier_sdk::scan::checksum::luhn;

use super::checks::varied;
use super::digits::{at, is_yymmdd, last, number, sum, uniform, value};
use crate::detect::token::Value;

/// Internal Revenue Service: begins with 9; fourth and fifth digit 50–65, 70–88, 90–92, 94–99.
pub(super) fn us_itin(value: &Value) -> bool {
    at(value.characters, 0) == b'9'
        && matches!(number(value.characters, 3, 5), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// American Bankers Association: a Federal Reserve prefix, weights 3, 7 and 1.
pub(super) fn us_routing(value: &Value) -> bool {
    let digits = value.characters;
    matches!(number(digits, 0, 2), 1..=12 | 21..=32 | 61..=72 | 80)
        && sum(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1], false).is_multiple_of(10)
}

/// Centers for Medicare & Medicaid Services, format of the MBI: no S, L, O, I, B or Z.
pub(super) fn us_mbi(value: &Value) -> bool {
    at(value.characters, 0) != b'0'
        && !value
            .characters
            .iter()
            .any(|byte| matches!(byte, b'S' | b'L' | b'O' | b'I' | b'B' | b'Z'))
}

/// CMS, National Provider Identifier: 1 or 2 first, Luhn with the issuer's 80840 before it.
pub(super) fn us_npi(value: &Value) -> bool {
    // What the issuer's digits add to the sum.
    const ISSUER: u32 = 24;
    let digits = value.characters;
    matches!(at(digits, 0), b'1' | b'2')
        && (ISSUER + sum(digits, &[2, 1, 2, 1, 2, 1, 2, 1, 2, 1], true)).is_multiple_of(10)
        && !digits.get(1..9).is_some_and(uniform)
}

/// Drug Enforcement Administration, registrant numbers: a type, a letter or 9, and a check digit.
pub(super) fn us_dea(value: &Value) -> bool {
    let odd = [2, 4, 6]
        .into_iter()
        .map(|place| number(value.characters, place, place + 1))
        .sum::<u32>();
    let even = [3, 5, 7]
        .into_iter()
        .map(|place| number(value.characters, place, place + 1))
        .sum::<u32>();
    matches!(at(value.characters, 0), b'A'..=b'H' | b'J'..=b'M' | b'P' | b'R'..=b'U' | b'X')
        && (at(value.characters, 1).is_ascii_uppercase() || at(value.characters, 1) == b'9')
        && (odd + 2 * even) % 10 == last(value.characters)
}

/// Employment and Social Development Canada: Luhn; none begins with 0 or 8.
pub(super) fn ca_sin(value: &Value) -> bool {
    !matches!(at(value.characters, 0), b'0' | b'8') && luhn(value.characters) && varied(value)
}

/// SEGOB, Instructivo CURP: a date, sex, state and check digit over an alphabet with `Ñ`.
pub(super) fn mx_curp(value: &Value) -> bool {
    let code = value.characters;
    let total: u32 = code
        .iter()
        .take(17)
        .zip((2..=18).rev())
        .map(|(byte, weight)| spanish(*byte) * weight)
        .sum();
    is_yymmdd(code.get(4..10).unwrap_or_default())
        && matches!(at(code, 10), b'H' | b'M' | b'X')
        && (10 - total % 10) % 10 == last(code)
}

/// SAT, Registro Federal de Contribuyentes: a date, and a check character modulo 11.
pub(super) fn mx_rfc(value: &Value) -> bool {
    let code = value.characters;
    let total: u32 = code
        .iter()
        .take(12)
        .zip((2..=13).rev())
        .map(|(byte, weight)| spanish(*byte) * weight)
        .sum();
    let check = match 11 - total % 11 {
        11 => b'0',
        10 => b'A',
        digit => b'0' + digit as u8,
    };
    is_yymmdd(code.get(4..10).unwrap_or_default()) && at(code, 12) == check
}

/// The value of a character in an alphabet in which `Ñ` follows `N`.
fn spanish(byte: u8) -> u32 {
    value(byte) + u32::from(byte > b'N')
}

/// Receita Federal: two check digits modulo 11.
pub(super) fn br_cpf(value: &Value) -> bool {
    let digits = value.characters;
    let check = |count: usize, first: u32| {
        let total: u32 = digits
            .iter()
            .take(count)
            .zip((2..=first).rev())
            .map(|(byte, weight)| super::digits::value(*byte) * weight)
            .sum();
        total * 10 % 11 % 10
    };
    !uniform(digits)
        && check(9, 10) == number(digits, 9, 10)
        && check(10, 11) == number(digits, 10, 11)
}

/// Receita Federal, Instrução Normativa 2.229/2024: letters may stand in the first twelve places.
pub(super) fn br_cnpj(value: &Value) -> bool {
    let code = value.characters;
    let check = |weights: &[u32]| {
        let total: u32 = code
            .iter()
            .zip(weights)
            .map(|(byte, weight)| u32::from(byte.wrapping_sub(b'0')) * weight)
            .sum();
        match total % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        }
    };
    !uniform(code)
        && check(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == number(code, 12, 13)
        && check(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) == number(code, 13, 14)
}

/// Servicio de Impuestos Internos, Chile: modulo 11 with weights 2 to 7 from the right, `K` for ten.
pub(super) fn cl_rut(value: &Value) -> bool {
    let Some((check, digits)) = value.characters.split_last() else {
        return false;
    };
    let total: u32 = digits
        .iter()
        .rev()
        .zip([2, 3, 4, 5, 6, 7].into_iter().cycle())
        .map(|(byte, weight)| super::digits::value(*byte) * weight)
        .sum();
    let wanted = match 11 - total % 11 {
        11 => b'0',
        10 => b'K',
        digit => b'0' + digit as u8,
    };
    *check == wanted && !uniform(digits)
}

/// AFIP, Argentina: a prefix, and modulo 11.
pub(super) fn ar_cuit(value: &Value) -> bool {
    let digits = value.characters;
    matches!(
        number(digits, 0, 2),
        20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34
    ) && match 11 - sum(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2], false) % 11 {
        11 => last(digits) == 0,
        // Most such numbers get another prefix; the others end in 9.
        10 => last(digits) == 9,
        check => last(digits) == check,
    }
}
