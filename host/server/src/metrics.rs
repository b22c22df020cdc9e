//! What is counted and measured. Labels hold configured names, declared rule ids and enums only.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use caponier_core::{Action, Stage};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use caponier_runtime::Outcome;

/// A finished request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    action: &'static str,
    status: u16,
}

/// One label by any name.
macro_rules! label {
    ($name:ident { $field:ident }) => {
        #[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub(crate) struct $name {
            pub(crate) $field: Word,
        }

        impl $name {
            fn new(word: impl Into<Word>) -> Self {
                Self {
                    $field: word.into(),
                }
            }
        }
    };
}

label!(StageLabel { stage });
label!(PluginLabel { plugin });
label!(RouteLabel { route });
label!(KindLabel { kind });
label!(ResultLabel { result });
label!(DirectionLabel { direction });
label!(RevisionLabel { revision });

/// A word of the host's own, or a configured name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Word(std::borrow::Cow<'static, str>);

impl From<&'static str> for Word {
    fn from(word: &'static str) -> Self {
        Self(word.into())
    }
}

impl From<String> for Word {
    fn from(word: String) -> Self {
        Self(word.into())
    }
}

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    rule: String,
    action: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaultLabels {
    plugin: String,
    kind: &'static str,
}

#[derive(Clone, Copy)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// Evaluations: microseconds to a second.
const FAST: Buckets = Buckets(&[
    0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1.0,
]);
/// Models: milliseconds to minutes.
const SLOW: Buckets = Buckets(&[
    0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
]);

type Timed<L> = Family<L, Histogram, Buckets>;

/// Metrics of a family by a key that few values take: found without hashing and allocating, which
/// costs more than to count.
struct Handles<K, M>(ArcSwap<Vec<(K, M)>>);

/// More than configurations have routes or plugins; the rest is looked up in the family.
const MAX_HANDLES: usize = 64;

impl<K: Clone, M: Clone> Handles<K, M> {
    fn with(&self, is: impl Fn(&K) -> bool, make: impl Fn() -> (K, M), count: impl FnOnce(&M)) {
        let known = self.0.load();
        if let Some((_, metric)) = known.iter().find(|(key, _)| is(key)) {
            return count(metric);
        }
        let (key, metric) = make();
        count(&metric);
        self.0.rcu(|known| {
            let mut more = Vec::clone(known);
            if more.len() < MAX_HANDLES && !more.iter().any(|(key, _)| is(key)) {
                more.push((key.clone(), metric.clone()));
            }
            more
        });
    }
}

impl<K, M> Default for Handles<K, M> {
    fn default() -> Self {
        Self(ArcSwap::default())
    }
}

/// What is counted with every request.
#[derive(Default)]
struct Often {
    requests: Handles<RequestLabels, Counter>,
    stages: Handles<Stage, Histogram>,
    plugins: Handles<Arc<str>, Histogram>,
    upstream: Handles<String, Histogram>,
}

/// Everything that is measured, for the whole life of the process.
pub(crate) struct Metrics {
    registry: Registry,
    often: Often,
    requests: Family<RequestLabels, Counter>,
    pub(crate) inflight: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
    pub(crate) open_streams: Gauge,
    pub(crate) held: Gauge,
    pub(crate) audit_records: Counter,
    pub(crate) audit_dropped: Counter,
    pub(crate) abandoned: Counter,
    stages: Timed<StageLabel>,
    plugins: Timed<PluginLabel>,
    upstream: Timed<RouteLabel>,
    upstream_errors: Family<KindLabel, Counter>,
    rego: Histogram,
    findings: Family<FindingLabels, Counter>,
    faults: Family<FaultLabels, Counter>,
    gaps: Family<KindLabel, Counter>,
    tokens: Family<DirectionLabel, Counter>,
    reloads: Family<ResultLabel, Gauge>,
    revisions: Gauge,
    revision: Family<RevisionLabel, Gauge>,
    waiting: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("caponier"),
            often: Often::default(),
            requests: Family::default(),
            inflight: Gauge::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            open_streams: Gauge::default(),
            held: Gauge::default(),
            audit_records: Counter::default(),
            audit_dropped: Counter::default(),
            abandoned: Counter::default(),
            stages: Family::new_with_constructor(FAST),
            plugins: Family::new_with_constructor(FAST),
            upstream: Family::new_with_constructor(SLOW),
            upstream_errors: Family::default(),
            rego: FAST.new_metric(),
            findings: Family::default(),
            faults: Family::default(),
            gaps: Family::default(),
            tokens: Family::default(),
            reloads: Family::default(),
            revisions: Gauge::default(),
            revision: Family::default(),
            waiting: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let r = &mut self.registry;
        r.register(
            "requests",
            "Requests answered, by the action taken and the HTTP status",
            self.requests.clone(),
        );
        r.register(
            "requests_in_flight",
            "Requests being worked on, streams included",
            self.inflight.clone(),
        );
        r.register(
            "requests_abandoned",
            "Requests whose client left before the answer",
            self.abandoned.clone(),
        );
        r.register(
            "connections_open",
            "Client connections that are open",
            self.connections.clone(),
        );
        r.register(
            "connections_refused",
            "Client connections refused because too many were open",
            self.refused_connections.clone(),
        );
        r.register(
            "streams_open",
            "Streamed answers being inspected",
            self.open_streams.clone(),
        );
        r.register_with_unit(
            "stream_held",
            "Text held back in streams",
            Unit::Bytes,
            self.held.clone(),
        );
        r.register_with_unit(
            "stage_duration",
            "Time to inspect and decide a stage",
            Unit::Seconds,
            self.stages.clone(),
        );
        r.register_with_unit(
            "plugin_duration",
            "Time a plugin took in a stage",
            Unit::Seconds,
            self.plugins.clone(),
        );
        r.register_with_unit(
            "rules_duration",
            "Time the rules took in a stage",
            Unit::Seconds,
            self.rego.clone(),
        );
        r.register_with_unit(
            "upstream_duration",
            "Time from the request to the headers of the answer",
            Unit::Seconds,
            self.upstream.clone(),
        );
        r.register(
            "upstream_errors",
            "Answers that an upstream failed to give",
            self.upstream_errors.clone(),
        );
        r.register(
            "findings",
            "Findings by rule and the action its configuration gives it",
            self.findings.clone(),
        );
        r.register(
            "plugin_faults",
            "Calls in which a plugin failed",
            self.faults.clone(),
        );
        r.register(
            "coverage_gaps",
            "Parts of exchanges that no plugin could look into",
            self.gaps.clone(),
        );
        r.register(
            "tokens",
            "Tokens as reported by upstreams",
            self.tokens.clone(),
        );
        r.register(
            "audit_records",
            "Audit records handed to the writer",
            self.audit_records.clone(),
        );
        r.register(
            "audit_records_dropped",
            "Audit records that could not be written",
            self.audit_dropped.clone(),
        );
        r.register(
            "revision_builds",
            "Revisions built since the start",
            self.reloads.clone(),
        );
        r.register(
            "revisions_in_use",
            "Revisions that some request still uses",
            self.revisions.clone(),
        );
        r.register("revision", "The revision in service", self.revision.clone());
        r.register(
            "evaluations_waiting",
            "Evaluations that wait for a thread",
            self.waiting.clone(),
        );
        self
    }

    /// Counts a request that is answered, on a route by its name.
    pub(crate) fn request(&self, route: &str, action: &'static str, status: u16) {
        self.often.requests.with(
            |known| known.route == route && known.action == action && known.status == status,
            || {
                let labels = RequestLabels {
                    route: route.to_owned(),
                    action,
                    status,
                };
                let counter = self.requests.get_or_create(&labels).clone();
                (labels, counter)
            },
            |counter| {
                counter.inc();
            },
        );
    }

    /// Counts one stage.
    pub(crate) fn stage(&self, outcome: &Outcome) {
        let seconds = outcome.elapsed.as_secs_f64();
        let stage = outcome.stage;
        self.often.stages.with(
            |known| *known == stage,
            || {
                let label = StageLabel::new(stage.as_str());
                (stage, self.stages.get_or_create(&label).clone())
            },
            |histogram| histogram.observe(seconds),
        );
        self.rego.observe(outcome.rego.as_secs_f64());
        for (plugin, time) in &outcome.timings {
            self.often.plugins.with(
                |known| known == plugin,
                || {
                    let label = PluginLabel::new(plugin.to_string());
                    let histogram = self.plugins.get_or_create(&label).clone();
                    (Arc::clone(plugin), histogram)
                },
                |histogram| histogram.observe(time.as_secs_f64()),
            );
        }
        for fault in &outcome.faults {
            let labels = FaultLabels {
                plugin: fault.plugin.to_string(),
                kind: fault.fault.kind.as_str(),
            };
            self.faults.get_or_create(&labels).inc();
        }
        for gap in &outcome.coverage.gaps {
            self.gap(gap.kind.as_str());
        }
    }

    /// Counts one finding. `rule` is one that its plugin declares.
    pub(crate) fn finding(&self, rule: &str, action: Action) {
        let labels = FindingLabels {
            rule: rule.to_owned(),
            action: action.as_str(),
        };
        self.findings.get_or_create(&labels).inc();
    }

    /// Counts a part that was not inspected.
    pub(crate) fn gap(&self, kind: &'static str) {
        self.gaps.get_or_create(&KindLabel::new(kind)).inc();
    }

    /// Counts how an upstream failed.
    pub(crate) fn upstream_error(&self, kind: &'static str) {
        self.upstream_errors
            .get_or_create(&KindLabel::new(kind))
            .inc();
    }

    /// Measures how long an upstream took to answer.
    pub(crate) fn upstream(&self, route: &str, time: Duration) {
        self.often.upstream.with(
            |known| known == route,
            || {
                let label = RouteLabel::new(route.to_owned());
                let histogram = self.upstream.get_or_create(&label).clone();
                (route.to_owned(), histogram)
            },
            |histogram| histogram.observe(time.as_secs_f64()),
        );
    }

    /// Counts tokens.
    pub(crate) fn tokens(&self, prompt: u64, completion: u64) {
        for (direction, count) in [("prompt", prompt), ("completion", completion)] {
            self.tokens
                .get_or_create(&DirectionLabel::new(direction))
                .inc_by(count);
        }
    }

    /// Takes over what the runtime counts.
    pub(crate) fn runtime(
        &self,
        status: &caponier_runtime::Status,
        revision: &str,
        waiting: usize,
    ) {
        let set = |result: &'static str, count: u64| {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.reloads
                .get_or_create(&ResultLabel::new(result))
                .set(count);
        };
        set("accepted", status.accepted);
        set("refused", status.refused);
        self.revisions.set(
            i64::try_from(status.old_in_use)
                .unwrap_or(i64::MAX)
                .saturating_add(1),
        );
        self.revision.clear();
        self.revision
            .get_or_create(&RevisionLabel::new(revision.to_owned()))
            .set(1);
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// Everything, in OpenMetrics or in the older text format of Prometheus.
    pub(crate) fn render(&self, open_metrics: bool) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            return String::new();
        }
        if open_metrics { text } else { plain(&text) }
    }
}

/// OpenMetrics names a counter's family without `_total` and ends in `# EOF`; the older format
/// names it as its samples.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("# EOF") || line.starts_with("# UNIT ") {
            continue;
        }
        let written = match line
            .strip_prefix("# HELP ")
            .and_then(|rest| rest.split_once(' '))
        {
            Some((name, help)) => {
                let counter = format!("# TYPE {name} counter");
                let is_counter = lines.peek().is_some_and(|next| *next == counter);
                let suffix = if is_counter { "_total" } else { "" };
                writeln!(out, "# HELP {name}{suffix} {help}")
            }
            None => match line
                .strip_prefix("# TYPE ")
                .and_then(|rest| rest.strip_suffix(" counter"))
            {
                Some(name) => writeln!(out, "# TYPE {name}_total counter"),
                None => writeln!(out, "{line}"),
            },
        };
        if written.is_err() {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;

    fn filled() -> Metrics {
        let metrics = Metrics::new();
        metrics.finding("pii/email", Action::Redact);
        metrics.gap("image");
        metrics.upstream("/v1/*", Duration::from_millis(3));
        metrics.upstream_error("timeout");
        metrics.tokens(3, 4);
        metrics.runtime(&caponier_runtime::Status::default(), "sha256:00", 0);
        let labels = RequestLabels {
            route: "/v1/*".into(),
            action: "allow",
            status: 200,
        };
        metrics.requests.get_or_create(&labels).inc();
        metrics
    }

    #[test]
    fn counters_keep_their_help_and_type() {
        let text = filled().render(false);
        assert!(
            text.contains("# TYPE caponier_requests_total counter\n"),
            "{text}"
        );
        assert!(text.contains("# HELP caponier_requests_total "), "{text}");
        assert!(
            text.contains(
                "caponier_requests_total{route=\"/v1/*\",action=\"allow\",status=\"200\"} 1\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("# TYPE caponier_stream_held_bytes gauge\n"),
            "{text}"
        );
        assert!(!text.contains("# EOF"));
        assert!(filled().render(true).ends_with("# EOF\n"));
    }

    #[test]
    fn promtool_finds_nothing_to_complain_about() {
        let Ok(mut promtool) = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
        else {
            return; // not installed
        };
        promtool
            .stdin
            .take()
            .unwrap()
            .write_all(filled().render(false).as_bytes())
            .unwrap();
        let output = promtool.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.trim().is_empty(), "{said}");
    }
}
