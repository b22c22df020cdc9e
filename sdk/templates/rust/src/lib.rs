//! Finds staff badge numbers: a prefix and six digits.

use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Severity, hold};

const DIGITS: usize = 6;
/// The longest prefix that may be set, in bytes.
const MOST_PREFIX: usize = 32;
/// The longest character behind a number, in bytes: it decides, too.
const CHARACTER: usize = 4;

/// What the operator may set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// What a badge number starts with.
    pub prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: "BADGE-".into(),
        }
    }
}

/// The plugin, configured.
pub struct MyPlugin {
    prefix: String,
}

impl Plugin for MyPlugin {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        // In bytes, with the characters before and behind.
        let window = settings.prefix.len() + DIGITS + 2 * CHARACTER;
        Manifest::new(
            "my-plugin",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_DESCRIPTION"),
        )
        .rule(
            Rule::new("badge", "Staff badge number")
                .severity(Severity::High)
                .category("LLM02:2025")
                .window(u32::try_from(window).unwrap_or(u32::MAX)),
        )
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        let length = settings.prefix.len();
        if !(1..=MOST_PREFIX).contains(&length) {
            return Err(format!(
                "settings.prefix: it has {length} bytes\nhint: name what a badge number starts with, in 1 to {MOST_PREFIX} bytes"
            )
            .into());
        }
        Ok(Self {
            prefix: settings.prefix,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            let text = segment.text();
            for (start, prefix) in text.match_indices(&self.prefix) {
                let (before, number) = (&text[..start], &text[start + prefix.len()..]);
                let digits = number.bytes().take_while(u8::is_ascii_digit).count();
                let behind = &number[digits..];
                let is_alone = !before.ends_with(is_of_a_word) && !behind.starts_with(is_of_a_word);
                if digits == DIGITS && is_alone {
                    report
                        .finding("badge", segment)
                        .at(start..start + prefix.len() + digits)
                        .confidence(0.95);
                }
            }
            // In a stream: what may become a badge number must not go out yet.
            let window = self.prefix.len() + DIGITS;
            let growing = hold::growing(text, segment.is_open(), window, |end| self.may_grow(end));
            if let Some(start) = growing {
                report.hold(segment, start);
            }
        }
        Ok(())
    }
}

impl MyPlugin {
    /// Whether it takes more text to say if this is a badge number.
    fn may_grow(&self, end: &str) -> bool {
        match end.strip_prefix(&self.prefix) {
            Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
            None => self.prefix.starts_with(end),
        }
    }
}

fn is_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

caponier_sdk::export!(MyPlugin);
