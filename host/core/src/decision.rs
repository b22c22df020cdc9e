//! What Rego makes of what was found.

use std::collections::BTreeMap;

use crate::segment::words;

words! {
    /// What happens to the text. Later values are stronger.
    Action {
        /// It passes.
        Allow = "allow",
        /// It passes, and is marked.
        Flag = "flag",
        /// Parts of it are replaced.
        Redact = "redact",
        /// It does not pass.
        Deny = "deny",
    }
}

words! {
    /// Whether a plugin, a rule or a revision acts.
    Mode {
        /// It acts.
        Enforce = "enforce",
        /// It only says what it would have done.
        Monitor = "monitor",
    }
}

words! {
    /// What a plugin's fault means.
    OnError {
        /// The text does not pass.
        Deny = "deny",
        /// The text passes without this plugin's verdict; coverage says so.
        Allow = "allow",
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub action: Action,
    /// Why, in the policy author's words.
    pub reason: String,
    /// Ids of the findings to redact. `None`: every finding whose own action is redact.
    pub redact: Option<Vec<String>>,
    /// Ids of the segments to drop.
    pub drop: Vec<u32>,
    /// Names of the plugins whose edits are not applied.
    pub refuse_edits: Vec<String>,
    /// Request fields to set: name, and value as JSON text.
    pub set: Vec<(String, String)>,
    /// Request fields to take out.
    pub unset: Vec<String>,
    /// Labels that stay with the exchange.
    pub labels: BTreeMap<String, String>,
    /// The HTTP status of a denial, where the policy names one.
    pub status: Option<u16>,
}

impl Decision {
    /// A decision with nothing but an action and a reason.
    pub fn new(action: Action, reason: impl Into<String>) -> Self {
        Self {
            action,
            reason: reason.into(),
            redact: None,
            drop: Vec::new(),
            refuse_edits: Vec::new(),
            set: Vec::new(),
            unset: Vec::new(),
            labels: BTreeMap::new(),
            status: None,
        }
    }
}
