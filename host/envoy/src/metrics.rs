//! Metrics, by the names that the gateway's have.
//!
//! The ABI knows names only, so labels are part of a name: `caponier_findings_total;rule=pii/email`.
//! The manifests that come with a packed module tell Envoy how to take them apart again. Envoy's
//! histograms hold whole numbers: durations are in microseconds, and named so.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use caponier_core::Action;
use caponier_decide::Outcome;

use crate::host::{Host, Metric};

/// What takes a name apart, and ends it.
const SEPARATORS: [char; 3] = [';', '=', '\0'];

/// The numbers that Envoy gave to names.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    known: RefCell<HashMap<String, Option<u32>>>,
    /// Room for the name that is looked for.
    name: RefCell<String>,
}

impl Metrics {
    fn number(
        &self,
        host: &impl Host,
        kind: Metric,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Option<u32> {
        let mut whole = self.name.borrow_mut();
        whole.clear();
        whole.push_str("caponier_");
        whole.push_str(name);
        for (label, value) in labels {
            for part in [";", label, "="] {
                whole.push_str(part);
            }
            if value.contains(SEPARATORS) {
                whole.push_str(&value.replace(SEPARATORS, "_"));
            } else {
                whole.push_str(value);
            }
        }
        let mut known = self.known.borrow_mut();
        if let Some(number) = known.get(whole.as_str()) {
            return *number;
        }
        let number = host.metric(kind, &whole);
        known.insert(whole.clone(), number);
        number
    }

    pub(crate) fn count(&self, host: &impl Host, name: &str, labels: &[(&str, &str)], by: u64) {
        if let Some(number) = self.number(host, Metric::Counter, name, labels) {
            host.add(number, i64::try_from(by).unwrap_or(i64::MAX));
        }
    }

    pub(crate) fn change(&self, host: &impl Host, name: &str, by: i64) {
        if by != 0
            && let Some(number) = self.number(host, Metric::Gauge, name, &[])
        {
            host.add(number, by);
        }
    }

    pub(crate) fn set(&self, host: &impl Host, name: &str, labels: &[(&str, &str)], value: u64) {
        if let Some(number) = self.number(host, Metric::Gauge, name, labels) {
            host.measure(number, value);
        }
    }

    fn time(&self, host: &impl Host, name: &str, labels: &[(&str, &str)], time: Duration) {
        if let Some(number) = self.number(host, Metric::Histogram, name, labels) {
            host.measure(number, u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Counts one stage.
    pub(crate) fn stage(&self, host: &impl Host, outcome: &Outcome) {
        let stage = [("stage", outcome.stage.as_str())];
        self.time(host, "stage_duration_microseconds", &stage, outcome.elapsed);
        self.time(host, "rules_duration_microseconds", &[], outcome.rego);
        for (plugin, time) in &outcome.timings {
            let plugin = [("plugin", &**plugin)];
            self.time(host, "plugin_duration_microseconds", &plugin, *time);
        }
        for fault in &outcome.faults {
            let labels = [
                ("plugin", &*fault.plugin),
                ("kind", fault.fault.kind.as_str()),
            ];
            self.count(host, "plugin_faults_total", &labels, 1);
        }
        for gap in &outcome.coverage.gaps {
            let kind = [("kind", gap.kind.as_str())];
            self.count(host, "coverage_gaps_total", &kind, 1);
        }
    }

    /// Counts one finding. `rule` is one that its plugin declares.
    pub(crate) fn finding(&self, host: &impl Host, rule: &str, action: Action) {
        let labels = [("rule", rule), ("action", action.as_str())];
        self.count(host, "findings_total", &labels, 1);
    }

    /// Counts an answer.
    pub(crate) fn request(&self, host: &impl Host, route: &str, action: Action, status: u16) {
        let status = status.to_string();
        let labels = [
            ("route", route),
            ("action", action.as_str()),
            ("status", status.as_str()),
        ];
        self.count(host, "requests_total", &labels, 1);
    }

    /// Counts tokens that an upstream reported.
    pub(crate) fn tokens(&self, host: &impl Host, prompt: u64, completion: u64) {
        for (direction, count) in [("prompt", prompt), ("completion", completion)] {
            self.count(host, "tokens_total", &[("direction", direction)], count);
        }
    }

    /// Counts how an upstream failed.
    pub(crate) fn upstream_error(&self, host: &impl Host, kind: &str) {
        self.count(host, "upstream_errors_total", &[("kind", kind)], 1);
    }
}
