//! What a plugin says of itself.

use crate::bindings::caponier::policy::types as wit;
use crate::{Kind, Scope, Severity, Stage};

/// One thing a plugin can find.
///
/// # Example
///
/// ```
/// use caponier_sdk::{Rule, Severity};
///
/// let rule = Rule::new("badge", "Staff badge number")
///     .severity(Severity::High)
///     .category("LLM02:2025")
///     // `BADGE-` and six digits, with a byte to either side that shows where it ends.
///     .window(14);
/// // What findings name.
/// assert_eq!(rule.id(), "badge");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    pub(crate) category: Option<String>,
    pub(crate) window: Option<u32>,
}

impl Rule {
    /// A rule with an id in kebab-case, and a title for people. Its severity is medium.
    ///
    /// See the [example](Self#example).
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            severity: Severity::Medium,
            category: None,
            window: None,
        }
    }

    /// How bad its findings are unless they say otherwise.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Its entry in the OWASP Top 10 for LLM Applications: `LLM02:2025`.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.category = Some(category.into());
        self
    }

    /// The most bytes of text that decide a match. In a stream the host shows at least this much
    /// of what it has released. Without a window the whole segment decides.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn window(mut self, bytes: u32) -> Self {
        self.window = Some(bytes);
        self
    }

    /// The id.
    ///
    /// See the [example](Self#example).
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// What a plugin says of itself.
///
/// # Example
///
/// ```
/// use caponier_sdk::{Kind, Manifest, Rule, Scope, Stage};
///
/// let manifest = Manifest::new("badge", env!("CARGO_PKG_VERSION"), "Staff badge numbers.")
///     .stages([Stage::Prompt, Stage::Output])
///     .kinds([Kind::Text, Kind::ToolCall])
///     // It counts badges over several segments.
///     .scope(Scope::Stage)
///     .rule(Rule::new("badge", "Badge number").window(14))
///     // One for each country that the settings name.
///     .rules(["de", "fr"].map(|code| Rule::new(format!("badge-{code}"), "Badge number").window(20)))
///     .attribute("homepage", "https://example.org/badge");
/// // How much a stream must show again, at most.
/// assert_eq!(manifest.largest_window(), 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    pub(crate) stages: Vec<Stage>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) scope: Scope,
    pub(crate) rules: Vec<Rule>,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Manifest {
    /// A manifest for all stages, all kinds but `structured`, and findings that depend on their
    /// segment alone.
    ///
    /// See the [example](Self#example).
    pub fn new(
        name: impl Into<String>,
        version: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            description: description.into(),
            stages: Stage::ALL.to_vec(),
            kinds: Kind::ALL
                .iter()
                .copied()
                .filter(|kind| *kind != Kind::Structured)
                .collect(),
            scope: Scope::Segment,
            rules: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The stages it can work in.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn stages(mut self, stages: impl IntoIterator<Item = Stage>) -> Self {
        self.stages = stages.into_iter().collect();
        self
    }

    /// The kinds of segments it wants to see.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// What its findings depend on.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Adds a rule.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Adds rules.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn rules(mut self, rules: impl IntoIterator<Item = Rule>) -> Self {
        self.rules.extend(rules);
        self
    }

    /// Adds an attribute.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// The largest window that any rule declares, in bytes.
    ///
    /// See the [example](Self#example).
    pub fn largest_window(&self) -> usize {
        self.rules
            .iter()
            .filter_map(|rule| rule.window)
            .max()
            .unwrap_or(0) as usize
    }

    pub(crate) fn into_wit(self, settings_schema: String) -> wit::Manifest {
        wit::Manifest {
            name: self.name,
            version: self.version,
            description: self.description,
            stages: self.stages.into_iter().map(Into::into).collect(),
            kinds: self.kinds.into_iter().map(Into::into).collect(),
            scope: self.scope.into(),
            rules: self
                .rules
                .into_iter()
                .map(|rule| wit::Rule {
                    id: rule.id,
                    title: rule.title,
                    severity: rule.severity.into(),
                    category: rule.category,
                    window: rule.window,
                })
                .collect(),
            settings_schema,
            attributes: self.attributes,
        }
    }
}
