//! What the operator may set.

use caponier_sdk::normalise::fold;
use caponier_sdk::{Error, Role};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::canary::{self, letters};
use crate::prompt::GRAM;
use crate::tokens::Tokens;

/// Whose texts must not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// The application's instructions.
    System,
    /// The application's instructions, by their newer name.
    Developer,
}

impl Keeper {
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::System => Role::System,
            Self::Developer => Role::Developer,
        }
    }
}

/// What the operator may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Words that stand in the system prompt and nowhere else: 6 to 128 letters and digits, best
    /// random. Found in any answer, whatever the exchange's system prompt is.
    pub canaries: Vec<String>,
    /// Sentences of the system prompt that answers may have: slogans, notices, lines to say. At
    /// least four words each.
    pub ignore: Vec<String>,
    /// Whose texts must not come back.
    pub roles: Vec<Keeper>,
    /// How many words of the prompt in their order are reported, at least.
    pub min_words: u32,
    /// Whether other words for the same are looked for.
    pub paraphrase: bool,
    /// Whether descriptions of tools are kept like the system prompt.
    pub tool_descriptions: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            canaries: Vec::new(),
            ignore: Vec::new(),
            roles: vec![Keeper::System, Keeper::Developer],
            min_words: 6,
            paraphrase: true,
            tool_descriptions: false,
        }
    }
}

impl Settings {
    /// What makes no sense in them. No message repeats a canary.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.canaries.len() > canary::MOST {
            return Err(Error::new(format!(
                "settings.canaries: more than {}; hint: one for each application is enough",
                canary::MOST
            )));
        }
        for (at, canary) in self.canaries.iter().enumerate() {
            let count = letters(fold(canary).text()).count();
            if !(canary::SHORTEST..=canary::LONGEST).contains(&count) {
                return Err(Error::new(format!(
                    "settings.canaries[{at}]: it has {count} letters and digits; hint: use {} to {}, best random",
                    canary::SHORTEST,
                    canary::LONGEST
                )));
            }
        }
        for (at, sentence) in self.ignore.iter().enumerate() {
            if Tokens::new(fold(sentence).text()).count() < GRAM {
                return Err(Error::new(format!(
                    "settings.ignore[{at}]: it has less than {GRAM} words; hint: give the whole sentence, fewer words are never a finding"
                )));
            }
        }
        if self.roles.is_empty() {
            return Err(Error::new(
                "settings.roles: an empty list keeps nothing; hint: leave the key out for `system` and `developer`",
            ));
        }
        if !(GRAM as u32..=100).contains(&self.min_words) {
            return Err(Error::new(format!(
                "settings.min_words: {} is not between {GRAM} and 100; hint: leave it out for 6",
                self.min_words
            )));
        }
        Ok(())
    }
}
