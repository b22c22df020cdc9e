//! One plugin, configured and called natively.

use crate::bindings::caponier::policy::types as wit;
use crate::instance::Instance;
use crate::testing::Outcome;
use crate::{Context, Data, Error, Kind, Manifest, Plugin, Role, Segment, Stage};

/// A segment to show to a plugin.
///
/// # Example
///
/// ```
/// use caponier_sdk::testing::Input;
/// use caponier_sdk::{Kind, Role};
///
/// // What an agent sends: its history, a tool's answer, and what it has looked up.
/// let segments = [
///     Input::user("Who is on call?").id(0),
///     Input::assistant("I will look.").id(1).note([1]),
///     Input::new(Role::Tool, Kind::ToolResult, "Ann").id(2).name("directory"),
///     Input::document("Ann, 555-0100").id(3).name("oncall.txt").attribute("trust", "low"),
/// ];
/// assert!(segments.iter().map(|input| input.id).eq(0..4));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The segment's id.
    pub id: u32,
    /// Who it speaks for.
    pub role: Role,
    /// What sort of text it is.
    pub kind: Kind,
    /// The tool's name, or the document's.
    pub name: Option<String>,
    /// The text.
    pub text: String,
    /// Provenance and labels.
    pub attributes: Vec<(String, String)>,
    /// What was noted of it before.
    pub note: Vec<u8>,
}

impl Input {
    /// A closed segment with the id 0.
    ///
    /// See the [example](Self#example).
    pub fn new(role: Role, kind: Kind, text: impl Into<String>) -> Self {
        Self {
            id: 0,
            role,
            kind,
            name: None,
            text: text.into(),
            attributes: Vec::new(),
            note: Vec::new(),
        }
    }

    /// What a user wrote.
    ///
    /// See the [example](Self#example).
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, Kind::Text, text)
    }

    /// What the model said.
    ///
    /// See the [example](Self#example).
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, Kind::Text, text)
    }

    /// A document.
    ///
    /// See the [example](Self#example).
    pub fn document(text: impl Into<String>) -> Self {
        Self::new(Role::Document, Kind::Document, text)
    }

    /// Gives it another id.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn id(mut self, id: u32) -> Self {
        self.id = id;
        self
    }

    /// Gives it a name: the tool's, or the document's.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
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

    /// Shows it with what was noted of it before.
    ///
    /// See the [example](Self#example).
    #[must_use]
    pub fn note(mut self, note: impl Into<Vec<u8>>) -> Self {
        self.note = note.into();
        self
    }

    pub(crate) fn segment(&self, text: &str, offset: usize, settled: usize, open: bool) -> Segment {
        Segment(wit::Segment {
            id: self.id,
            role: self.role.into(),
            kind: self.kind.into(),
            name: self.name.clone(),
            text: text.to_owned(),
            offset: offset as u64,
            settled: u32::try_from(settled).unwrap_or(u32::MAX),
            open,
            attributes: self.attributes.clone(),
            note: self.note.clone(),
        })
    }
}

/// One plugin, configured and called natively. Its state is carried from call to call: one
/// harness is one exchange.
///
/// # Example
///
/// ```
/// use caponier_sdk::testing::{Harness, Input};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Stage};
/// # struct Badges;
/// # impl Plugin for Badges {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge").window(12))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
/// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
/// #         for segment in call.segments {
/// #             for (start, _) in segment.text().match_indices("BADGE-") {
/// #                 report.finding("badge", segment).at(start..start + 12);
/// #             }
/// #             for start in 0..segment.text().len() {
/// #                 let end = &segment.text()[start..];
/// #                 if end.len() < 12 && (end.starts_with("BADGE-") || "BADGE-".starts_with(end)) {
/// #                     report.hold(segment, start);
/// #                 }
/// #             }
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// let mut exchange = Harness::<Badges>::new("")?;
/// assert_eq!(exchange.manifest().largest_window(), 12);
/// exchange.context.tenant = Some("acme".into());
///
/// let outcome = exchange.prompt("I am BADGE-123456.")?;
/// assert_eq!(outcome.findings[0].rule, "badge");
/// let documents = [Input::document("BADGE-234567 is Ann's").id(1), Input::document("nothing").id(2)];
/// let outcome = exchange.inspect(Stage::Retrieval, &documents)?;
/// assert_eq!(outcome.findings[0].segment, 1);
///
/// // This plugin remembers nothing; one that does is asked as if for the first time.
/// assert_eq!(exchange.state_bytes(), 0);
/// exchange.forget();
/// # Ok::<(), Error>(())
/// ```
pub struct Harness<P> {
    instance: Instance<P>,
    /// What is known of the exchange. The stage is set by each call.
    pub context: Context,
    state: Vec<u8>,
}

impl<P: Plugin> Harness<P> {
    /// Configures the plugin with settings in JSON; an empty text stands for the default.
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where the settings are refused.
    pub fn new(settings: &str) -> Result<Self, Error> {
        Self::with_data(settings, &Data::default())
    }

    /// As [`new`](Self::new), with files in the plugin's granted directory.
    ///
    /// ```
    /// use caponier_sdk::testing::Harness;
    /// use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
    ///
    /// struct Codenames(Vec<String>);
    ///
    /// impl Plugin for Codenames {
    ///     type Settings = ();
    ///     fn configure((): (), data: &Data) -> Result<Self, Error> {
    ///         let list = String::from_utf8_lossy(&data.read("names.txt")?).into_owned();
    ///         Ok(Self(list.lines().map(str::to_owned).collect()))
    ///     }
    ///     // …
    /// #     fn manifest((): &()) -> Manifest {
    /// #         Manifest::new("codenames", "1.0.0", "Names.").rule(Rule::new("codename", "Name"))
    /// #     }
    /// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
    /// #         for segment in call.segments {
    /// #             if self.0.iter().any(|name| segment.text().contains(name.as_str())) {
    /// #                 report.finding("codename", segment);
    /// #             }
    /// #         }
    /// #         Ok(())
    /// #     }
    /// }
    ///
    /// let data = Data::from_files([("names.txt".to_owned(), b"bluebird\n".to_vec())]);
    /// let mut plugin = Harness::<Codenames>::with_data("", &data)?;
    /// assert_eq!(plugin.prompt("When does bluebird start?")?.findings.len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the settings are refused.
    pub fn with_data(settings: &str, data: &Data) -> Result<Self, Error> {
        let instance = Instance::new();
        instance.configure_with(settings, data)?;
        let context = Context {
            exchange: "test".into(),
            seed: 0x5eed_cafe_f00d_0001,
            ..Context::default()
        };
        Ok(Self {
            instance,
            context,
            state: Vec::new(),
        })
    }

    /// The manifest under these settings.
    ///
    /// See the [example](Self#example).
    pub fn manifest(&self) -> Manifest {
        self.instance
            .manifest()
            .cloned()
            .unwrap_or_else(|| P::manifest(&P::Settings::default()))
    }

    /// Ends the exchange: the next call begins with no state.
    ///
    /// See the [example](Self#example).
    pub fn forget(&mut self) {
        self.state.clear();
    }

    /// How many bytes of state are carried.
    ///
    /// See the [example](Self#example).
    pub fn state_bytes(&self) -> usize {
        self.state.len()
    }

    /// Shows closed segments in one call.
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where the plugin fails, or reports what a host would refuse.
    pub fn inspect(&mut self, stage: Stage, inputs: &[Input]) -> Result<Outcome, Error> {
        let segments: Vec<Segment> = inputs
            .iter()
            .map(|input| input.segment(&input.text, 0, 0, false))
            .collect();
        self.call(stage, &segments)
    }

    /// Shows one text that a user wrote.
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where the plugin fails, or reports what a host would refuse.
    pub fn prompt(&mut self, text: &str) -> Result<Outcome, Error> {
        self.inspect(Stage::Prompt, &[Input::user(text)])
    }

    pub(super) fn call(&mut self, stage: Stage, segments: &[Segment]) -> Result<Outcome, Error> {
        self.context.stage = stage;
        let is_called = self
            .manifest()
            .is_called(stage, segments, !self.state.is_empty());
        let report = self
            .instance
            .inspect_with(&self.context, segments, &self.state)?;
        let says_nothing = report.findings.is_empty()
            && report.edits.is_empty()
            && report.holds.is_empty()
            && report.skipped.is_empty()
            && report.state.is_none();
        if !is_called && !says_nothing {
            return Err(Error::new(
                "it has something to say where the role or the state is missing that its manifest \
                 asks for, so a host would not have called it",
            ));
        }
        if let Some(state) = &report.state {
            if state.len() > crate::state::MAX_BYTES {
                return Err(Error::new("the state is larger than a host carries"));
            }
            self.state.clone_from(state);
        }
        Outcome::checked(report, &self.manifest(), segments)
    }
}
