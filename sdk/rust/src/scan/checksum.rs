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

/// The sum of the digits, each times its weight. Other bytes count as no digits at all: their
/// weight is passed over with them.
///
/// ```
/// use caponier_sdk::scan::checksum;
///
/// // A bank's routing number in the United States: three, seven and one in turn, a multiple of ten.
/// let weights = [3, 7, 1, 3, 7, 1, 3, 7, 1];
/// assert_eq!(checksum::weighted(b"021000021", &weights) % 10, 0);
/// assert_ne!(checksum::weighted(b"021000022", &weights) % 10, 0);
/// ```
#[inline]
pub fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .filter(|(byte, _)| byte.is_ascii_digit())
        .map(|(byte, weight)| u32::from(byte - b'0') * weight)
        .sum()
}

/// Whether the ASCII digits pass the Verhoeff check, which notices every wrong digit and every two
/// neighbours that changed places.
///
/// ```
/// use caponier_sdk::scan::checksum;
///
/// assert!(checksum::verhoeff(b"2363"));
/// assert!(!checksum::verhoeff(b"2633"));
/// ```
pub fn verhoeff(digits: &[u8]) -> bool {
    /// Where the eight permutations send a digit.
    const PERMUTED: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    // The dihedral group of ten: turns are 0 to 4, turns of the mirrored pentagon 5 to 9.
    let product = |one: u8, other: u8| match (one < 5, other < 5) {
        (true, true) => (one + other) % 5,
        (true, false) => (one + other - 5) % 5 + 5,
        (false, true) => (one - 5 + 5 - other) % 5 + 5,
        (false, false) => (5 + one - other) % 5,
    };
    let (sum, count) = digits
        .iter()
        .rev()
        .filter(|byte| byte.is_ascii_digit())
        .fold((0, 0), |(sum, count), byte| {
            let permuted = PERMUTED
                .get(count % 8)
                .and_then(|row| row.get(usize::from(byte - b'0')))
                .copied()
                .unwrap_or(0);
            (product(sum, permuted), count + 1)
        });
    count > 1 && sum == 0
}

/// Whether ASCII digits pass the check of ISO 7064, MOD 11,10: the last is the check digit. Other
/// bytes are passed over.
///
/// ```
/// use caponier_sdk::scan::checksum;
///
/// assert!(checksum::mod11_10(b"86095742719"));
/// assert!(!checksum::mod11_10(b"86095742718"));
/// ```
pub fn mod11_10(digits: &[u8]) -> bool {
    let (product, last, count) = digits.iter().filter(|byte| byte.is_ascii_digit()).fold(
        (10, 0, 0_usize),
        |(product, last, count), byte| {
            // The check digit itself is added and not carried on.
            let carried = if count == 0 {
                product
            } else {
                let sum = (last + product) % 10;
                (if sum == 0 { 10 } else { sum }) * 2 % 11
            };
            (carried, u32::from(byte - b'0'), count + 1)
        },
    );
    count > 1 && (product + last) % 10 == 1
}

/// Whether digits pass the check of ISO 7064, MOD 11-2, whose last may be an `X` for ten. Other
/// bytes are passed over.
///
/// ```
/// use caponier_sdk::scan::checksum;
///
/// assert!(checksum::mod11_2(b"11010519491231002X"));
/// assert!(!checksum::mod11_2(b"110105194912310021"));
/// ```
pub fn mod11_2(digits: &[u8]) -> bool {
    let (sum, count) = digits
        .iter()
        .fold((0, 0_usize), |(sum, count), byte| match byte {
            b'0'..=b'9' => ((sum * 2 + u32::from(byte - b'0')) % 11, count + 1),
            b'X' | b'x' => ((sum * 2 + 10) % 11, count + 1),
            _ => (sum, count),
        });
    count > 1 && sum == 1
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

    #[test]
    fn every_wrong_digit_and_every_swap_is_noticed() {
        for (right, check, sees_swaps) in [
            (&b"399876543211"[..], verhoeff as fn(&[u8]) -> bool, true),
            (b"86095742719", mod11_10, false),
            (b"07940", mod11_2, true),
        ] {
            assert!(check(right));
            for at in 0..right.len() {
                let mut wrong = right.to_vec();
                wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
                assert!(!check(&wrong), "digit {at}");
                let mut swapped = right.to_vec();
                swapped.swap(at, at.saturating_sub(1));
                if sees_swaps && swapped != right {
                    assert!(!check(&swapped), "digits {at}");
                }
            }
            assert!(!check(b""));
            assert!(!check(b"0"));
        }
    }

    #[test]
    fn weights_stand_at_their_digits() {
        assert_eq!(weighted(b"123", &[1, 10, 100]), 321);
        assert_eq!(weighted(b"1-3", &[1, 10, 100]), 301);
        assert_eq!(weighted(b"", &[1]), 0);
    }
}
