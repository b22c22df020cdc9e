//! An exchange on its way through someone else's hands: encrypted, authenticated, bound to its
//! revision.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caponier_core::{
    Action, Context, Decision, Exchange, Finding, Kind, Principal, RequestFacts, Role, Severity,
    Span, Stage, Usage,
};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// Why a state cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was made by another process or revision, or changed on its way.
    #[error(
        "the state is not one of this revision, or was changed\nhint: send it back as it came; after a reload or a restart begin the exchange anew"
    )]
    Foreign,
    /// No randomness, or an exchange that cannot be written.
    #[error("the state cannot be sealed")]
    Failed,
}

/// Seals and opens exchanges of one revision.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    revision: String,
}

impl Sealer {
    pub(crate) fn new(key: &[u8; 32], revision: &str) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            revision: revision.to_owned(),
        }
    }

    pub(crate) fn seal(&self, exchange: &Exchange) -> Result<String, SealError> {
        let plain = Zeroizing::new(
            serde_json::to_vec(&Sealed::from(exchange)).map_err(|_| SealError::Failed)?,
        );
        let mut nonce = [0_u8; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::Failed)?;
        let payload = Payload {
            msg: &plain,
            aad: self.revision.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| SealError::Failed)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    pub(crate) fn open(&self, state: &str) -> Result<Exchange, SealError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(state)
            .map_err(|_| SealError::Foreign)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE>()
            .ok_or(SealError::Foreign)?;
        let payload = Payload {
            msg: sealed,
            aad: self.revision.as_bytes(),
        };
        let plain = Zeroizing::new(
            self.cipher
                .decrypt(&XNonce::from(*nonce), payload)
                .map_err(|_| SealError::Foreign)?,
        );
        let sealed: Sealed = serde_json::from_slice(&plain).map_err(|_| SealError::Foreign)?;
        sealed.exchange().ok_or(SealError::Foreign)
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    exchange: String,
    stage: String,
    tenant: Option<String>,
    principal: Option<SealedPrincipal>,
    route: String,
    model: Option<String>,
    time: u64,
    seed: u64,
    attributes: Vec<(String, String)>,
    facts: Facts,
    usage: (u64, u64, u64, bool, u64, u64),
    prior: Vec<SealedFinding>,
    labels: BTreeMap<String, String>,
    action: String,
    denial: Option<(String, Option<u16>)>,
    states: Vec<String>,
    numbered: u64,
}

#[derive(Serialize, Deserialize)]
struct SealedPrincipal {
    id: String,
    roles: Vec<String>,
    claims: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    model: Option<String>,
    stream: bool,
    n: Option<u64>,
    max_tokens: Option<u64>,
    logprobs: bool,
    top_logprobs: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    tools: Vec<String>,
    response_format: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SealedFinding {
    id: String,
    plugin: String,
    order: usize,
    rule: String,
    category: Option<String>,
    severity: String,
    confidence: f64,
    segment: u32,
    span: Option<(usize, usize)>,
    role: String,
    kind: String,
    late: bool,
    monitor: bool,
}

impl From<&Exchange> for Sealed {
    fn from(exchange: &Exchange) -> Self {
        let context = &exchange.context;
        let facts = &exchange.facts;
        let usage = &exchange.usage;
        Self {
            exchange: context.exchange.clone(),
            stage: context.stage.to_string(),
            tenant: context.tenant.clone(),
            principal: context.principal.as_ref().map(|principal| SealedPrincipal {
                id: principal.id.clone(),
                roles: principal.roles.clone(),
                claims: principal.claims.clone(),
            }),
            route: context.route.clone(),
            model: context.model.clone(),
            time: context.time,
            seed: context.seed,
            attributes: context.attributes.clone(),
            facts: Facts {
                model: facts.model.clone(),
                stream: facts.stream,
                n: facts.n,
                max_tokens: facts.max_tokens,
                logprobs: facts.logprobs,
                top_logprobs: facts.top_logprobs,
                temperature: facts.temperature,
                top_p: facts.top_p,
                tools: facts.tools.clone(),
                response_format: facts.response_format.clone(),
            },
            usage: (
                usage.request_bytes,
                usage.prompt_tokens,
                usage.completion_tokens,
                usage.reported,
                usage.segments,
                usage.elapsed_ms,
            ),
            prior: exchange
                .prior
                .iter()
                .chain(&exchange.current)
                .map(SealedFinding::from)
                .collect(),
            labels: exchange.labels.clone(),
            action: exchange.action.to_string(),
            denial: exchange
                .denial
                .as_ref()
                .map(|denial| (denial.reason.clone(), denial.status)),
            states: exchange
                .states
                .iter()
                .map(|state| URL_SAFE_NO_PAD.encode(state.as_slice()))
                .collect(),
            numbered: exchange.numbered,
        }
    }
}

impl From<&Finding> for SealedFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            id: finding.id.clone(),
            plugin: finding.plugin.to_string(),
            order: finding.order,
            rule: finding.rule.to_string(),
            category: finding.category.as_deref().map(str::to_owned),
            severity: finding.severity.to_string(),
            confidence: finding.confidence,
            segment: finding.segment,
            span: finding.span.map(|span| (span.start, span.end)),
            role: finding.role.to_string(),
            kind: finding.kind.to_string(),
            late: finding.late,
            monitor: finding.monitor,
        }
    }
}

impl SealedFinding {
    fn finding(self) -> Option<Finding> {
        Some(Finding {
            id: self.id,
            plugin: self.plugin.into(),
            order: self.order,
            rule: self.rule.into(),
            category: self.category.map(Into::into),
            severity: Severity::parse(&self.severity)?,
            confidence: self.confidence,
            segment: self.segment,
            span: self.span.map(|(start, end)| Span::new(start, end)),
            role: Role::parse(&self.role)?,
            kind: Kind::parse(&self.kind)?,
            // What a plugin worded is of no use to a later stage.
            replacement: None,
            message: String::new(),
            attributes: Vec::new(),
            late: self.late,
            monitor: self.monitor,
        })
    }
}

impl Sealed {
    fn exchange(self) -> Option<Exchange> {
        let context = Context {
            exchange: self.exchange,
            stage: Stage::parse(&self.stage)?,
            tenant: self.tenant,
            principal: self.principal.map(|sealed| Principal {
                id: sealed.id,
                roles: sealed.roles,
                claims: sealed.claims,
            }),
            route: self.route,
            model: self.model,
            time: self.time,
            seed: self.seed,
            attributes: self.attributes,
        };
        let facts = RequestFacts {
            model: self.facts.model,
            stream: self.facts.stream,
            n: self.facts.n,
            max_tokens: self.facts.max_tokens,
            logprobs: self.facts.logprobs,
            top_logprobs: self.facts.top_logprobs,
            temperature: self.facts.temperature,
            top_p: self.facts.top_p,
            tools: self.facts.tools,
            response_format: self.facts.response_format,
        };
        let (request_bytes, prompt_tokens, completion_tokens, reported, segments, elapsed_ms) =
            self.usage;
        let mut exchange = Exchange::new(context, facts, self.states.len());
        exchange.usage = Usage {
            request_bytes,
            prompt_tokens,
            completion_tokens,
            reported,
            segments,
            elapsed_ms,
        };
        exchange.prior = self
            .prior
            .into_iter()
            .map(SealedFinding::finding)
            .collect::<Option<_>>()?;
        exchange.labels = self.labels;
        exchange.action = Action::parse(&self.action)?;
        exchange.denial = self.denial.map(|(reason, status)| Decision {
            status,
            ..Decision::new(Action::Deny, reason)
        });
        for (state, text) in exchange.states.iter_mut().zip(self.states) {
            *state = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        }
        exchange.numbered = self.numbered;
        Some(exchange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange() -> Exchange {
        let context = Context {
            exchange: "e1".into(),
            stage: Stage::Prompt,
            tenant: Some("t".into()),
            principal: Some(Principal {
                id: "p".into(),
                roles: vec!["r".into()],
                claims: vec![("c".into(), "1".into())],
            }),
            route: "/v1/*".into(),
            model: Some("m".into()),
            time: 7,
            seed: u64::MAX,
            attributes: vec![],
        };
        let mut exchange = Exchange::new(
            context,
            RequestFacts {
                temperature: Some(0.5),
                ..RequestFacts::default()
            },
            2,
        );
        if let Some(state) = exchange.states.get_mut(1) {
            *state = Zeroizing::new(b"token table".to_vec());
        }
        exchange.conclude(&Decision {
            status: Some(403),
            ..Decision::new(Action::Deny, "no")
        });
        exchange
    }

    #[test]
    fn an_exchange_comes_back_as_it_was() {
        let sealer = Sealer::new(&[1; 32], "sha256:a");
        let sealed = sealer.seal(&exchange()).unwrap();
        assert!(!sealed.contains("token"));
        let opened = sealer.open(&sealed).unwrap();
        let original = exchange();
        assert_eq!(opened.context, original.context);
        assert_eq!(opened.facts, original.facts);
        assert_eq!(opened.states, original.states);
        assert_eq!(opened.denial, original.denial);
    }

    #[test]
    fn nothing_else_opens() {
        let sealer = Sealer::new(&[1; 32], "sha256:a");
        let sealed = sealer.seal(&exchange()).unwrap();
        assert_eq!(
            Sealer::new(&[1; 32], "sha256:b").open(&sealed).err(),
            Some(SealError::Foreign),
            "another revision"
        );
        assert_eq!(
            Sealer::new(&[2; 32], "sha256:a").open(&sealed).err(),
            Some(SealError::Foreign),
            "another process"
        );
        for place in [0, 30, 60, sealed.len() - 1] {
            let mut changed = sealed.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert!(
                sealer.open(std::str::from_utf8(&changed).unwrap()).is_err(),
                "changed at {place}"
            );
        }
        for junk in ["", "AAAA", "not base64!", &"A".repeat(1000)] {
            assert_eq!(sealer.open(junk).err(), Some(SealError::Foreign));
        }
    }
}
