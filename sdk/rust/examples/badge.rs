//! The smallest useful plugin: it finds staff badge numbers.

use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Severity};

/// What the operator may set.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Settings {
    /// What a badge number starts with.
    prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: "BADGE-".into(),
        }
    }
}

struct Badge {
    prefix: String,
}

impl Plugin for Badge {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        Manifest::new("badge", "1.0.0", "Staff badge numbers.")
            .rule(Rule::new("badge", "Badge number").severity(Severity::High))
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        if settings.prefix.is_empty() {
            return Err(
                "settings.prefix: it is empty; hint: name what a badge number starts with".into(),
            );
        }
        Ok(Self {
            prefix: settings.prefix,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            for (start, prefix) in segment.text().match_indices(&self.prefix) {
                report
                    .finding("badge", segment)
                    .at(start..start + prefix.len() + 6);
            }
        }
        Ok(())
    }
}

caponier_sdk::export!(Badge);
