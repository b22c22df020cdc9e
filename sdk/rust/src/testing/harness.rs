//! One plugin, configured and called natively.

use crate::bindings::caponier::policy::types as wit;
use crate::instance::Instance;
use crate::testing::Outcome;
use crate::{Context, Data, Error, Kind, Manifest, Plugin, Role, Segment, Stage};

/// A segment to show to a plugin.
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
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, Kind::Text, text)
    }

    /// What the model said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, Kind::Text, text)
    }

    /// A document.
    pub fn document(text: impl Into<String>) -> Self {
        Self::new(Role::Document, Kind::Document, text)
    }

    /// Gives it another id.
    #[must_use]
    pub fn id(mut self, id: u32) -> Self {
        self.id = id;
        self
    }

    /// Gives it a name: the tool's, or the document's.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Shows it with what was noted of it before.
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
pub struct Harness<P> {
    instance: Instance<P>,
    /// What is known of the exchange. The stage is set by each call.
    pub context: Context,
    state: Vec<u8>,
}

impl<P: Plugin> Harness<P> {
    /// Configures the plugin with settings in JSON; an empty text stands for the default.
    ///
    /// # Errors
    /// Where the settings are refused.
    pub fn new(settings: &str) -> Result<Self, Error> {
        Self::with_data(settings, &Data::default())
    }

    /// As [`new`](Self::new), with files in the plugin's granted directory.
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
    pub fn manifest(&self) -> Manifest {
        self.instance
            .manifest()
            .cloned()
            .unwrap_or_else(|| P::manifest(&P::Settings::default()))
    }

    /// Ends the exchange: the next call begins with no state.
    pub fn forget(&mut self) {
        self.state.clear();
    }

    /// How many bytes of state are carried.
    pub fn state_bytes(&self) -> usize {
        self.state.len()
    }

    /// Shows closed segments in one call.
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
    /// # Errors
    /// Where the plugin fails, or reports what a host would refuse.
    pub fn prompt(&mut self, text: &str) -> Result<Outcome, Error> {
        self.inspect(Stage::Prompt, &[Input::user(text)])
    }

    pub(super) fn call(&mut self, stage: Stage, segments: &[Segment]) -> Result<Outcome, Error> {
        self.context.stage = stage;
        let report = self
            .instance
            .inspect_with(&self.context, segments, &self.state)?;
        if let Some(state) = &report.state {
            if state.len() > crate::state::MAX_BYTES {
                return Err(Error::new("the state is larger than a host carries"));
            }
            self.state.clone_from(state);
        }
        Outcome::checked(report, &self.manifest(), segments)
    }
}
