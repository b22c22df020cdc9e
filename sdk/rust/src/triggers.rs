//! When a plugin need not be called.

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

    /// The same of sorts of characters: `non-ascii`, `control` (in ASCII, no white space) or `digit`
    /// (in ASCII).
    ///
    /// ```
    /// use caponier_sdk::Manifest;
    ///
    /// let manifest = Manifest::new("letters", "1.0.0", "Odd letters.").trigger_class("non-ascii");
    /// assert!(manifest.may_concern("na\u{ef}ve"));
    /// assert!(!manifest.may_concern("naive"));
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
        let is_control =
            |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
        let lower = text.to_ascii_lowercase();
        let mut has_any = false;
        for (name, value) in &self.attributes {
            let occurs = match (name.as_str(), value.as_str()) {
                (TEXT, trigger) => lower.contains(&trigger.to_ascii_lowercase()),
                (CLASS, "non-ascii") => !text.is_ascii(),
                (CLASS, "control") => text.bytes().any(is_control),
                (CLASS, "digit") => text.bytes().any(|byte| byte.is_ascii_digit()),
                (CLASS, _) => true,
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
