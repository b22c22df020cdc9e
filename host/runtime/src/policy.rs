//! The policy of a revision: what both hosts share, with plugins that run in sandboxes of this
//! process.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use caponier_component::Plugin;
use caponier_core::{Exchange, Fault, PluginSpec, Report, Scope, Segment};
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

impl Guests for Sandboxes {
    /// Digests of segments, by their ids.
    type Memo = HashMap<u32, findings::Key>;

    fn inspect(&self, call: &GuestCall<'_>, digests: &mut Self::Memo) -> Result<Report, Fault> {
        let Some(loaded) = self.plugins.get(call.plugin) else {
            return Ok(Report::default());
        };
        if call.is_reusable {
            self.call_reusing(loaded, call, digests)
        } else {
            loaded
                .plugin
                .inspect(call.context, call.segments, call.state)
        }
    }
}

impl Sandboxes {
    /// Calls a plugin for the segments it has not seen before, and adds what it said of the others.
    fn call_reusing(
        &self,
        loaded: &Loaded,
        call: &GuestCall<'_>,
        digests: &mut HashMap<u32, findings::Key>,
    ) -> Result<Report, Fault> {
        let mut known = Vec::new();
        let mut fresh = Vec::new();
        for segment in call.segments {
            let digest = *digests
                .entry(segment.id)
                .or_insert_with(|| findings::digest(segment));
            let key = findings::key(&loaded.identity, &digest);
            match self.known.get(&key) {
                Some(found) => known.push((segment.id, found)),
                None => fresh.push((key, *segment)),
            }
        }
        let mut report = if fresh.is_empty() {
            Report::default()
        } else {
            let shown: Vec<&Segment> = fresh.iter().map(|(_, segment)| *segment).collect();
            let report = loaded.plugin.inspect(call.context, &shown, call.state)?;
            if loaded.spec.manifest.scope == Scope::Segment {
                for (key, segment) in fresh {
                    self.known.keep(key, segment.id, &report);
                }
            } else if !report.clean.is_empty() {
                let clean: HashSet<u32> = report.clean.iter().copied().collect();
                fresh.retain(|(_, segment)| clean.contains(&segment.id));
                for (key, _) in fresh {
                    self.known.keep_clean(key);
                }
            }
            report
        };
        for (segment, found) in known {
            found.tell(segment, &mut report);
        }
        Ok(report)
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}
