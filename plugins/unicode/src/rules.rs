//! What is found, and what is done about it.

use caponier_sdk::{Rule, Severity};
use schemars::JsonSchema;
use serde::Deserialize;

/// The most bytes of released text that any decision looks back at.
pub(crate) const LOOK_BEHIND: usize = 512;

/// What is found. In the settings and in findings by its id, in kebab-case.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Text in tag characters.
    Tags,
    /// Bytes in variation selectors.
    VariationSelectors,
    /// Bits in characters without a width.
    ZeroWidthBits,
    /// Characters without a width where no script needs them.
    ZeroWidth,
    /// Characters that turn the direction of what follows by force.
    BidiOverride,
    /// Other marks of direction where nothing runs from right to left, or that are not closed.
    BidiControl,
    /// Soft hyphens that hyphenate nothing.
    SoftHyphen,
    /// Interlinear annotations.
    Annotation,
    /// Fillers, joiners of graphemes and unassigned characters that nobody sees.
    Invisible,
    /// Code points that no text may hold.
    Noncharacter,
    /// Code points without a public meaning.
    PrivateUse,
    /// More marks on a letter than any language writes.
    StackedMarks,
    /// Letters of several scripts in one word.
    MixedScript,
    /// A word of another script that reads as a Latin one.
    LookAlike,
}

/// What a finding of a rule proposes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// Where the decision is to redact, the characters go, or the word is written in one script.
    Strip,
    /// Nothing: where the decision is to redact, the rule's name stands there.
    Flag,
    /// The rule is not looked for.
    Off,
}

/// Id, title, severity and category of each kind, in its order.
const TABLE: [(Kind, &str, &str, Severity, Option<&str>); 14] = [
    (
        Kind::Tags,
        "tags",
        "Text in tag characters",
        Severity::High,
        HIDDEN,
    ),
    (
        Kind::VariationSelectors,
        "variation-selectors",
        "Bytes in variation selectors",
        Severity::High,
        HIDDEN,
    ),
    (
        Kind::ZeroWidthBits,
        "zero-width-bits",
        "Bits in characters without a width",
        Severity::High,
        HIDDEN,
    ),
    (
        Kind::ZeroWidth,
        "zero-width",
        "Character without a width",
        Severity::Medium,
        HIDDEN,
    ),
    (
        Kind::BidiOverride,
        "bidi-override",
        "Direction of text overridden",
        Severity::High,
        HIDDEN,
    ),
    (
        Kind::BidiControl,
        "bidi-control",
        "Mark of direction without need",
        Severity::Medium,
        HIDDEN,
    ),
    (
        Kind::SoftHyphen,
        "soft-hyphen",
        "Soft hyphens that hyphenate nothing",
        Severity::Low,
        HIDDEN,
    ),
    (
        Kind::Annotation,
        "annotation",
        "Interlinear annotation",
        Severity::Medium,
        HIDDEN,
    ),
    (
        Kind::Invisible,
        "invisible",
        "Character that nobody sees",
        Severity::Medium,
        HIDDEN,
    ),
    (
        Kind::Noncharacter,
        "noncharacter",
        "Code point that no text may hold",
        Severity::Low,
        None,
    ),
    (
        Kind::PrivateUse,
        "private-use",
        "Code point without a public meaning",
        Severity::Low,
        None,
    ),
    (
        Kind::StackedMarks,
        "stacked-marks",
        "More marks than a letter can carry",
        Severity::Low,
        None,
    ),
    (
        Kind::MixedScript,
        "mixed-script",
        "Word of several scripts",
        Severity::Medium,
        HIDDEN,
    ),
    (
        Kind::LookAlike,
        "look-alike",
        "Word that reads as one of another script",
        Severity::Medium,
        HIDDEN,
    ),
];

const HIDDEN: Option<&str> = Some("LLM01:2025");

impl Kind {
    /// Every kind, in order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(kind, ..)| *kind)
    }

    /// The id in findings.
    pub(crate) fn id(self) -> &'static str {
        TABLE.get(self as usize).map_or("", |(_, id, ..)| id)
    }

    /// What is proposed unless the settings say otherwise: what has no meaning to a reader goes,
    /// and what may have one to somebody stays.
    pub(crate) const fn operator(self) -> Operator {
        match self {
            Self::PrivateUse => Operator::Flag,
            _ => Operator::Strip,
        }
    }

    /// The rule for the manifest.
    pub(crate) fn rule(self) -> Rule {
        let (_, id, title, severity, category) =
            TABLE.get(self as usize).copied().unwrap_or(DEFAULT);
        let rule = Rule::new(id, title)
            .severity(severity)
            .window(u32::try_from(LOOK_BEHIND).unwrap_or(u32::MAX));
        match category {
            Some(category) => rule.category(category),
            None => rule,
        }
    }
}

const DEFAULT: (Kind, &str, &str, Severity, Option<&str>) =
    (Kind::Invisible, "", "", Severity::Medium, None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds() {
        for (place, (kind, id, ..)) in TABLE.iter().enumerate() {
            assert_eq!(*kind as usize, place);
            let named: Kind = serde_json::from_value((*id).into()).unwrap();
            assert_eq!(named, *kind);
        }
    }
}
