//! The policy of a revision: what both hosts share, with plugins that run in sandboxes of this
//! process.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use caponier_component::{Call, Plugin};
use caponier_core::{Exchange, Fault, PluginSpec, Report, Scope};
use caponier_decide::{GuestCall, Guests};

use crate::findings::{self, Findings};
use crate::seal::{SealError, Sealer};

/// One plugin of a revision.
pub struct Loaded {
    /// What the sandbox runs.
    pub plugin: Plugin,
    /// What the chain knows of it.
    pub spec: Arc<PluginSpec>,
    /// Where it came from.
    pub source: String,
    /// Digest over component, settings, data and grants: what was found under one is not reused
    /// under another.
    pub(crate) identity: findings::Key,
}

/// The plugins of a revision, each call in a sandbox of its own.
pub struct Sandboxes {
    pub(crate) plugins: Vec<Arc<Loaded>>,
    pub(crate) known: Arc<Findings>,
}

/// What a revision decides with.
pub struct Policy {
    pub(crate) inner: caponier_decide::Policy<Sandboxes>,
    pub(crate) sealer: Sealer,
}

impl Deref for Policy {
    type Target = caponier_decide::Policy<Sandboxes>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl Policy {
    /// The plugins, in chain order.
    pub fn plugins(&self) -> impl Iterator<Item = &Loaded> {
        self.inner.guests().plugins.iter().map(Arc::as_ref)
    }

    /// Makes a text of an exchange that only this revision of this process can read.
    ///
    /// # Errors
    /// [`SealError::Failed`], where the system gives no randomness.
    pub fn seal(&self, exchange: &Exchange) -> Result<String, SealError> {
        self.sealer.seal(exchange)
    }

    /// The exchange in a text that [`Policy::seal`] made.
    ///
    /// # Errors
    /// [`SealError::Foreign`] for any other text.
    pub fn unseal(&self, state: &str) -> Result<Exchange, SealError> {
        self.sealer.open(state)
    }
}

/// What is remembered while one stage goes through the chain.
#[derive(Default)]
pub struct Memo {
    /// Digests of segments, by their ids.
    digests: HashMap<u32, findings::Key>,
    /// Whose exchange it is.
    owner: Option<findings::Key>,
}

impl Guests for Sandboxes {
    type Memo = Memo;

    fn inspect(&self, call: &GuestCall<'_>, memo: &mut Memo) -> Result<Report, Fault> {
        let Some(loaded) = self.plugins.get(call.plugin) else {
            return Ok(Report::default());
        };
        if call.is_reusable {
            self.call_reusing(loaded, call, memo)
        } else {
            let call = Call::new(call.context, call.segments, call.state);
            loaded.plugin.inspect(&call)
        }
    }
}

impl Sandboxes {
    /// Calls a plugin for what must be shown to it, and adds what it said of the rest before.
    ///
    /// With scope `segment` that is what it said of the very segment. With scope `stage` it is
    /// handed back its own note of a segment, and needs not be shown one that it called clean.
    fn call_reusing(
        &self,
        loaded: &Loaded,
        call: &GuestCall<'_>,
        memo: &mut Memo,
    ) -> Result<Report, Fault> {
        let is_local = loaded.spec.manifest.scope == Scope::Segment;
        let owner = memo
            .owner
            .get_or_insert_with(|| findings::owner(call.context));
        let speaker = findings::speaker(&loaded.identity, owner);
        let mut told = Vec::new();
        let mut shown = Vec::new();
        let mut fresh = HashMap::new();
        let mut noted = Vec::new();
        for segment in call.segments {
            let digest = memo
                .digests
                .entry(segment.id)
                .or_insert_with(|| findings::digest(segment));
            let place = (speaker, *digest);
            match self.known.get(&place) {
                Some(known) if is_local => told.push((segment.id, known)),
                Some(known) if known.note().is_empty() => {}
                known => {
                    if known.is_none() {
                        fresh.insert(segment.id, place);
                    }
                    shown.push(*segment);
                    noted.push(known);
                }
            }
        }
        let notes: Vec<&[u8]> = noted
            .iter()
            .map(|known| known.as_ref().map_or(&[][..], |known| known.note()))
            .collect();
        let mut report = if shown.is_empty() {
            Report::default()
        } else {
            loaded.plugin.inspect(&Call {
                context: call.context,
                segments: &shown,
                notes: &notes,
                state: call.state,
            })?
        };
        if is_local {
            for (id, place) in fresh {
                self.known.keep(place, id, &report);
            }
        } else {
            for note in report.notes.drain(..) {
                if let Some(place) = fresh.remove(&note.segment) {
                    self.known.keep_note(place, note.content);
                }
            }
        }
        for (segment, known) in told {
            known.tell(segment, &mut report);
        }
        Ok(report)
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}
