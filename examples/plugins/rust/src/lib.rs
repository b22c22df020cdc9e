//! Finds German number plates: `B-MW 1234`, `HH XY 99H`, `TÖL-A 7E`.
//!
//! A plate is a district of one to three letters, one or two letters, and a number of up to four
//! digits that does not begin with 0, then perhaps `E` (electric) or `H` (historic); eight signs at
//! most (Fahrzeug-Zulassungsverordnung, Anlage 2). Typed text has a hyphen, a space or nothing between
//! the parts, so how sure a find is depends on how it is written.

mod districts;

use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Segment, Severity, hold};

use crate::districts::is_district;

/// Letters of a district and of a plate's middle, digits, and all of them together, at most.
const DISTRICT: usize = 3;
const MIDDLE: usize = 2;
const DIGITS: usize = 4;
const SIGNS: usize = 8;
/// The most bytes that decide: umlauts have two, and there are two separators, a suffix, and a
/// character before and behind.
const WINDOW: usize = 2 * DISTRICT + 1 + 2 * MIDDLE + 1 + DIGITS + 1 + 8;

/// What the operator may set.
#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// Leave the district in the text: `B-[plate]` says where a car is from, not whose it is.
    pub keep_district: bool,
}

/// The plugin, configured.
pub struct NumberPlates {
    keep_district: bool,
}

/// A plate in a text: its place in bytes, and where its district ends.
struct Plate {
    start: usize,
    district: usize,
    end: usize,
    confidence: f64,
}

impl Plugin for NumberPlates {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        Manifest::new(
            "number-plates",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_DESCRIPTION"),
        )
        .rule(
            Rule::new("plate", "German number plate")
                .severity(Severity::Medium)
                .category("LLM02:2025")
                .window(u32::try_from(WINDOW).unwrap_or(u32::MAX)),
        )
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        Ok(Self {
            keep_district: settings.keep_district,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            let text = segment.text();
            let mut next = 0;
            for (start, letter) in text.char_indices() {
                if start < next || !is_letter(letter) || in_a_word(&text[..start]) {
                    continue;
                }
                if let Some(plate) = plate(text, start) {
                    next = plate.end;
                    self.report(&plate, segment, report);
                }
            }
            // In a stream: letters, digits and separators at the end may become a plate.
            let could_continue =
                |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"- ".contains(&byte);
            if let Some(start) = hold::from_tail(text, segment.is_open(), WINDOW, could_continue) {
                report.hold(segment, start);
            }
        }
        Ok(())
    }
}

impl NumberPlates {
    fn report(&self, plate: &Plate, segment: &Segment, report: &mut Report<'_>) {
        let district = &segment.text()[plate.start..plate.district];
        let replacement = match self.keep_district {
            true => format!("{district}-[plate]"),
            false => "[plate]".to_owned(),
        };
        report
            .finding("plate", segment)
            .at(plate.start..plate.end)
            .confidence(plate.confidence)
            .replacement(replacement)
            .attribute("district", district);
    }
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_uppercase() || matches!(letter, 'Ä' | 'Ö' | 'Ü')
}

/// Whether what follows this text would be part of a word or of a longer number.
fn in_a_word(before: &str) -> bool {
    before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-')
}

/// The plate that begins at `start`. Of several readings the longest district counts.
fn plate(text: &str, start: usize) -> Option<Plate> {
    let rest = &text[start..];
    let letters = |text: &str, most: usize| {
        let run = text
            .char_indices()
            .take_while(|(_, letter)| is_letter(*letter));
        run.take(most)
            .last()
            .map_or(0, |(at, letter)| at + letter.len_utf8())
    };
    let longest = letters(rest, DISTRICT);
    let mut ends: Vec<usize> = rest[..longest]
        .char_indices()
        .map(|(at, _)| at)
        .skip(1)
        .collect();
    ends.push(longest);
    ends.into_iter().rev().find_map(|end| {
        let district = &rest[..end];
        if !is_district(district) {
            return None;
        }
        let (first, after) = separator(&rest[end..]);
        let middle = letters(after, MIDDLE);
        // A third letter here is a word, not a plate.
        if middle == 0 || letters(&after[middle..], 1) > 0 {
            return None;
        }
        let (second, after_middle) = separator(&after[middle..]);
        let digits = after_middle.bytes().take_while(u8::is_ascii_digit).count();
        let signs = district.chars().count() + after[..middle].chars().count() + digits;
        if !(1..=DIGITS).contains(&digits) || after_middle.starts_with('0') || signs > SIGNS {
            return None;
        }
        let behind = &after_middle[digits..];
        let suffix = usize::from(behind.starts_with(['E', 'H']));
        let behind = &behind[suffix..];
        if behind.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            || (behind.starts_with(['-', '.', ','])
                && behind[1..].starts_with(|letter: char| letter.is_ascii_digit()))
        {
            return None;
        }
        let confidence = match (first, second) {
            ("-", " ") => 0.95,
            ("-", _) => 0.8,
            (" ", " ") => 0.6,
            (" ", _) => 0.4,
            // Written as one word it could be a part number as well.
            ("", "") => 0.2,
            // `ISO 9001`
            _ => return None,
        };
        Some(Plate {
            start,
            district: start + end,
            end: text.len() - behind.len(),
            confidence,
        })
    })
}

/// One hyphen or space at the beginning, and the rest.
fn separator(text: &str) -> (&str, &str) {
    match text.starts_with(['-', ' ']) {
        true => text.split_at(1),
        false => ("", text),
    }
}

caponier_sdk::export!(NumberPlates);
