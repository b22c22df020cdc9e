//! When two JSON values are equal: numbers by value, objects whatever the order of their keys.

use crate::json::{Item, Kind};
use crate::number::Decimal;

/// Whether two values are equal. `budget` is what may still be compared; at 0 nothing is equal.
pub(crate) fn equal(one: Item<'_>, other: Item<'_>, budget: &mut u32) -> bool {
    if *budget == 0 {
        return false;
    }
    *budget -= 1;
    match (one.kind(), other.kind()) {
        (Kind::String, Kind::String) => one.raw() == other.raw(),
        (Kind::String | Kind::Escaped, Kind::String | Kind::Escaped) => {
            one.string() == other.string()
        }
        (Kind::Number, Kind::Number) => {
            one.raw() == other.raw() || Decimal::new(one.raw()) == Decimal::new(other.raw())
        }
        (Kind::Array, Kind::Array) => {
            one.size() == other.size()
                && one
                    .items()
                    .zip(other.items())
                    .all(|(one, other)| equal(one, other, budget))
        }
        (Kind::Object, Kind::Object) => one.size() == other.size() && members(one, other, budget),
        (one, other) => one == other,
    }
}

fn members(one: Item<'_>, other: Item<'_>, budget: &mut u32) -> bool {
    let sorted = |object: Item<'_>| {
        let keys = object.members().map(|(key, value)| {
            let name = key.string().unwrap_or_default().into_owned();
            (name, value.index)
        });
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        keys
    };
    let (first, second) = (sorted(one), sorted(other));
    first
        .iter()
        .zip(&second)
        .all(|((key, value), (its, its_value))| {
            key == its && equal(one.at(*value), other.at(*its_value), budget)
        })
}

/// A number that is the same for equal values.
pub(crate) fn digest(item: Item<'_>) -> u64 {
    match item.kind() {
        Kind::Number => mixed(Decimal::new(item.raw()).bits(), 1),
        Kind::String | Kind::Escaped => {
            let text = item.string().unwrap_or_default();
            mixed(
                text.bytes()
                    .fold(SEED, |sum, byte| mixed(sum, u64::from(byte))),
                2,
            )
        }
        Kind::Array => item
            .items()
            .fold(SEED, |sum, item| mixed(sum, digest(item)).wrapping_add(3)),
        // In whatever order the members are.
        Kind::Object => item.members().fold(4, |sum: u64, (key, value)| {
            sum.wrapping_add(mixed(digest(key), digest(value)))
        }),
        other => mixed(SEED, other as u64 + 5),
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// One step of FNV-1a, with the high bits brought down.
fn mixed(sum: u64, part: u64) -> u64 {
    let sum = (sum ^ part).wrapping_mul(0x0000_0100_0000_01b3);
    sum ^ (sum >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Limits, parse};

    #[test]
    fn equal_values_have_one_digest() {
        for (one, other, same) in [
            ("1", "1.0", true),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2e0],"\u0061":1}"#, true),
            (r#"{"a":1,"b":1}"#, r#"{"a":1,"c":1}"#, false),
            ("[1,2]", "[2,1]", false),
            ("[[]]", "[]", false),
            ("[]", "{}", false),
            ("0", "false", false),
            ("1", "true", false),
            (r#""1""#, "1", false),
            ("null", "false", false),
        ] {
            let (first, second) = (
                parse(one, Limits::default()).unwrap(),
                parse(other, Limits::default()).unwrap(),
            );
            let (first, second) = (first.root(one), second.root(other));
            assert_eq!(equal(first, second, &mut 100), same, "{one} {other}");
            assert_eq!(digest(first) == digest(second), same, "{one} {other}");
        }
    }
}
