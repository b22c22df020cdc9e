//! The trait that a plugin implements.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Context, Data, Error, Manifest, Report, Segment, state};

/// A detector: text and context in, findings out. It never decides.
///
/// [`configure`](Self::configure) runs once; the sandbox is snapshotted afterwards, so everything
/// that takes time to build belongs there. Every [`inspect`](Self::inspect) runs in a new sandbox
/// that starts from the snapshot: what it writes to memory is gone when it returns.
pub trait Plugin: Sized + Send + Sync + 'static {
    /// What the operator may set. Its JSON Schema goes into the manifest; unknown keys are refused.
    type Settings: DeserializeOwned + JsonSchema + Default;

    /// What the plugin says of itself under these settings.
    fn manifest(settings: &Self::Settings) -> Manifest;

    /// Builds the plugin. `data` answers only here.
    ///
    /// # Errors
    /// Where the settings make no sense: name the key and say what would.
    fn configure(settings: Self::Settings, data: &Data) -> Result<Self, Error>;

    /// Looks at the segments of one stage.
    ///
    /// # Errors
    /// Where the plugin cannot judge. The host treats that as a fault.
    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error>;
}

/// What a plugin is asked to look at.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// What is known of the exchange.
    pub context: &'a Context,
    /// The segments of the kinds that the manifest names.
    pub segments: &'a [Segment],
    pub(crate) state: &'a [u8],
}

impl Call<'_> {
    /// What this plugin handed over at its last call in the same exchange, or the default.
    ///
    /// # Errors
    /// Where the state is not of this type.
    pub fn state<T: DeserializeOwned + Default>(&self) -> Result<T, Error> {
        state::decode(self.state)
    }

    /// Whether this plugin has handed over anything yet.
    pub fn has_state(&self) -> bool {
        !self.state.is_empty()
    }
}
