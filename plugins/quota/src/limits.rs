//! Limits of requests and tokens over sliding windows.
//!
//! What would go over a limit is told of and not counted: a caller who goes on asking is let in
//! again as soon as the window has room. Requests that come at the same moment may each see room
//! for one, so that a limit can be passed by as many as are worked on at once, and no more.

use caponier_sdk::scan::glob::Glob;
use caponier_sdk::{Call, Context, Error, Report, Severity, Stage, counters};

use crate::caller;
use crate::settings::{Anonymous, Limit, Per, Settings};

/// A limit, ready to be held.
pub(crate) struct Ready {
    /// What its keys begin with.
    key: String,
    /// The rules that tell of requests, and of tokens.
    rules: (String, String),
    severity: Severity,
    per: Vec<Per>,
    models: Vec<Glob>,
    window: u32,
    requests: Option<u64>,
    tokens: Option<u64>,
    cut: bool,
}

impl Ready {
    pub(crate) fn new(place: usize, limit: &Limit) -> Self {
        let rule = |default: &str| limit.name.clone().unwrap_or_else(|| default.to_owned());
        let per = match limit.per.0.as_slice() {
            [] => vec![Per::Principal],
            per => per.to_vec(),
        };
        Self {
            key: limit.name.clone().unwrap_or_else(|| place.to_string()),
            rules: (rule("requests"), rule("tokens")),
            severity: limit.severity(),
            per,
            models: limit.models.0.iter().map(|glob| Glob::new(glob)).collect(),
            window: limit.window.0,
            requests: limit.requests,
            tokens: limit.tokens,
            cut: limit.cut,
        }
    }

    fn applies(&self, context: &Context) -> bool {
        let model = context.model.as_deref().unwrap_or_default();
        self.models.is_empty() || self.models.iter().any(|glob| glob.matches(model))
    }
}

/// What is new in this call.
pub(crate) struct New {
    /// Whether it is the first of its exchange.
    pub(crate) request: bool,
    pub(crate) tokens: u64,
}

/// Counts what is new, and tells of what is over.
pub(crate) fn hold(
    limits: &[Ready],
    anonymous: Anonymous,
    new: &New,
    call: &Call<'_>,
    report: &mut Report<'_>,
) -> Result<(), Error> {
    for limit in limits.iter().filter(|limit| limit.applies(call.context)) {
        let Some(key) = caller::key(call.context, &limit.per, anonymous) else {
            continue;
        };
        if let (Some(most), true) = (limit.requests, new.request) {
            let key = format!("requests/{}{key}", limit.key);
            if is_over(&key, 1, most, limit.window)? {
                tell(limit, &limit.rules.0, most, "requests", call, report);
            }
        }
        let Some(most) = limit.tokens else { continue };
        let key = format!("tokens/{}{key}", limit.key);
        if call.context.stage == Stage::Output {
            // What the model has said has been said, and counts.
            let sum = counters::add(&key, new.tokens, limit.window)?;
            if limit.cut && sum > most {
                tell(limit, &limit.rules.1, most, "tokens", call, report);
            }
        } else if is_over(&key, new.tokens, most, limit.window)? {
            tell(limit, &limit.rules.1, most, "tokens", call, report);
        }
    }
    Ok(())
}

/// Whether so much more is too much; where it is not, it is counted.
fn is_over(key: &str, amount: u64, most: u64, window: u32) -> Result<bool, Error> {
    let before = counters::add(key, 0, window)?;
    if before >= most || amount > most - before {
        return Ok(true);
    }
    Ok(counters::add(key, amount, window)? > most)
}

fn tell(
    limit: &Ready,
    rule: &str,
    most: u64,
    what: &str,
    call: &Call<'_>,
    report: &mut Report<'_>,
) {
    let Some(segment) = call.segments.first() else {
        return;
    };
    let per: Vec<&str> = limit.per.iter().map(|per| per.word()).collect();
    report
        .finding(rule, segment)
        .severity(limit.severity)
        .message(format!("more than {most} {what} in {} s", limit.window))
        .attribute("per", per.join(","))
        .attribute("window", limit.window.to_string());
}

/// Rules that the limits need, each once.
pub(crate) fn rules(settings: &Settings) -> Vec<(String, &'static str)> {
    let unnamed = || settings.limits.iter().filter(|limit| limit.name.is_none());
    let names = settings
        .limits
        .iter()
        .filter_map(|limit| limit.name.clone());
    let requests = unnamed().any(|limit| limit.requests.is_some());
    let tokens = unnamed().any(|limit| limit.tokens.is_some());
    [
        requests.then(|| ("requests".to_owned(), "More requests than allowed")),
        tokens.then(|| ("tokens".to_owned(), "More tokens than allowed")),
    ]
    .into_iter()
    .flatten()
    .chain(names.map(|name| (name, "More than a limit of the settings allows")))
    .collect()
}
