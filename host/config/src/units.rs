//! Sizes and durations as people write them.

use std::time::Duration;

/// Longer than this is taken for a slip, and keeps deadlines from overflowing.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Reads `512`, `64KiB`, `32MiB`, `2GB` into bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor: u64 = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return Err(bad_size(text, number, unit)),
    };
    let number: u64 = number.parse().map_err(|_| bad_size(text, number, unit))?;
    number
        .checked_mul(factor)
        .ok_or_else(|| format!("`{}` is more than 64 bits hold", crate::yaml::shown(text)))
}

fn bad_size(text: &str, number: &str, unit: &str) -> String {
    let text = crate::yaml::shown(text);
    let whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let unit = match unit.to_ascii_lowercase().as_str() {
        "k" | "ki" | "kib" => Some("KiB"),
        "m" | "mi" | "mib" => Some("MiB"),
        "g" | "gi" | "gib" => Some("GiB"),
        _ => None,
    };
    match unit {
        Some(unit) if whole => format!("`{text}` is not a size; hint: write `{number}{unit}`"),
        _ => format!(
            "`{text}` is not a size; hint: write a whole number of `B`, `KiB`, `MiB` or `GiB`"
        ),
    }
}

/// Reads `500us`, `20ms`, `5s`, `2m`, `1h`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let bad = || {
        let shown = crate::yaml::shown(text);
        if unit.is_empty() && !number.is_empty() {
            format!("`{shown}` has no unit; hint: write `{number}ms` or `{number}s`")
        } else {
            format!(
                "`{shown}` is not a duration; hint: write a whole number of `us`, `ms`, `s`, `m` or `h`"
            )
        }
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    let duration = match unit {
        "us" | "µs" => Some(Duration::from_micros(number)),
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => return Err(bad()),
    };
    duration
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| format!("`{}` is longer than a year", crate::yaml::shown(text)))
}

/// Digits, and what follows them behind any spaces.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("1B", 1),
            ("64KiB", 65_536),
            ("32 MiB", 33_554_432),
            ("2GB", 2_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn durations_are_read() {
        for (text, micros) in [
            ("500us", 500),
            ("20ms", 20_000),
            ("5s", 5_000_000),
            ("2m", 120_000_000),
            ("0s", 0),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_micros(micros)),
                "{text}"
            );
        }
        assert_eq!(parse_duration("1h"), Ok(Duration::from_secs(3600)));
    }

    #[test]
    fn what_is_neither_is_explained() {
        for (text, message) in [
            ("32M", "`32M` is not a size; hint: write `32MiB`"),
            ("32mib", "`32mib` is not a size; hint: write `32MiB`"),
            (
                "1.5MiB",
                "`1.5MiB` is not a size; hint: write a whole number of `B`, `KiB`, `MiB` or `GiB`",
            ),
            (
                "-1",
                "`-1` is not a size; hint: write a whole number of `B`, `KiB`, `MiB` or `GiB`",
            ),
            (
                "20000000000GiB",
                "`20000000000GiB` is more than 64 bits hold",
            ),
        ] {
            assert_eq!(parse_size(text), Err(message.to_owned()));
        }
        for (text, message) in [
            ("20", "`20` has no unit; hint: write `20ms` or `20s`"),
            (
                "1d",
                "`1d` is not a duration; hint: write a whole number of `us`, `ms`, `s`, `m` or `h`",
            ),
            ("9000000h", "`9000000h` is longer than a year"),
        ] {
            assert_eq!(parse_duration(text), Err(message.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_them(text in ".{0,40}") {
            let _ = parse_size(&text);
            let _ = parse_duration(&text);
        }

        #[test]
        fn whole_numbers_come_back(number in 0u64..1_000_000) {
            prop_assert_eq!(parse_size(&format!("{number}KiB")), Ok(number * 1024));
            prop_assert_eq!(parse_duration(&format!("{number}ms")), Ok(Duration::from_millis(number)));
        }
    }
}
