//! What a record of the audit log holds: declared rule ids, enums, numbers, spans, keyed digests and
//! the names that the operator's own files gave. Neither text nor anything that a plugin is free to
//! word gets here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use caponier_core::{Action, Coverage, Decision, Exchange, FaultRecord, Finding, Usage};
use hmac::{Hmac, Mac};
use serde::Serialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Outcome;

/// The most characters of a word that a client or a policy author chose.
const MAX_WORD: usize = 256;
/// The most characters of a model's name.
const MAX_NAME: usize = 128;
/// The most findings of one record; the rest is counted.
const MAX_FINDINGS: usize = 1_000;

/// The key of the digests. One text gives one digest as long as the key stays.
pub struct DigestKey {
    key: Zeroizing<Vec<u8>>,
    is_random: bool,
}

impl DigestKey {
    /// A key that the operator named.
    pub fn new(key: &[u8]) -> Self {
        Self {
            key: Zeroizing::new(key.to_vec()),
            is_random: false,
        }
    }

    /// A key that nobody knows: digests compare within this process only.
    pub fn random(key: [u8; 32]) -> Self {
        Self {
            key: Zeroizing::new(key.to_vec()),
            is_random: true,
        }
    }

    /// Whether nobody named it.
    pub fn is_random(&self) -> bool {
        self.is_random
    }

    /// The digest of a text.
    pub fn digest(&self, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return String::new();
        };
        mac.update(text.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// Digests of the matched texts by the finding's id: made while the text is at hand.
#[derive(Default)]
pub struct Digests(BTreeMap<String, String>);

impl Digests {
    /// Adds the digest of the text that a finding is about.
    pub fn add(&mut self, key: &DigestKey, finding: &Finding, matched: Option<&str>) {
        if let Some(text) = matched
            && self.0.len() < MAX_FINDINGS
        {
            self.0.insert(finding.id.clone(), key.digest(text));
        }
    }

    /// The digests of everything that was found in a whole stage.
    pub fn of(key: &DigestKey, outcome: &Outcome) -> Self {
        let mut digests = Self::default();
        for finding in outcome.findings.iter().take(MAX_FINDINGS) {
            digests.add(key, finding, outcome.matched(finding));
        }
        digests
    }
}

/// One line of the log.
#[derive(Serialize)]
pub struct Record<'a> {
    time: String,
    exchange: &'a str,
    revision: &'a str,
    stage: &'static str,
    route: &'a str,
    tenant: Option<&'a str>,
    principal: Option<&'a str>,
    model: Option<Cow<'a, str>>,
    action: &'static str,
    reason: Cow<'a, str>,
    status: Option<u16>,
    would: Option<Would<'a>>,
    findings: Vec<FindingRecord<'a>>,
    findings_total: usize,
    dropped: &'a [u32],
    coverage: CoverageRecord<'a>,
    faults: Vec<FaultLine<'a>>,
    labels: &'a BTreeMap<String, String>,
    usage: UsageRecord,
    timings: Timings<'a>,
}

#[derive(Serialize)]
struct Would<'a> {
    action: &'static str,
    reason: Cow<'a, str>,
}

#[derive(Serialize)]
struct FindingRecord<'a> {
    rule: &'a str,
    severity: &'static str,
    confidence: f64,
    action: &'static str,
    segment: u32,
    span: Option<[usize; 2]>,
    role: &'static str,
    kind: &'static str,
    digest: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    late: bool,
    #[serde(skip_serializing_if = "is_false")]
    monitor: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What was looked at, in the host's own words and indices.
#[derive(Serialize)]
pub struct CoverageRecord<'a> {
    scanned: u64,
    bytes: u64,
    unscanned: &'a [u32],
    skipped: Vec<SkippedRecord<'a>>,
    gaps: Vec<GapRecord<'a>>,
}

#[derive(Serialize)]
struct SkippedRecord<'a> {
    plugin: &'a str,
    segment: u32,
}

#[derive(Serialize)]
struct GapRecord<'a> {
    kind: &'static str,
    place: &'a str,
}

/// A plugin's failure. The detail is the host's own.
#[derive(Serialize)]
pub struct FaultLine<'a> {
    plugin: &'a str,
    kind: &'static str,
    tolerated: bool,
    monitor: bool,
}

#[derive(Serialize)]
struct UsageRecord {
    request_bytes: u64,
    prompt_tokens: u64,
    completion_tokens: u64,
    reported: bool,
    segments: u64,
}

#[derive(Serialize)]
struct Timings<'a> {
    total_us: u64,
    rules_us: u64,
    plugins_us: BTreeMap<&'a str, u64>,
}

impl<'a> CoverageRecord<'a> {
    /// Of a stage, or of a stream.
    pub fn of(coverage: &'a Coverage) -> Self {
        Self {
            scanned: coverage.scanned,
            bytes: coverage.bytes,
            unscanned: &coverage.unscanned,
            skipped: coverage
                .skipped
                .iter()
                .map(|skip| SkippedRecord {
                    plugin: &skip.plugin,
                    segment: skip.segment,
                })
                .collect(),
            gaps: coverage
                .gaps
                .iter()
                .map(|gap| GapRecord {
                    kind: gap.kind.as_str(),
                    place: &gap.place,
                })
                .collect(),
        }
    }
}

impl<'a> FaultLine<'a> {
    /// Of one failure.
    pub fn of(fault: &'a FaultRecord) -> Self {
        Self {
            plugin: &fault.plugin,
            kind: fault.fault.kind.as_str(),
            tolerated: fault.tolerated,
            monitor: fault.monitor,
        }
    }
}

impl<'a> Record<'a> {
    /// The record of one stage, written at `millis` since the Unix epoch. `action_of` gives what
    /// the configuration makes of a finding.
    pub fn new(
        millis: u64,
        revision: &'a str,
        exchange: &'a Exchange,
        outcome: &'a Outcome,
        digests: &'a Digests,
        status: Option<u16>,
        action_of: &dyn Fn(&Finding) -> Action,
    ) -> Self {
        let context = &exchange.context;
        Self {
            time: timestamp(millis),
            exchange: &context.exchange,
            revision,
            stage: outcome.stage.as_str(),
            route: &context.route,
            tenant: context.tenant.as_deref(),
            principal: context
                .principal
                .as_ref()
                .map(|principal| principal.id.as_str()),
            model: context
                .model
                .as_deref()
                .filter(|model| is_name(model))
                .map(word),
            action: outcome.decision.action.as_str(),
            reason: word(&outcome.decision.reason),
            status,
            would: outcome.would.as_deref().map(|would: &Decision| Would {
                action: would.action.as_str(),
                reason: word(&would.reason),
            }),
            findings: outcome
                .findings
                .iter()
                .take(MAX_FINDINGS)
                .map(|finding| FindingRecord {
                    rule: &finding.rule,
                    severity: finding.severity.as_str(),
                    confidence: finding.confidence,
                    action: action_of(finding).as_str(),
                    segment: finding.segment,
                    span: finding.span.map(|span| [span.start, span.end]),
                    role: finding.role.as_str(),
                    kind: finding.kind.as_str(),
                    digest: digests.0.get(&finding.id).map(String::as_str),
                    late: finding.late,
                    monitor: finding.monitor,
                })
                .collect(),
            findings_total: outcome.findings.len(),
            dropped: &outcome.dropped,
            coverage: CoverageRecord::of(&outcome.coverage),
            faults: outcome.faults.iter().map(FaultLine::of).collect(),
            labels: &exchange.labels,
            usage: usage(&exchange.usage),
            timings: Timings {
                total_us: micros(outcome.elapsed),
                rules_us: micros(outcome.rego),
                plugins_us: outcome
                    .timings
                    .iter()
                    .map(|(plugin, time)| (&**plugin, micros(*time)))
                    .collect(),
            },
        }
    }
}

fn usage(usage: &Usage) -> UsageRecord {
    UsageRecord {
        request_bytes: usage.request_bytes,
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        reported: usage.reported,
        segments: usage.segments,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whether a client's word for a model can be one. Whatever else it says there is text, and text
/// stands in no record.
fn is_name(model: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
    model.len() <= MAX_NAME && model.bytes().all(fits)
}

fn word(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_WORD) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// `2026-01-31T09:30:00.250Z`.
pub fn timestamp(millis: u64) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, so that leap days come last in their year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_read_them() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_250, "2000-02-29T00:00:00.250Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(timestamp(millis), text);
        }
    }

    #[test]
    fn digests_need_their_key() {
        let (one, other) = (DigestKey::new(b"one"), DigestKey::new(b"other"));
        assert_eq!(one.digest("ann@example.com"), one.digest("ann@example.com"));
        assert_ne!(
            one.digest("ann@example.com"),
            other.digest("ann@example.com")
        );
        assert_ne!(
            DigestKey::random([1; 32]).digest("x"),
            DigestKey::random([2; 32]).digest("x")
        );
    }

    #[test]
    fn what_is_no_models_name_is_not_recorded() {
        for model in [
            "gpt-4.1",
            "meta-llama/Llama-3:free",
            "publishers/google/models/x_1",
        ] {
            assert!(is_name(model), "{model}");
        }
        for model in ["my address is a", "a@example.org", "é", &"a".repeat(200)] {
            assert!(!is_name(model), "{model}");
        }
    }

    #[test]
    fn long_words_are_cut() {
        assert_eq!(word(&"é".repeat(300)).chars().count(), MAX_WORD + 1);
        assert_eq!(word("short"), "short");
    }
}
