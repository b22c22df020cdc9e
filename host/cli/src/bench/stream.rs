//! What a token of a streamed answer costs, early and late in it.

use caponier_core::Stage;
use caponier_protocol::{Format, StreamLimits, Update};
use caponier_runtime::{Policy, StreamRun};
use serde_json::json;

use super::statistics::{median, micros, thread_time};
use super::texts::Texts;
use super::{Bench, Values};
use crate::evaluate::exchange;

/// The tokens that are compared, by number.
const EARLY: std::ops::Range<usize> = 50..150;
const LATE: std::ops::Range<usize> = 9950..10_050;

/// Processor time of a token at number 10 000 against one at number 100.
pub(super) fn growth(bench: &Bench) -> anyhow::Result<Values> {
    let mut texts = Texts::new(0x57e4);
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for round in 0..=bench.times(12, 2) {
        let (first, second) = stream(&bench.revision.policy, &mut texts)?;
        if round > 0 {
            early.push(first);
            late.push(second);
        }
    }
    let (early, late) = (median(early), median(late));
    tracing::debug!(early_us = early, late_us = late, "a streamed token");
    Ok(vec![Some(late / early)])
}

/// Takes one answer through codec, plugins and rules, an event at a time, and gives what a token
/// took early and late, in microseconds.
fn stream(policy: &Policy, texts: &mut Texts) -> anyhow::Result<(f64, f64)> {
    let mut exchange = exchange(policy, Stage::Prompt)?;
    policy.begin(&mut exchange);
    let plan = policy.route(None);
    let mut codec = Format::OpenAiChat.stream(0, &StreamLimits::default());
    let mut run = policy.open_stream(&plan, &mut exchange);
    let events: Vec<String> = (0..LATE.end)
        .map(|number| {
            // A line break now and then, as in any answer.
            let end = if number % 40 == 39 { ".\n" } else { "" };
            event(&format!(" {}{end}", texts.word()))
        })
        .collect();
    let mut out = Vec::new();
    let (mut sent, mut early, mut late) = (0, 0.0, 0.0);
    let mut mark = thread_time();
    for (number, event) in events.iter().enumerate() {
        if number == EARLY.start || number == LATE.start {
            mark = thread_time();
        }
        for update in codec.feed(event.as_bytes())? {
            feed(&mut run, update);
        }
        let step = policy.step(&plan, &mut exchange, &mut run);
        anyhow::ensure!(step.denied.is_none(), "a plain answer is denied");
        codec.release(&step.releases, &step.edits, &mut out);
        sent += out.len();
        out.clear();
        if number + 1 == EARLY.end {
            early = micros(thread_time().saturating_sub(mark)) / EARLY.len() as f64;
        } else if number + 1 == LATE.end {
            late = micros(thread_time().saturating_sub(mark)) / LATE.len() as f64;
        }
    }
    let all: usize = events.iter().map(String::len).sum();
    anyhow::ensure!(sent * 10 > all * 9, "most of a plain answer is held");
    Ok((early, late))
}

pub(super) fn feed(run: &mut StreamRun, update: Update) {
    match update {
        Update::Open(segment) => run.open(segment),
        Update::Text { segment, text } => {
            // Only a channel that is closed refuses, and the codec knows which are.
            let _ = run.text(segment, &text);
        }
        Update::Close { segment } => run.close(segment),
        Update::ToolCall(call) => run.tool_call(call),
        Update::Gap(gap) => run.gap(gap),
        Update::Usage(_) => {}
        Update::End => run.end(),
    }
}

/// One event with a piece of the answer.
pub(super) fn event(text: &str) -> String {
    let chunk = json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "bench",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
    });
    format!("data: {chunk}\n\n")
}
