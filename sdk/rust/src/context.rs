//! What is known of an exchange beside its text.

use crate::Stage;
use crate::bindings::caponier::policy::types as wit;

/// Who is asking.
///
/// ```
/// use caponier_sdk::Principal;
///
/// // A rule for everybody but those who handle incidents.
/// let is_exempt = |principal: &Principal| principal.roles.iter().any(|role| role == "incident");
/// let ann = Principal { id: "ann".into(), roles: vec!["staff".into(), "incident".into()] };
/// assert!(is_exempt(&ann));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    /// The caller's id, as the identity source gave it.
    pub id: String,
    /// Roles or groups.
    pub roles: Vec<String>,
}

/// What is known of the exchange: one request to a model and its response.
///
/// # Example
///
/// A plugin reads it at each call; a test sets it in its harness.
///
/// ```
/// use caponier_sdk::Context;
///
/// fn is_public(context: &Context) -> bool {
///     context.principal.is_none() || context.attribute("network") == Some("public")
/// }
///
/// let mut context = Context { route: "/v1/*".into(), ..Context::default() };
/// assert!(is_public(&context));
/// context.principal = Some(Default::default());
/// assert!(!is_public(&context));
/// context.attributes.push(("network".into(), "public".into()));
/// assert!(is_public(&context));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Context {
    /// The exchange's id.
    pub exchange: String,
    /// The stage under inspection.
    pub stage: Stage,
    /// The tenant, where identity gives one.
    pub tenant: Option<String>,
    /// The caller, where identity gives one.
    pub principal: Option<Principal>,
    /// The route's path pattern.
    pub route: String,
    /// The model asked for.
    pub model: Option<String>,
    /// Milliseconds since the Unix epoch, fixed for the whole exchange.
    pub time: u64,
    /// Random, fixed for the whole exchange. Key things with it; never show it.
    pub seed: u64,
    /// Anything else the host knows.
    pub attributes: Vec<(String, String)>,
}

impl Context {
    /// The value of an attribute.
    ///
    /// See the [example](Self#example).
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            exchange: String::new(),
            stage: Stage::Prompt,
            tenant: None,
            principal: None,
            route: String::new(),
            model: None,
            time: 0,
            seed: 0,
            attributes: Vec::new(),
        }
    }
}

/// Leaves out the seed.
impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("exchange", &self.exchange)
            .field("stage", &self.stage)
            .field("tenant", &self.tenant)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

impl From<wit::Context> for Context {
    fn from(raw: wit::Context) -> Self {
        Self {
            exchange: raw.exchange,
            stage: raw.stage.into(),
            tenant: raw.tenant,
            principal: raw.principal.map(|principal| Principal {
                id: principal.id,
                roles: principal.roles,
            }),
            route: raw.route,
            model: raw.model,
            time: raw.time,
            seed: raw.seed,
            attributes: raw.attributes,
        }
    }
}
