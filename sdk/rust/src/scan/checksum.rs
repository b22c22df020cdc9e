//! Check digits.

/// Whether the ASCII digits pass the Luhn check. Other bytes are passed over.
///
/// ```
/// use caponier_sdk::scan::checksum;
///
/// assert!(checksum::luhn(b"4111 1111 1111 1111"));
/// assert!(!checksum::luhn(b"4111 1111 1111 1112"));
/// ```
pub fn luhn(digits: &[u8]) -> bool {
    let mut sum = 0_u32;
    let mut count = 0_u32;
    for byte in digits.iter().rev().filter(|byte| byte.is_ascii_digit()) {
        let digit = u32::from(byte - b'0');
        sum += match (count % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        };
        count += 1;
    }
    count > 1 && sum.is_multiple_of(10)
}

/// The remainder by 97 of the number that ISO 7064 makes of letters and digits: `A` is 10, `Z` is
/// 35. Other bytes are passed over.
///
/// ```
/// use caponier_sdk::scan::checksum;
///
/// // An IBAN is right where the remainder of its account, country and check digits is 1.
/// assert_eq!(checksum::mod97(b"WEST 1234 5698 7654 32GB82".iter().copied()), 1);
/// ```
pub fn mod97(characters: impl Iterator<Item = u8>) -> u32 {
    characters.fold(0, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        b'A'..=b'Z' => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
        b'a'..=b'z' => (remainder * 100 + u32::from(byte - b'a') + 10) % 97,
        _ => remainder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_digit_is_noticed() {
        let card = b"4539578763621486";
        assert!(luhn(card));
        for at in 0..card.len() {
            let mut wrong = *card;
            wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
            assert!(!luhn(&wrong), "digit {at}");
        }
        assert!(!luhn(b"0"));
        assert!(!luhn(b""));
    }

    #[test]
    fn letters_count_as_two_digits() {
        assert_eq!(mod97(b"A".iter().copied()), 10);
        assert_eq!(mod97(b"z".iter().copied()), 35);
        assert_eq!(mod97(b"97".iter().copied()), 0);
    }
}
