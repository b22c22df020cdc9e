//! When a plugin need not be called.

mod classes;

use classes::Class;

#[cfg(any(test, feature = "testing"))]
use crate::Segment;
use crate::{Kind, Manifest, Role, Stage};

const TEXT: &str = "trigger";
const CLASS: &str = "trigger-class";
const EXEMPT: &str = "trigger-exempt";
const ROLE: &str = "trigger-role";
const STATE: &str = "trigger-state";

impl Manifest {
    /// Says that nothing is found in a segment in which this text does not occur; of several, one has
    /// to occur. Letters of ASCII stand for both cases. The host then need not call the plugin for
    /// such a segment: most text has no links in it. In an open segment it may be still to come. A
    /// host takes 128 triggers, of at most 128 bytes each.
    ///
    /// ```
    /// use caponier_sdk::Manifest;
    ///
    /// let manifest = Manifest::new("links", "1.0.0", "Links.").trigger("://").trigger("url(");
    /// assert!(manifest.may_concern("see https://example.org"));
    /// assert!(manifest.may_concern("URL(a)"));
    /// assert!(!manifest.may_concern("nothing to see here"));
    /// ```
    #[must_use]
    pub fn trigger(self, text: impl Into<String>) -> Self {
        self.attribute(TEXT, text)
    }

    /// The same of sorts of characters and words. In full:
    ///
    /// - `digit`, of ASCII.
    /// - `control`: control characters of ASCII but for tab and line ends.
    /// - `non-ascii`.
    /// - `non-latin`: what is not in U+0000 to U+024F (U+0080 to U+009F and the soft hyphen are all
    ///   the same), U+2000 to U+200A, U+2010 to U+2027, U+202F to U+205F, U+20A0 to U+20CF or U+2190
    ///   to U+27BF: letters of other scripts, marks, emoji, what nobody sees.
    /// - `token`: sixteen or more of letters, digits and `_-+/=%@.:~` in a row, with a digit, a `_` or
    ///   a capital that is not the first; or twenty, whatever they are.
    /// - `assigned`: behind `=`, `:`, `>`, `",` or `',` a value of six characters or more that is
    ///   neither a word with one capital at most nor, below sixteen, all of one sort (capitals, small
    ///   letters, digits, signs). White space, quotes and up to three short words may stand between,
    ///   and line ends behind `>`. What a `(` follows is no value; unquoted it ends at brackets, `,`,
    ///   `;`, `&` and `|`.
    /// - `code`: one of ``<=>\_`{|}$&+``, a `;` behind anything but a letter or among the first four
    ///   bytes, a `(` behind a letter, a digit or `)`, a `%` before a letter or a digit.
    /// - `sql`: behind a quote, with blanks and brackets between, one of the words `or`, `and`, `xor`,
    ///   `where`, `having`, `rlike`, `order`, `group`, `select`, or `--`, `#`, `/*`; `select` behind
    ///   `(`; one of these words, or `drop`, `exec`, `execute`, `declare`, `shutdown`, as the first of
    ///   the text; a text without letters;
    /// - `reference`: a line that begins with `[label]:`, behind blanks and `>`.
    ///
    /// ```
    /// use caponier_sdk::Manifest;
    ///
    /// let concerns = |class: &str, text: &str| {
    ///     let manifest = Manifest::new("odd", "1.0.0", "Odd things.");
    ///     manifest.trigger_class(class).may_concern(text)
    /// };
    /// assert!(concerns("non-ascii", "na\u{ef}ve") && !concerns("non-ascii", "naive"));
    /// assert!(concerns("non-latin", "p\u{430}ypal") && !concerns("non-latin", "\u{201c}na\u{ef}ve\u{201d}"));
    /// assert!(concerns("token", "see AKIAQYLPMN5HFZAM for it") && !concerns("token", "responsibilities"));
    /// assert!(concerns("assigned", "pin: 'A1b2c3'") && !concerns("assigned", "Note: nothing, at 12:30"));
    /// assert!(concerns("code", "f(x)") && !concerns("code", "prose (of 12 %), \"quoted\""));
    /// assert!(concerns("sql", "x' or 1 is 1") && !concerns("sql", "it's this or that"));
    /// assert!(concerns("reference", "> [a]: //b.c") && !concerns("reference", "for a in b[:c]:"));
    /// ```
    #[must_use]
    pub fn trigger_class(self, class: impl Into<String>) -> Self {
        self.attribute(CLASS, class)
    }

    /// Says that triggers do not hold for segments of this kind: they are shown whatever stands in
    /// them.
    ///
    /// ```
    /// use caponier_sdk::{Kind, Manifest};
    ///
    /// // A tool's argument may be a host and nothing else.
    /// let manifest = Manifest::new("links", "1.0.0", "Links.")
    ///     .trigger("://")
    ///     .trigger_exempt(Kind::ToolCall);
    /// # let _ = manifest;
    /// ```
    #[must_use]
    pub fn trigger_exempt(self, kind: Kind) -> Self {
        self.attribute(EXEMPT, kind.as_str())
    }

    /// Says that in a prompt and in what is retrieved there is nothing to do, neither to find nor to
    /// keep for later, unless a segment that the plugin is shown has this role; of several, one has to
    /// be there.
    ///
    /// ```
    /// use caponier_sdk::{Manifest, Role};
    ///
    /// // It keeps the system prompt, and looks for it in the answer.
    /// let manifest = Manifest::new("echo", "1.0.0", "Echoes.").trigger_role(Role::System);
    /// # let _ = manifest;
    /// ```
    #[must_use]
    pub fn trigger_role(self, role: Role) -> Self {
        self.attribute(ROLE, role.as_str())
    }

    /// Says that in this stage there is nothing to do unless the plugin has handed back `state`
    /// before, in the same exchange.
    ///
    /// ```
    /// use caponier_sdk::{Manifest, Role, Stage};
    ///
    /// // Without a system prompt there is nothing that an answer could repeat.
    /// let manifest = Manifest::new("echo", "1.0.0", "Echoes.")
    ///     .trigger_role(Role::System)
    ///     .trigger_state(Stage::Output);
    /// # let _ = manifest;
    /// ```
    #[must_use]
    pub fn trigger_state(self, stage: Stage) -> Self {
        self.attribute(STATE, stage.as_str())
    }

    /// Whether something may be found in a whole text, by the texts and characters that it needs.
    ///
    /// See the [example](Self::trigger).
    pub fn may_concern(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        let mut has_any = false;
        for (name, value) in &self.attributes {
            let occurs = match (name.as_str(), value.as_str()) {
                (TEXT, trigger) => lower.contains(&trigger.to_ascii_lowercase()),
                (CLASS, class) => Class::parse(class).is_none_or(|class| class.occurs(text)),
                _ => continue,
            };
            if occurs {
                return true;
            }
            has_any = true;
        }
        !has_any
    }
}

/// What a host does with them.
#[cfg(any(test, feature = "testing"))]
impl Manifest {
    /// Whether a host shows this segment to the plugin.
    pub(crate) fn is_shown(&self, segment: &Segment) -> bool {
        segment.is_open()
            || segment.offset() > 0
            || self.has(EXEMPT, segment.kind().as_str())
            || self.may_concern(segment.text())
    }

    /// Whether a host calls the plugin in a stage.
    pub(crate) fn is_called(&self, stage: Stage, segments: &[Segment], has_state: bool) -> bool {
        let needs_state = self.has(STATE, stage.as_str());
        let needs_role =
            stage != Stage::Output && self.attributes.iter().any(|(name, _)| name == ROLE);
        let has_role = || {
            let mut shown = segments
                .iter()
                .filter(|segment| self.kinds.contains(&segment.kind()));
            shown.any(|segment| self.has(ROLE, segment.role().as_str()))
        };
        (has_state || !needs_state) && (!needs_role || has_role())
    }

    fn has(&self, name: &str, value: &str) -> bool {
        let mut attributes = self.attributes.iter();
        attributes.any(|(own, word)| own == name && word == value)
    }
}
