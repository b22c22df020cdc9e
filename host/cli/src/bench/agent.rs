//! One more turn of an agent that sends its whole history each time.

use caponier_core::{Action, Stage};
use caponier_protocol::{Format, Limits};
use caponier_runtime::{Policy, StageInput, Timings};
use serde_json::{Value, json};

use super::statistics::{median, millis, timed, worked};
use super::texts::Texts;
use super::{Bench, Values};
use crate::evaluate::exchange;

/// Messages of the history, and their bytes.
const MESSAGES: usize = 200;
const HISTORY: usize = 800 << 10;

/// Milliseconds of one core to parse and decide a request whose history was decided with the turn
/// before.
pub(super) fn turn(bench: &Bench) -> anyhow::Result<Values> {
    let policy = &bench.revision.policy;
    let mut texts = Texts::new(0xa6e7);
    let mut messages = history(&mut texts);
    decide(policy, body(&messages))?;
    let mut times = Vec::new();
    for round in 0..bench.times(60, 8) {
        let turn = [
            json!({"role": "assistant", "content": texts.prose(700)}),
            json!({"role": "user", "content": texts.prose(300)}),
        ];
        messages.extend(turn);
        let body = body(&messages);
        let (time, decided) = worked(|| decide(policy, body));
        let parts = decided?;
        tracing::debug!(round, ?time, ?parts, "agent's turn");
        if round > 1 {
            times.push(millis(time));
        }
        messages.truncate(messages.len() - 2);
    }
    Ok(vec![Some(median(times))])
}

/// A conversation in which every other message is a tool call or its result.
fn history(texts: &mut Texts) -> Vec<Value> {
    let mut messages = vec![json!({"role": "system", "content": texts.prose(2000)})];
    let turns = MESSAGES / 4;
    let text = (HISTORY - 2000) / turns;
    for turn in 0..turns {
        let id = format!("call_{turn}");
        let arguments = json!({
            "query": texts.prose(200),
            "limit": texts.below(50),
            "filter": {"language": texts.word(), "since": texts.below(2026)},
        });
        messages.extend([
            json!({"role": "user", "content": texts.prose(text / 20)}),
            json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": id, "type": "function", "function": {"name": "search", "arguments": arguments.to_string()}},
            ]}),
            json!({"role": "tool", "tool_call_id": id, "content": texts.prose(text * 7 / 10)}),
            json!({"role": "assistant", "content": texts.prose(text / 4 - 300)}),
        ]);
    }
    messages
}

fn body(messages: &[Value]) -> Vec<u8> {
    let tool = json!({"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}});
    json!({"model": "bench", "messages": messages, "tools": [tool]})
        .to_string()
        .into_bytes()
}

/// Where the time went.
#[derive(Debug, Default)]
struct Parts {
    parse: std::time::Duration,
    edit: std::time::Duration,
    found: Vec<usize>,
    plugins: Vec<Timings>,
    rules: Vec<std::time::Duration>,
}

/// What the gateway does with a request before it goes on.
fn decide(policy: &Policy, body: Vec<u8>) -> anyhow::Result<Parts> {
    let mut parts = Parts::default();
    let (time, request) = timed(|| Format::OpenAiChat.request(body, &Limits::default()));
    let mut request = request?;
    parts.parse = time;
    let mut exchange = exchange(policy, Stage::Prompt)?;
    policy.begin(&mut exchange);
    let mut edits = Vec::new();
    for stage in [Stage::Prompt, Stage::Retrieval] {
        let segments = request.take(stage);
        let is_prompt = stage == Stage::Prompt;
        let input = StageInput {
            stage,
            segments,
            gaps: if is_prompt {
                request.gaps().to_vec()
            } else {
                Vec::new()
            },
            tool_calls: if is_prompt {
                request.tool_calls().to_vec()
            } else {
                Vec::new()
            },
        };
        let outcome = policy.evaluate(&policy.route(None), &mut exchange, input);
        anyhow::ensure!(
            outcome.action() != Action::Deny,
            "a plain history is denied: {}",
            outcome.decision.reason
        );
        anyhow::ensure!(outcome.dropped.is_empty(), "a plain history is dropped");
        parts.found.push(outcome.findings.len());
        parts.plugins.push(outcome.timings);
        parts.rules.push(outcome.rego);
        edits.extend(outcome.edits);
    }
    let (time, edited) = timed(|| request.edited(&edits, &[], &[], &[]));
    edited?;
    parts.edit = time;
    Ok(parts)
}
