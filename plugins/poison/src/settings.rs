//! What the operator may set.

use caponier_sdk::Error;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the operator may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rules that are not looked for, by id: `source-mix`.
    pub disable: Vec<String>,
    /// Names of tools that search: their results are documents like those that come as such. Those
    /// of other tools are looked through for hidden text and gibberish only.
    pub search_tools: Vec<String>,
    /// Sources (the attribute `source`) that are above suspicion.
    pub trusted_sources: Vec<String>,
    /// In how many documents a sign of the whole set is looked for, at least.
    pub min_documents: usize,
    /// The attribute that says where a document is from.
    pub source_attribute: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            disable: Vec::new(),
            search_tools: Vec::new(),
            trusted_sources: Vec::new(),
            min_documents: 3,
            source_attribute: "source".into(),
        }
    }
}

impl Settings {
    /// What makes no sense in them.
    pub(crate) fn check(&self, rules: &[&str]) -> Result<(), Error> {
        for (at, id) in self.disable.iter().enumerate() {
            if !rules.contains(&id.as_str()) {
                return Err(Error::new(format!(
                    "settings.disable[{at}]: there is no rule `{id}`; hint: one of {}",
                    rules.join(", ")
                )));
            }
        }
        if !(3..=64).contains(&self.min_documents) {
            return Err(Error::new(format!(
                "settings.min_documents: {} is not between 3 and 64; hint: leave it out for 3",
                self.min_documents
            )));
        }
        if self.source_attribute.is_empty() {
            return Err(Error::new(
                "settings.source_attribute: it is empty; hint: leave it out for `source`",
            ));
        }
        Ok(())
    }
}
