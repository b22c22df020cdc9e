//! Personal data, span by span.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::data::Row;
use super::scan::Verdict;

/// The set's types, and the rule that finds each. Those that a pattern tells come first.
const TYPES: &[(&str, &str, bool)] = &[
    ("CREDIT_CARD", "pii/credit-card", true),
    ("EMAIL_ADDRESS", "pii/email", true),
    ("IBAN_CODE", "pii/iban", true),
    ("IP_ADDRESS", "pii/ip", true),
    ("PHONE_NUMBER", "pii/phone", true),
    ("US_SSN", "pii/ssn", true),
    ("US_DRIVER_LICENSE", "pii/driver-licence", false),
    ("ZIP_CODE", "pii/postcode", false),
    ("STREET_ADDRESS", "pii/postal-address", false),
    ("PERSON", "pii/person-name", false),
];

/// How often spans of one type were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) found: usize,
    pub(super) missed: usize,
    pub(super) wrong: usize,
    /// Whether a pattern tells the type.
    pub(super) pattern: bool,
}

/// What was found of each type, by confidence from `least` on. A finding counts for a span of its
/// own type where they share at least half of the longer one; each counts once.
pub(super) fn by_type<'a>(
    rows: impl Iterator<Item = (&'a Row, &'a Verdict)>,
    least: f64,
) -> BTreeMap<&'static str, Spans> {
    let mut all: BTreeMap<&str, Spans> = BTreeMap::new();
    for (row, verdict) in rows {
        for (name, rule, pattern) in TYPES {
            let spans = all.entry(name).or_default();
            spans.pattern = *pattern;
            let wanted = wanted(row, name);
            let mut found: Vec<Range<usize>> = verdict
                .findings
                .iter()
                .filter(|finding| finding.rule == *rule && finding.confidence >= least)
                .filter_map(|finding| finding.span.clone())
                .collect();
            for want in wanted {
                match found.iter().position(|span| same(span, &want)) {
                    Some(at) => {
                        found.remove(at);
                        spans.found += 1;
                    }
                    None => spans.missed += 1,
                }
            }
            spans.wrong += found.len();
        }
    }
    all
}

/// The spans of a type, in bytes; the set counts characters.
fn wanted(row: &Row, name: &str) -> Vec<Range<usize>> {
    let spans = row.meta.pointer("/meta/spans").and_then(Value::as_array);
    let spans = spans.into_iter().flatten().filter_map(|span| {
        let (kind, start, end) = (span.get(0)?, span.get(1)?, span.get(2)?);
        (kind.as_str()? == name).then_some((start.as_u64()?, end.as_u64()?))
    });
    spans
        .map(|(start, end)| bytes(&row.text, start as usize)..bytes(&row.text, end as usize))
        .collect()
}

/// Where the character with this number begins.
pub(super) fn bytes(text: &str, character: usize) -> usize {
    let mut starts = text.char_indices().map(|(at, _)| at);
    starts.nth(character).unwrap_or(text.len())
}

fn same(a: &Range<usize>, b: &Range<usize>) -> bool {
    let shared = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    2 * shared >= a.len().max(b.len()) && shared > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::scan::Finding;
    use serde_json::json;

    #[test]
    fn spans_are_counted_in_bytes_and_once() {
        let row = Row {
            text: "é ann@example.org".to_owned(),
            label: 1,
            stage: "prompt",
            role: "user".to_owned(),
            meta: json!({"meta": {"spans": [["EMAIL_ADDRESS", 2, 17], ["PERSON", 2, 5]]}}),
        };
        let finding = |rule: &str, span| Finding {
            rule: rule.to_owned(),
            high: false,
            confidence: 0.9,
            acted_on: true,
            span: Some(span),
        };
        let verdict = Verdict::of(vec![
            finding("pii/email", 3..18),
            finding("pii/email", 5..18),
            finding("pii/phone", 0..2),
        ]);
        let all = by_type([(&row, &verdict)].into_iter(), 0.5);
        let email = all["EMAIL_ADDRESS"];
        assert_eq!((email.found, email.missed, email.wrong), (1, 0, 1));
        assert_eq!((all["PERSON"].missed, all["PHONE_NUMBER"].wrong), (1, 1));
        let none = by_type([(&row, &verdict)].into_iter(), 0.95);
        assert_eq!(none["EMAIL_ADDRESS"].missed, 1);
    }
}
