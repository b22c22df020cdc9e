//! What a plugin saw, checked against its manifest and placed in the whole segment.

use std::sync::Arc;

use crate::{Kind, Role, Severity, Span};

/// What a plugin saw.
#[derive(Clone, PartialEq)]
pub struct Finding {
    /// Stable within the exchange: `f1`. Empty until the finding is final.
    pub id: String,
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// The plugin's place in the chain: ties go to the earlier one.
    pub order: usize,
    /// The rule's full name: `pii/email`.
    pub rule: Arc<str>,
    /// OWASP entry of the rule.
    pub category: Option<Arc<str>>,
    /// How bad it is.
    pub severity: Severity,
    /// 0.0 to 1.0.
    pub confidence: f64,
    /// The segment's id.
    pub segment: u32,
    /// Where, in bytes of the whole segment. `None`: the segment as a whole.
    pub span: Option<Span>,
    /// The segment's role.
    pub role: Role,
    /// The segment's kind.
    pub kind: Kind,
    /// What to put in its place. `None`: the rule's name in brackets.
    pub replacement: Option<String>,
    /// Why, in the plugin's words. For a person with the right to see it; never recorded.
    pub message: String,
    /// In the plugin's words. Never recorded.
    pub attributes: Vec<(String, String)>,
    /// True where a part of it had been released before it was found.
    pub late: bool,
    /// True where it must not act.
    pub monitor: bool,
}

impl Finding {
    /// What stands in the text's place when it is redacted.
    pub fn replacement_text(&self) -> String {
        match &self.replacement {
            Some(text) => text.clone(),
            None => format!("[{}]", self.rule),
        }
    }
}

/// Leaves out everything a plugin was free to word.
impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} {:.2} @{}",
            self.rule, self.severity, self.confidence, self.segment
        )?;
        if let Some(span) = self.span {
            write!(f, "[{span:?}]")?;
        }
        if self.late {
            f.write_str(" late")?;
        }
        if self.monitor {
            f.write_str(" monitor")?;
        }
        Ok(())
    }
}

/// A change that a plugin asks for beside its findings, placed in the whole segment.
#[derive(Clone, PartialEq, Eq)]
pub struct AppliedEdit {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// The plugin's place in the chain.
    pub order: usize,
    /// The segment's id.
    pub segment: u32,
    /// Where, in bytes of the whole segment.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

impl std::fmt::Debug for AppliedEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} @{}[{:?}]", self.plugin, self.segment, self.span)
    }
}
