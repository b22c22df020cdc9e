//! What is known of an exchange beside its text.

use crate::Stage;

/// Who is asking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    /// The caller's id, as the identity source gave it.
    pub id: String,
    /// Roles or groups.
    pub roles: Vec<String>,
    /// Verified claims: name, and value as JSON text.
    pub claims: Vec<(String, String)>,
}

/// What is known of the exchange: one request to a model and its response.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Random, fixed for the whole exchange. Tokens are keyed with it: never show it.
    pub seed: u64,
    /// Anything else a shell knows.
    pub attributes: Vec<(String, String)>,
}

/// What the request asks of the model, beside its text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFacts {
    /// The model asked for.
    pub model: Option<String>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// How many choices are asked for.
    pub n: Option<u64>,
    /// The most tokens to produce, by whichever name the format has for it.
    pub max_tokens: Option<u64>,
    /// Whether token probabilities are asked for.
    pub logprobs: bool,
    /// How many alternatives per token.
    pub top_logprobs: Option<u64>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Names of the tools offered.
    pub tools: Vec<String>,
    /// `text`, `json_object` or `json_schema`.
    pub response_format: Option<String>,
}

/// A tool call as Rego sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The call's id, where the format has one.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// Its arguments as JSON text; text that is not JSON is shown to Rego as a string.
    pub arguments: String,
}

impl std::fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToolCall")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What the exchange has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of the request body.
    pub request_bytes: u64,
    /// Tokens of the prompt: estimated, then as the upstream reported.
    pub prompt_tokens: u64,
    /// Tokens of the answer: estimated, then as the upstream reported.
    pub completion_tokens: u64,
    /// True once the upstream has reported.
    pub reported: bool,
    /// Segments seen so far.
    pub segments: u64,
    /// Milliseconds since the request arrived.
    pub elapsed_ms: u64,
}
