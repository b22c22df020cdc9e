//! What all exchanges of one filter configuration share.

use caponier_config::PathPattern;
use caponier_decide::{DigestKey, Guests, Packed, PackedRoute, Policy, RoutePlan, Unusable};
use caponier_protocol::Limits;

use crate::host::Host;
use crate::metrics::Metrics;

/// One configuration of the filter: a revision, ready to decide.
pub struct Root<G> {
    pub(crate) packed: Packed,
    pub(crate) policy: Policy<G>,
    pub(crate) metrics: Metrics,
    pub(crate) digest_key: DigestKey,
    routes: Vec<(String, RoutePlan)>,
}

impl<G: Guests> Root<G> {
    /// Makes a packed revision ready.
    ///
    /// # Errors
    /// What of it cannot be used.
    pub fn new(host: &impl Host, packed: Packed, guests: G) -> Result<Self, Unusable> {
        let policy = packed.policy(guests)?;
        let routes = packed.routes.iter();
        let routes = routes
            .map(|route| {
                let plan = policy.route(route.plugins.as_deref());
                (route.path.to_string(), plan)
            })
            .collect();
        let metrics = Metrics::default();
        metrics.set(host, "revision", &[("revision", &packed.revision)], 1);
        let digest_key = match &packed.shell.audit_key {
            Some(key) => DigestKey::new(key.as_bytes()),
            None => {
                let mut key = [0; 32];
                if !host.random(&mut key) && packed.shell.audit {
                    return Err(Unusable::Form("the system gives no randomness".to_owned()));
                }
                DigestKey::random(key)
            }
        };
        Ok(Self {
            packed,
            policy,
            metrics,
            digest_key,
            routes,
        })
    }

    /// The revision's digest.
    pub fn revision(&self) -> &str {
        &self.packed.revision
    }

    pub(crate) fn patterns(&self) -> impl Iterator<Item = &PathPattern> + Clone {
        self.packed.routes.iter().map(|route| &route.path)
    }

    pub(crate) fn route(&self, index: usize) -> Option<(&PackedRoute, &str, &RoutePlan)> {
        let (name, plan) = self.routes.get(index)?;
        Some((self.packed.routes.get(index)?, name, plan))
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            depth: self.packed.limits.depth,
            ..Limits::default()
        }
    }

    /// Bytes that a body may have.
    pub(crate) fn body_limit(&self) -> usize {
        usize::try_from(self.packed.limits.body).unwrap_or(usize::MAX)
    }
}

/// Shows no rules and no settings.
impl<G> std::fmt::Debug for Root<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Root")
            .field("revision", &self.packed.revision)
            .finish_non_exhaustive()
    }
}
