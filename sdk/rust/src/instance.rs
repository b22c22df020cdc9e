//! What stands between the exported functions and a plugin.

use std::sync::OnceLock;

use crate::bindings::caponier::policy::types as wit;
use crate::{Call, Context, Data, Error, Manifest, Plugin, Report, Segment, settings};

/// One plugin in one sandbox: empty, then configured.
pub struct Instance<P> {
    configured: OnceLock<(P, Manifest)>,
}

impl<P: Plugin> Default for Instance<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Plugin> Instance<P> {
    /// An instance that is not configured yet.
    pub const fn new() -> Self {
        Self {
            configured: OnceLock::new(),
        }
    }

    /// `guard.describe`
    pub fn describe(&self) -> wit::Manifest {
        let manifest = match self.configured.get() {
            Some((_, manifest)) => manifest.clone(),
            None => P::manifest(&P::Settings::default()),
        };
        manifest.into_wit(settings_schema::<P>())
    }

    /// `guard.configure`
    pub fn configure(&self, json: &str) -> Result<(), String> {
        self.configure_with(json, &Data::default())
            .map_err(|error| error.to_string())
    }

    pub(crate) fn configure_with(&self, json: &str, data: &Data) -> Result<(), Error> {
        let settings: P::Settings = settings::parse(json)?;
        let manifest = P::manifest(&settings);
        let plugin = P::configure(settings, data)?;
        self.configured
            .set((plugin, manifest))
            .map_err(|_| Error::new("the plugin is configured already"))
    }

    /// `guard.inspect`
    pub fn inspect(
        &self,
        context: wit::Context,
        segments: Vec<wit::Segment>,
        state: &[u8],
    ) -> Result<wit::Report, String> {
        let context = Context::from(context);
        let segments: Vec<Segment> = segments.into_iter().map(Segment).collect();
        let report = self.inspect_with(&context, &segments, state);
        // What was made on first use is made: calls have nothing to keep from now on.
        #[cfg(target_family = "wasm")]
        if report.is_ok() {
            crate::allocator::open();
        }
        report.map_err(|error| error.to_string())
    }

    pub(crate) fn inspect_with(
        &self,
        context: &Context,
        segments: &[Segment],
        state: &[u8],
    ) -> Result<wit::Report, Error> {
        let Some((plugin, manifest)) = self.configured.get() else {
            return Err(Error::new("the plugin is not configured"));
        };
        let mut report = Report::new(&manifest.rules);
        plugin.inspect(
            &Call {
                context,
                segments,
                state,
            },
            &mut report,
        )?;
        Ok(report.raw)
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        self.configured.get().map(|(_, manifest)| manifest)
    }
}

fn settings_schema<P: Plugin>() -> String {
    schemars::schema_for!(P::Settings).as_value().to_string()
}
