//! The `actions:` table: what each rule's findings ask for.

use caponier_core::{Action, Finding, Mode, Role, Segment, Severity, Stage};
use regorus::Value;

use crate::glob::Glob;

/// The actions that come with the product, as JSON: the thresholds are frozen here.
const SHIPPED: &str = include_str!("../../../policies/default-actions.json");

/// How far the origin of a text is trusted: its segment's attribute `trust`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The application vouches for it.
    Trusted,
    /// It comes from elsewhere. What no one vouches for is untrusted.
    Untrusted,
}

impl Trust {
    /// The one spelling of this value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
        }
    }

    /// Reads a value from its spelling.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "trusted" => Some(Self::Trusted),
            "untrusted" => Some(Self::Untrusted),
            _ => None,
        }
    }
}

/// What the findings of a set of rules ask for, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRule {
    /// The action.
    pub action: Action,
    /// Findings below it ask for `allow`.
    pub min_confidence: f64,
    /// Findings below `min_confidence` ask for `flag` from here on. `None`: none do.
    pub flag_confidence: Option<f64>,
    /// Findings below it ask for `allow`.
    pub min_severity: Severity,
    /// Findings in other stages ask for `allow`. `None`: all stages.
    pub stages: Option<Vec<Stage>>,
    /// Findings in segments of other roles ask for `allow`. `None`: all roles.
    pub roles: Option<Vec<Role>>,
    /// Findings in segments of other trust ask for `allow`. `None`: any trust.
    pub trust: Option<Vec<Trust>>,
    /// `monitor`: the findings only show what would have been done.
    pub mode: Mode,
}

impl ActionRule {
    /// An action without conditions.
    pub fn new(action: Action) -> Self {
        Self {
            action,
            min_confidence: 0.0,
            flag_confidence: None,
            min_severity: Severity::Info,
            stages: None,
            roles: None,
            trust: None,
            mode: Mode::Enforce,
        }
    }

    /// What a finding asks for.
    fn asks(&self, finding: &Finding, place: Place) -> Action {
        // A confidence that is not a number fails every comparison, and must not pass as low.
        let reaches = |least: f64| finding.confidence.is_nan() || finding.confidence >= least;
        if !self.concerns(finding, place) {
            Action::Allow
        } else if reaches(self.min_confidence) {
            self.action
        } else if self.flag_confidence.is_some_and(reaches) {
            Action::Flag
        } else {
            Action::Allow
        }
    }

    fn concerns(&self, finding: &Finding, place: Place) -> bool {
        finding.severity >= self.min_severity
            && self
                .stages
                .as_ref()
                .is_none_or(|stages| stages.contains(&place.stage))
            && self
                .roles
                .as_ref()
                .is_none_or(|roles| roles.contains(&finding.role))
            && self
                .trust
                .as_ref()
                .is_none_or(|trust| trust.contains(&place.trust))
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionEntry {
    /// Which rules: `pii/email`, `pii/*`, `*`.
    pub glob: String,
    /// What their findings ask for.
    pub rule: ActionRule,
}

/// Where a finding was made, beside what it says itself.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The stage.
    pub stage: Stage,
    /// How far the segment is trusted.
    pub trust: Trust,
}

impl Place {
    /// The place of a finding in one of these segments.
    pub fn of(stage: Stage, finding: &Finding, segments: &[Segment]) -> Self {
        // Ids go up in a stage. Where they do not, or there is none, all of them are looked at.
        let place = segments.binary_search_by_key(&finding.segment, |segment| segment.id);
        let segment = match place {
            Ok(place) => segments.get(place),
            Err(_) => segments
                .iter()
                .find(|segment| segment.id == finding.segment),
        };
        let word =
            segment.and_then(|segment| segment.attributes.iter().find(|(name, _)| name == "trust"));
        let trust = word
            .and_then(|(_, word)| Trust::parse(word))
            .unwrap_or(Trust::Untrusted);
        Self { stage, trust }
    }
}

/// What one finding asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The action: `allow` where a condition of the table does not hold.
    pub action: Action,
    /// The action that the table names for the rule, whatever its conditions.
    pub configured: Action,
    /// Whether the table only monitors this rule.
    pub monitor: bool,
}

/// Why a table cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// Two globs of which neither is more specific.
    #[error(
        "actions `{first}` and `{second}` cover the same rules and neither is more specific\n\
         hint: name the rule itself, or make one of the two longer before its `*`"
    )]
    Tie {
        /// The one that comes first.
        first: String,
        /// The one that comes later.
        second: String,
    },
    /// The same glob twice.
    #[error("action `{glob}` is there twice\nhint: keep one of the two")]
    Duplicate {
        /// The glob.
        glob: String,
    },
    /// A confidence that no finding can be compared with.
    #[error(
        "action `{glob}`: flag_confidence and min_confidence must lie between 0 and 1, in this order"
    )]
    Confidence {
        /// The glob.
        glob: String,
    },
    /// A glob that can never match a rule.
    #[error(
        "action `{glob}` covers no rule\nhint: rules are named `plugin/rule`; `plugin/*` covers all of a plugin's"
    )]
    NoRule {
        /// The glob.
        glob: String,
    },
}

#[derive(Clone, Debug)]
struct Line {
    glob: Glob,
    rule: ActionRule,
    shipped: bool,
}

/// The `actions:` table, with the most specific glob first.
#[derive(Clone, Debug)]
pub struct Actions {
    lines: Vec<Line>,
}

impl Actions {
    /// The table that comes with the product.
    pub fn shipped() -> Self {
        // The text is a part of this crate and a test reads it; were it ever broken, everything
        // would ask for `deny`, for want of a line that says otherwise.
        Self {
            lines: sorted(shipped_lines().unwrap_or_default()),
        }
    }

    /// The shipped table with the operator's lines on top.
    ///
    /// A line replaces the shipped line of the same glob, and wins over a shipped one that is just
    /// as specific.
    ///
    /// # Errors
    /// The first line that cannot be used, or two that tie.
    pub fn with_shipped(entries: Vec<ActionEntry>) -> Result<Self, ActionError> {
        let own = Self::only(entries)?;
        let mut lines = own.lines;
        for line in shipped_lines().unwrap_or_default() {
            if !lines.iter().any(|other| other.glob == line.glob) {
                lines.push(line);
            }
        }
        Ok(Self {
            lines: sorted(lines),
        })
    }

    /// A table of these lines alone. Rules that none of them covers ask for `deny`.
    ///
    /// # Errors
    /// The first line that cannot be used, or two that tie.
    pub fn only(entries: Vec<ActionEntry>) -> Result<Self, ActionError> {
        let mut lines: Vec<Line> = Vec::with_capacity(entries.len());
        for ActionEntry { glob, rule } in entries {
            let flagged = rule.flag_confidence.unwrap_or(rule.min_confidence);
            if !(0.0..=1.0).contains(&rule.min_confidence)
                || !(0.0..=rule.min_confidence).contains(&flagged)
            {
                return Err(ActionError::Confidence { glob });
            }
            let new = Glob::new(&glob);
            if !new.intersects(&Glob::new("?*/?*")) {
                return Err(ActionError::NoRule { glob });
            }
            for line in &lines {
                if line.glob == new {
                    return Err(ActionError::Duplicate { glob });
                }
                let equally_specific = line.glob.is_exact() == new.is_exact()
                    && line.glob.literal_prefix() == new.literal_prefix();
                if equally_specific && line.glob.intersects(&new) {
                    return Err(ActionError::Tie {
                        first: line.glob.as_str().to_owned(),
                        second: glob,
                    });
                }
            }
            lines.push(Line {
                glob: new,
                rule,
                shipped: false,
            });
        }
        Ok(Self {
            lines: sorted(lines),
        })
    }

    /// The line that counts for a rule.
    pub fn rule(&self, name: &str) -> Option<&ActionRule> {
        self.lines
            .iter()
            .find(|line| line.glob.matches(name))
            .map(|line| &line.rule)
    }

    /// What a finding asks for.
    pub fn resolve(&self, finding: &Finding, place: Place) -> Resolved {
        match self.rule(&finding.rule) {
            Some(rule) => Resolved {
                action: rule.asks(finding, place),
                configured: rule.action,
                monitor: rule.mode == Mode::Monitor,
            },
            None => Resolved {
                action: Action::Deny,
                configured: Action::Deny,
                monitor: false,
            },
        }
    }

    /// Marks the findings of rules that only monitor. To be called before any decision.
    pub fn mark(&self, findings: &mut [Finding]) {
        for finding in findings {
            finding.monitor |= self
                .rule(&finding.rule)
                .is_some_and(|rule| rule.mode == Mode::Monitor);
        }
    }

    /// The lines, the most specific first.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &ActionRule)> {
        self.lines
            .iter()
            .map(|line| (line.glob.as_str(), &line.rule))
    }

    /// The table as `data.caponier.actions`: glob to a whole rule.
    pub(crate) fn to_value(&self) -> Value {
        let words =
            |words: Vec<&str>| Value::from(words.into_iter().map(Value::from).collect::<Vec<_>>());
        let mut table = Value::new_object();
        for (glob, rule) in self.entries() {
            let mut line = Value::new_object();
            let Ok(object) = line.as_object_mut() else {
                continue;
            };
            object.insert("action".into(), rule.action.as_str().into());
            object.insert("min_confidence".into(), rule.min_confidence.into());
            if let Some(least) = rule.flag_confidence {
                object.insert("flag_confidence".into(), least.into());
            }
            object.insert("min_severity".into(), rule.min_severity.as_str().into());
            object.insert("mode".into(), rule.mode.as_str().into());
            if let Some(stages) = &rule.stages {
                object.insert(
                    "stages".into(),
                    words(stages.iter().map(|stage| stage.as_str()).collect()),
                );
            }
            if let Some(roles) = &rule.roles {
                object.insert(
                    "roles".into(),
                    words(roles.iter().map(|role| role.as_str()).collect()),
                );
            }
            if let Some(trust) = &rule.trust {
                object.insert(
                    "trust".into(),
                    words(trust.iter().map(|trust| trust.as_str()).collect()),
                );
            }
            if let Ok(table) = table.as_object_mut() {
                table.insert(glob.into(), line);
            }
        }
        table
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::shipped()
    }
}

fn sorted(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| {
        (
            !line.glob.is_exact(),
            std::cmp::Reverse(line.glob.literal_prefix()),
            line.shipped,
        )
    });
    lines
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ShippedRule {
    action: String,
    min_confidence: Option<f64>,
    flag_confidence: Option<f64>,
    min_severity: Option<String>,
    stages: Option<Vec<String>>,
}

fn shipped_lines() -> Option<Vec<Line>> {
    let table: std::collections::BTreeMap<String, ShippedRule> =
        serde_json::from_str(SHIPPED).ok()?;
    table
        .into_iter()
        .map(|(glob, shipped)| {
            let mut rule = ActionRule::new(Action::parse(&shipped.action)?);
            rule.min_confidence = shipped.min_confidence.unwrap_or(0.0);
            rule.flag_confidence = shipped.flag_confidence;
            if let Some(word) = shipped.min_severity {
                rule.min_severity = Severity::parse(&word)?;
            }
            if let Some(stages) = shipped.stages {
                rule.stages = Some(
                    stages
                        .iter()
                        .map(|word| Stage::parse(word))
                        .collect::<Option<_>>()?,
                );
            }
            Some(Line {
                glob: Glob::new(&glob),
                rule,
                shipped: true,
            })
        })
        .collect()
}
