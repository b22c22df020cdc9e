//! `caponier inspect`

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use caponier_core::{Action, Segment};
use caponier_runtime::{Outcome, Policy};
use serde_json::json;

use crate::DENIED;
use crate::args::{Format, Inspect};
use crate::evaluate::{edited, evaluate, exchange, findings, revision, usual_kind, usual_role};
use crate::style::{BOLD, DIM, of_action};

pub(crate) fn run(command: &Inspect) -> anyhow::Result<ExitCode> {
    let text = read(command.file.as_deref())?;
    let revision = revision(&command.config)?;
    let stage = command.place.stage;
    let role = command.place.role.unwrap_or_else(|| usual_role(stage));
    let mut exchange = exchange(&revision.policy, stage)?;
    let segment = Segment::new(0, role, usual_kind(role), text);
    let outcome = evaluate(&revision.policy, &mut exchange, stage, vec![segment]);
    match command.format {
        Format::Json => print_json(&revision.policy, &outcome, &revision.id),
        Format::Text => print_text(&revision.policy, &outcome),
    }
    Ok(match outcome.action() {
        Action::Deny => ExitCode::from(DENIED),
        _ => ExitCode::SUCCESS,
    })
}

fn read(file: Option<&Path>) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    match file.filter(|file| *file != Path::new("-")) {
        Some(file) => {
            bytes =
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        }
        None => {
            std::io::stdin()
                .read_to_end(&mut bytes)
                .context("cannot read standard input")?;
        }
    }
    String::from_utf8(bytes).map_err(|error| {
        anyhow::anyhow!(
            "the text is not UTF-8: byte {} is not part of a character",
            error.utf8_error().valid_up_to()
        )
    })
}

fn print_json(policy: &Policy, outcome: &Outcome, revision: &str) {
    let coverage = &outcome.coverage;
    let text = outcome
        .segments
        .first()
        .and_then(|segment| edited(outcome, segment));
    let report = json!({
        "action": outcome.action().as_str(),
        "reason": outcome.decision.reason,
        "findings": findings(policy, outcome),
        "text": text,
        "would": outcome.would.as_ref().map(|would| json!({"action": would.action.as_str(), "reason": would.reason})),
        "coverage": {"scanned": coverage.scanned, "bytes": coverage.bytes, "unscanned": coverage.unscanned, "complete": coverage.is_complete()},
        "faults": outcome.faults.iter().map(|fault| json!({"plugin": &*fault.plugin, "kind": fault.fault.kind.as_str()})).collect::<Vec<_>>(),
        "revision": revision,
        "elapsed_us": u64::try_from(outcome.elapsed.as_micros()).unwrap_or(u64::MAX),
    });
    anstream::println!("{report}");
}

fn print_text(policy: &Policy, outcome: &Outcome) {
    let style = of_action(outcome.action());
    anstream::print!("{style}{}{style:#}", outcome.action());
    if !outcome.decision.reason.is_empty() {
        anstream::print!(" {}", outcome.decision.reason);
    }
    anstream::println!(
        " {DIM}({:.0} µs){DIM:#}",
        outcome.elapsed.as_secs_f64() * 1e6
    );
    for finding in &outcome.findings {
        let action = policy.action_of(outcome.stage, finding, &outcome.segments);
        let style = of_action(action);
        let place = finding.span.map_or_else(
            || "whole text".to_owned(),
            |span| format!("bytes {}–{}", span.start, span.end),
        );
        anstream::println!(
            "  {BOLD}{}{BOLD:#} {style}{action}{style:#} {DIM}{}, confidence {:.2}, {place}{DIM:#}",
            finding.rule,
            finding.severity,
            finding.confidence,
        );
    }
    for fault in &outcome.faults {
        anstream::println!("  plugin {} failed: {}", fault.plugin, fault.fault);
    }
    if !outcome.edits.is_empty()
        && let Some(text) = outcome
            .segments
            .first()
            .and_then(|segment| edited(outcome, segment))
    {
        anstream::println!("{text}");
    }
}
