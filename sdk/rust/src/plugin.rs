//! The trait that a plugin implements.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{Context, Data, Error, Manifest, Report, Segment, state};

/// A detector: text and context in, findings out. It never decides.
///
/// [`configure`](Self::configure) runs once; the sandbox is snapshotted afterwards, so everything
/// that takes time to build belongs there. Every [`inspect`](Self::inspect) runs in a new sandbox
/// that starts from the snapshot: what it writes to memory is gone when it returns.
///
/// # Example
///
/// ```
/// use caponier_sdk::testing::{Harness, Input, check_splits};
/// use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, hold};
///
/// #[derive(Default, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(default)]
/// struct Settings {
///     /// Names that must not go out.
///     names: Vec<String>,
/// }
///
/// struct Codenames {
///     names: Vec<String>,
///     longest: usize,
/// }
///
/// fn longest(names: &[String]) -> usize {
///     names.iter().map(String::len).max().unwrap_or(0)
/// }
///
/// impl Plugin for Codenames {
///     type Settings = Settings;
///
///     fn manifest(settings: &Settings) -> Manifest {
///         let window = longest(&settings.names) as u32;
///         Manifest::new("codenames", "1.0.0", "Names of projects.")
///             .rule(Rule::new("codename", "Name of a project").window(window))
///     }
///
///     fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
///         if settings.names.is_empty() {
///             return Err("settings.names: it is empty; hint: list what must not go out".into());
///         }
///         Ok(Self { longest: longest(&settings.names), names: settings.names })
///     }
///
///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
///         for segment in call.segments {
///             for name in &self.names {
///                 for (start, found) in segment.text().match_indices(name.as_str()) {
///                     report.finding("codename", segment).at(start..start + found.len());
///                 }
///             }
///             // In a stream: what may become a name must not go out yet.
///             let is_begun = |end: &str| self.names.iter().any(|name| name.starts_with(end));
///             let text = segment.text();
///             if let Some(start) = hold::growing(text, segment.is_open(), self.longest, is_begun) {
///                 report.hold(segment, start);
///             }
///         }
///         Ok(())
///     }
/// }
///
/// let plugin = || Harness::<Codenames>::new(r#"{ "names": ["bluebird"] }"#);
/// assert_eq!(plugin()?.prompt("When does bluebird start?")?.findings[0].span, Some(10..18));
/// // Wherever a stream is cut, nothing of a name goes out.
/// let streamed = check_splits(plugin, &Input::assistant(""), "Soon bluebird starts.")?;
/// assert_eq!(streamed.released, "Soon [codename] starts.");
/// assert!(Harness::<Codenames>::new("").is_err());
/// # Ok::<(), Error>(())
/// ```
pub trait Plugin: Sized + Send + Sync + 'static {
    /// What the operator may set. Its JSON Schema goes into the manifest; unknown keys are refused.
    ///
    /// See the [example](Self#example).
    type Settings: DeserializeOwned + JsonSchema + Default;

    /// What the plugin says of itself under these settings.
    ///
    /// See the [example](Self#example).
    fn manifest(settings: &Self::Settings) -> Manifest;

    /// Builds the plugin. `data` answers only here.
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where the settings make no sense: name the key and say what would.
    fn configure(settings: Self::Settings, data: &Data) -> Result<Self, Error>;

    /// Looks at the segments of one stage.
    ///
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where the plugin cannot judge. The host treats that as a fault.
    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error>;
}

/// What a plugin is asked to look at.
///
/// # Example
///
/// ```
/// # use caponier_sdk::testing::{Harness, Input};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule, Stage};
/// # struct Mine;
/// # impl Plugin for Mine {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("mine", "1.0.0", "Mine.").rule(Rule::new("badge", "Badge").window(14))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
///     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
///         // How many badge numbers the exchange has seen before.
///         let mut seen: u64 = call.state()?;
///         for segment in call.segments {
///             seen += segment.text().matches("BADGE-").count() as u64;
///             if seen > 2 && call.context.principal.is_none() {
///                 report.finding("badge", segment).message("many, and nobody says for whom");
///             }
///         }
///         // A first call that saw nothing leaves nothing behind.
///         if seen > 0 || call.has_state() {
///             report.set_state(&seen)?;
///         }
///         Ok(())
///     }
/// # }
/// let mut exchange = Harness::<Mine>::new("")?;
/// assert!(exchange.prompt("BADGE-123456 and BADGE-234567")?.findings.is_empty());
/// assert_eq!(exchange.prompt("and BADGE-345678")?.findings.len(), 1);
/// # Ok::<(), Error>(())
/// ```
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
    /// See the [example](Self#example).
    ///
    /// # Errors
    /// Where the state is not of this type.
    pub fn state<T: DeserializeOwned + Default>(&self) -> Result<T, Error> {
        state::decode(self.state)
    }

    /// Whether this plugin has handed over anything yet.
    ///
    /// See the [example](Self#example).
    pub fn has_state(&self) -> bool {
        !self.state.is_empty()
    }
}
