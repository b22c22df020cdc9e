//! The policy of a revision: what both hosts share, with plugins that run in sandboxes of this
//! process.

use std::ops::Deref;
use std::sync::Arc;

use caponier_component::{Call, Plugin};
use caponier_core::{Context, Exchange, Fault, PluginSpec, Report, Scope, Segment};
use caponier_decide::{GuestCall, Guests};

use crate::findings::{self, Findings, Memo};
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
    plugins: Vec<Arc<Loaded>>,
    known: Arc<Findings>,
    /// Digest over the plugins' identities, in their order.
    chain: findings::Key,
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

impl Sandboxes {
    pub(crate) fn new(plugins: Vec<Arc<Loaded>>, known: Arc<Findings>) -> Self {
        let mut chain = blake3::Hasher::new();
        for loaded in &plugins {
            chain.update(&loaded.identity);
        }
        Self {
            chain: *chain.finalize().as_bytes(),
            plugins,
            known,
        }
    }
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

    fn concerned(
        &self,
        context: &Context,
        segments: &[Segment],
        wanted: u64,
        look: impl Fn(&Segment) -> u64,
        memo: &mut Memo,
    ) -> Vec<u64> {
        let concern = |segment: &Segment| {
            if segment.open || segment.offset > 0 {
                return look(segment);
            }
            let chain = (&self.chain, wanted);
            memo.concern(&self.known, context, chain, segment, &look)
        };
        segments.iter().map(concern).collect()
    }

    fn finish(&self, memo: Memo) {
        let is_current = |plugin: &findings::Key| {
            let mut plugins = self.plugins.iter();
            plugins.any(|loaded| loaded.identity == *plugin)
        };
        self.known.learn(memo, is_current);
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
        let (mut recall, shown) = memo.recall(
            &self.known,
            call.context,
            &loaded.identity,
            is_local,
            call.segments,
        );
        let has_role = |segment: &&Segment| call.roles.contains(&segment.role);
        let is_idle = !call.roles.is_empty() && !shown.iter().any(has_role);
        let mut report = if shown.is_empty() || is_idle {
            Report::default()
        } else {
            loaded.plugin.inspect(&Call {
                context: call.context,
                segments: &shown,
                notes: &recall.notes(),
                state: call.state,
            })?
        };
        if is_local {
            recall.keep(&report);
            recall.tell(&mut report);
        } else {
            recall.keep_notes(&mut report);
        }
        Ok(report)
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}
