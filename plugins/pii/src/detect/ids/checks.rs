//! What an identifier's issuer says of it: check digits, dates, ranges. Each names where that is
//! written down. All take letters in capitals.

use caponier_sdk::scan::checksum::{luhn, mod11_2, mod11_10, verhoeff};

use super::digits::{at, is_day, is_ddmmyy, is_yymmdd, last, number, sum, uniform, value};
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

// North America

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
    let odd = [2, 4, 6].into_iter().map(|place| number(value.characters, place, place + 1)).sum::<u32>();
    let even = [3, 5, 7].into_iter().map(|place| number(value.characters, place, place + 1)).sum::<u32>();
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

// South America

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
    !uniform(digits) && check(9, 10) == number(digits, 9, 10) && check(10, 11) == number(digits, 10, 11)
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
    matches!(number(digits, 0, 2), 20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34)
        && sum(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1], false).is_multiple_of(11)
}

// British Isles

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
        && !matches!(&[first, second], b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ")
        && matches!(value.characters.last(), Some(b'A'..=b'D'))
}

/// DVLA, driver number: name, decade, month (50 more for women), day, year, initials.
pub(super) fn uk_licence(value: &Value) -> bool {
    let code = value.characters;
    let mut name = code.iter().take(5).skip_while(|byte| byte.is_ascii_uppercase());
    at(code, 0).is_ascii_uppercase()
        && name.all(|byte| *byte == b'9')
        && matches!(number(code, 6, 8), 1..=12 | 51..=62)
        && (1..=31).contains(&number(code, 8, 10))
        && [11, 12].into_iter().all(|place| at(code, place).is_ascii_uppercase() || at(code, place) == b'9')
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
    code == b"GIR0AA"
        || (!inward.iter().any(unused)
            && !matches!(at(outward, 0), b'Q' | b'V' | b'X')
            && !matches!(second, b'I' | b'J' | b'Z')
            && !(third.is_ascii_uppercase() && matches!(third, b'I' | b'L'..=b'O' | b'Q' | b'R' | b'V' | b'X'..=b'Z'))
            && !(fourth.is_ascii_uppercase() && !b"ABEHMNPRVWXY".contains(&fourth)))
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
    let year = if at(code, 1).is_ascii_digit() { at(code, 0) } else { last_byte(code) };
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
    let total = (sum(code.get(..7).unwrap_or_default(), &[8, 7, 6, 5, 4, 3, 2], false) + second) % 23;
    b"WABCDEFGHIJKLMNOPQRSTUV".get(total as usize) == code.get(7)
}

// Western and southern Europe

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
    let first = sum(&[b'0' + (letter / 10) as u8, b'0' + (letter % 10) as u8], &[1, 2], true);
    let rest = sum(code.get(1..9).unwrap_or_default(), &[1, 2, 1, 2, 1, 2, 1, 2], true);
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
    !serial.iter().any(|byte| matches!(byte, b'A' | b'B' | b'D' | b'E' | b'I' | b'O' | b'Q' | b'S' | b'U'))
        && matches!(at(code, 0), b'C' | b'F' | b'G' | b'H' | b'J' | b'K' | b'L'..=b'N' | b'P' | b'R' | b'T' | b'V'..=b'Z')
        && serial.iter().any(u8::is_ascii_digit)
        && sum(serial, &[7, 3, 1, 7, 3, 1, 7, 3, 1], false) % 10 == last(code)
}

/// Elster, Steuernummer in the form of the states or of the federation (`0` and `5` in fixed places).
pub(super) fn de_local_tax(value: &Value) -> bool {
    value.characters.len() < 13
        || (at(value.characters, 4) == b'0' && matches!(number(value.characters, 0, 2), 10..=11 | 21..=24 | 26..=28 | 30..=32 | 40..=41 | 51..=53 | 91 | 92))
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
        number * 10 + if byte.is_ascii_digit() { u64::from(byte - b'0') } else { 0 }
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
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
    ];
    let code = value.characters;
    let digit = |place: usize| match at(code, place) {
        digit @ b'0'..=b'9' => Some(u32::from(digit - b'0')),
        letter => b"LMNPQRSTUV".iter().position(|known| *known == letter).map(|place| place as u32),
    };
    let numbers = [6, 7, 9, 10, 12, 13, 14].into_iter().all(|place| digit(place).is_some());
    let day = digit(9).unwrap_or(9) * 10 + digit(10).unwrap_or(9);
    let total: u32 = code
        .iter()
        .take(15)
        .enumerate()
        .map(|(place, byte)| {
            let plain = if byte.is_ascii_digit() { super::digits::value(*byte) } else { super::digits::value(*byte) - 10 };
            if place % 2 == 0 { ODD.get(plain as usize).copied().unwrap_or(0) } else { plain }
        })
        .sum();
    numbers
        && b"ABCDEHLMPRST".contains(&at(code, 8))
        && matches!(day, 1..=31 | 41..=71)
        && u32::from(last_byte(code).wrapping_sub(b'A')) == total % 26
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
    !matches!(at(digits, 0), b'0' | b'4' | b'7') && (if rest < 2 { 0 } else { 11 - rest }) == last(digits) && !uniform(digits)
}

/// Logius, elfproef: weights 9 to 2, and the last digit counts against them.
pub(super) fn nl_bsn(value: &Value) -> bool {
    let digits = value.characters;
    let total = sum(digits, &[9, 8, 7, 6, 5, 4, 3, 2], false);
    !uniform(digits) && total >= last(digits) && (total - last(digits)).is_multiple_of(11) && total > 0
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
        && sum(value.characters, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1], false).is_multiple_of(10)
}

// Northern and eastern Europe

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
    is_day(century + number(code, 4, 6), number(code, 2, 4), number(code, 0, 2))
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY".get((number_of % 31) as usize) == code.last()
        && number(code, serial, serial + 3) >= 2
}

/// Skatteverket, SKV 704: date (60 more for coordination numbers), serial, Luhn over ten digits.
pub(super) fn se_personnummer(value: &Value) -> bool {
    let digits = value.characters;
    let century = if digits.len() == 12 { number(digits, 0, 2) } else { 19 };
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
    is_day(century + number(digits, 0, 2), month % 20, number(digits, 4, 6))
        && sum(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1], false).is_multiple_of(10)
}

/// Act 133/2000, Czech Republic: date (50 more for women, 20 more where serials ran out), modulo 11.
pub(super) fn cz_birth(value: &Value) -> bool {
    let digits = value.characters;
    let month = number(digits, 2, 4) % 50;
    let month = if month > 20 { month - 20 } else { month };
    let whole = digits.iter().fold(0_u64, |number, byte| number * 10 + u64::from(super::digits::value(*byte)));
    is_day(2000, month, number(digits, 4, 6)) && whole % 11 == 0
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

// Asia, Africa, Oceania

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
    const STATES: &[u8] = b"ANAPARASBHBRCGCHDDDLDNGAGJHPHRJHJKKAKLLALDMHMLMNMPMZNLODORPBPYRJSKTGTNTRTSUKUPUTWB";
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
    is_day(century + number(digits, 0, 2), number(digits, 2, 4), number(digits, 4, 6)) && century > 1800
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
    matches!(at(value.characters, 0), b'M' | b'S' | b'R' | b'O' | b'D' | b'G')
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
    let total = sum(code.get(1..8).unwrap_or_default(), &[2, 7, 6, 5, 4, 3, 2], false);
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
    let letter = b"ABCDEFGHJKLMNPQRSTUVXYWZIO".iter().position(|known| *known == at(code, 0)).unwrap_or(0) as u32 + 10;
    let total = letter / 10 + letter % 10 * 9 + sum(code.get(1..).unwrap_or_default(), &[8, 7, 6, 5, 4, 3, 2, 1, 1], false);
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

/// Services Australia: 2 to 6 first, weights 1, 3, 7, 9, the ninth is the check digit.
pub(super) fn au_medicare(value: &Value) -> bool {
    let digits = value.characters;
    matches!(at(digits, 0), b'2'..=b'6')
        && sum(digits, &[1, 3, 7, 9, 1, 3, 7, 9], false) % 10 == number(digits, 8, 9)
}

// Banks

/// ISO 9362: a bank, a country, a place, a branch.
pub(super) fn bic(value: &Value) -> bool {
    let country = [at(value.characters, 4), at(value.characters, 5)];
    super::COUNTRIES.chunks_exact(2).any(|known| *known == country)
}
