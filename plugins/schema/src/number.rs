//! Numbers as they are written, not as doubles round them: 0.3 is a multiple of 0.1.

use std::cmp::Ordering;

/// Significant digits that are kept: a power of ten below what 128 bits hold.
const DIGITS: u32 = 36;

/// `mantissa` times ten to the power of `exponent`, without zeros at the mantissa's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i128,
    exponent: i32,
}

impl Decimal {
    /// The number that JSON writes so. Beyond 36 digits it is cut off.
    pub(crate) fn new(written: &str) -> Self {
        let (mut mantissa, mut exponent, mut digits) = (0_u64, 0_i32, 0_u32);
        let mut wide = 0_i128;
        let mut is_fraction = false;
        let mut rest = written.bytes();
        for byte in rest.by_ref() {
            match byte {
                b'.' => is_fraction = true,
                b'e' | b'E' => break,
                b'0'..=b'9' => {
                    if digits < DIGITS {
                        // The first digits in a small register: most numbers end there.
                        if digits < 18 {
                            mantissa = mantissa * 10 + u64::from(byte - b'0');
                            wide = i128::from(mantissa);
                        } else {
                            wide = wide * 10 + i128::from(byte - b'0');
                        }
                        digits += u32::from(wide != 0);
                        exponent -= i32::from(is_fraction);
                    } else {
                        exponent += i32::from(!is_fraction);
                    }
                }
                _ => {}
            }
        }
        let (mut power, mut is_negative) = (0_i32, false);
        for byte in rest {
            match byte {
                b'-' => is_negative = true,
                b'0'..=b'9' => power = (power * 10 + i32::from(byte - b'0')).min(1_000_000),
                _ => {}
            }
        }
        let exponent = exponent.saturating_add(if is_negative { -power } else { power });
        let sign = if written.starts_with('-') { -1 } else { 1 };
        Self {
            mantissa: sign * wide,
            exponent,
        }
        .trimmed()
    }

    fn trimmed(mut self) -> Self {
        if self.mantissa == 0 {
            self.exponent = 0;
        } else if self.exponent != 0 {
            while self.mantissa % 10 == 0 {
                self.mantissa /= 10;
                self.exponent += 1;
            }
            // Whole numbers have one form, written with or without an exponent.
            while self.exponent > 0 && self.mantissa.unsigned_abs() < 10_u128.pow(DIGITS - 1) {
                self.mantissa *= 10;
                self.exponent -= 1;
            }
        }
        self
    }

    pub(crate) fn is_integer(self) -> bool {
        self.exponent >= 0
    }

    pub(crate) fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// A count; `None` where it is none, or more than 32 bits hold.
    pub(crate) fn count(self) -> Option<u32> {
        (self.exponent == 0)
            .then(|| u32::try_from(self.mantissa).ok())
            .flatten()
    }

    /// Digits before the point, and how many there would be behind it.
    fn magnitude(self) -> i64 {
        let digits = self.mantissa.unsigned_abs().checked_ilog10().unwrap_or(0);
        i64::from(digits) + i64::from(self.exponent)
    }

    pub(crate) fn is_multiple_of(self, divisor: Self) -> bool {
        let by = divisor.mantissa.unsigned_abs();
        let value = self.mantissa.unsigned_abs();
        if by == 0 || value == 0 {
            return value == 0;
        }
        let steps = i64::from(self.exponent) - i64::from(divisor.exponent);
        if steps < 0 {
            let scale = u32::try_from(-steps)
                .ok()
                .and_then(|steps| 10_u128.checked_pow(steps))
                .and_then(|scale| scale.checked_mul(by));
            return scale.is_some_and(|scale| value.is_multiple_of(scale));
        }
        let mut left = value % by;
        for _ in 0..steps.min(2000) {
            if left == 0 {
                return true;
            }
            left = match left.checked_mul(10) {
                Some(ten) => ten % by,
                None => return false,
            };
        }
        left == 0
    }

    /// What makes equal numbers the same bits.
    pub(crate) fn bits(self) -> u64 {
        (self.mantissa as u64)
            ^ ((self.mantissa >> 64) as u64).rotate_left(32)
            ^ u64::from(self.exponent.cast_unsigned()).rotate_left(17)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.exponent == other.exponent || self.mantissa.signum() != other.mantissa.signum() {
            return self.mantissa.cmp(&other.mantissa);
        }
        if self.mantissa == 0 {
            return Ordering::Equal;
        }
        let size = self.magnitude().cmp(&other.magnitude()).then_with(|| {
            // As many digits before the point: made as many behind it, too.
            let shift = self.exponent.abs_diff(other.exponent).min(DIGITS);
            let scale = 10_u128.pow(shift);
            let (one, two) = (self.mantissa.unsigned_abs(), other.mantissa.unsigned_abs());
            if self.exponent > other.exponent {
                one.saturating_mul(scale).cmp(&two)
            } else {
                one.cmp(&two.saturating_mul(scale))
            }
        });
        if self.mantissa < 0 {
            size.reverse()
        } else {
            size
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::new(text)
    }

    #[test]
    fn one_number_has_one_form() {
        for (one, other) in [
            ("1", "1.0"),
            ("100", "1e2"),
            ("100", "1.00E+2"),
            ("0", "-0.0"),
            ("0", "0e99"),
            ("0.5", "5e-1"),
            ("12345678901234567890", "12345678901234567890.00"),
            ("1e40", "10e39"),
        ] {
            assert_eq!(number(one), number(other), "{one} {other}");
            assert_eq!(number(one).bits(), number(other).bits(), "{one} {other}");
        }
        assert_ne!(number("1"), number("-1"));
        assert_ne!(number("9007199254740993"), number("9007199254740992"));
    }

    #[test]
    fn numbers_are_in_order() {
        let order = [
            "-1e400",
            "-10",
            "-1.5",
            "-1",
            "-1e-9",
            "0",
            "1e-400",
            "0.1",
            "0.11",
            "1",
            "1.0000001",
            "9.9",
            "10",
            "1e3",
            "1e400",
        ];
        for pair in order.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
            assert!(number(pair[1]) > number(pair[0]), "{pair:?}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (value, by, is) in [
            ("0.3", "0.1", true),
            ("0.0075", "0.0001", true),
            ("0.00751", "0.0001", false),
            ("10", "2.5", true),
            ("7", "2", false),
            ("1e308", "0.5", true),
            ("0", "7", true),
            ("4.5", "1.5", true),
            ("12391239123", "1e-8", true),
        ] {
            assert_eq!(number(value).is_multiple_of(number(by)), is, "{value} {by}");
        }
    }

    #[test]
    fn whole_numbers_are_known() {
        for (text, is) in [
            ("1", true),
            ("1.0", true),
            ("1.5", false),
            ("15e-1", false),
            ("1e2", true),
            ("155e-1", false),
        ] {
            assert_eq!(number(text).is_integer(), is, "{text}");
        }
        assert!(number("20e-1").is_integer());
        assert_eq!(number("3.0").count(), Some(3));
        assert_eq!(number("-1").count(), None);
        assert_eq!(number("1e3").count(), Some(1000));
    }
}
