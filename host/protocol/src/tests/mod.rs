//! What the crate promises as a whole.

mod anthropic_batches;
mod anthropic_messages;
mod everywhere;
mod fields;
mod inspector;
mod mcp;
mod ollama;
mod openai_batches;
mod openai_chat;
mod openai_completions;
mod openai_embeddings;
mod openai_files;
mod openai_responses;
mod skipping;
mod stores;

use caponier_core::{Gap, SegmentEdit, Span};

use crate::Placed;

/// One line per segment.
fn lines(segments: &[Placed]) -> Vec<String> {
    let line = |placed: &Placed| {
        let segment = &placed.segment;
        let mut line = format!(
            "{} {} {} {}",
            segment.id, placed.stage, segment.role, segment.kind
        );
        if let Some(name) = &segment.name {
            line.push_str(&format!(" <{name}>"));
        }
        for (key, value) in &segment.attributes {
            line.push_str(&format!(" {key}={value}"));
        }
        format!("{line}: {:?}", segment.text)
    };
    segments.iter().map(line).collect()
}

/// One line per gap.
fn gaps(gaps: &[Gap]) -> Vec<String> {
    let line = |gap: &Gap| format!("{} {}", gap.kind, gap.place);
    gaps.iter().map(line).collect()
}

/// Replaces every `from` in the segments that may be edited.
fn redact(segments: &[Placed], from: &str, to: &str) -> Vec<SegmentEdit> {
    let mut edits = Vec::new();
    for placed in segments
        .iter()
        .filter(|placed| !placed.segment.is_read_only())
    {
        for (at, _) in placed.segment.text.match_indices(from) {
            let span = Span::new(at, at + from.len());
            edits.push(SegmentEdit {
                segment: placed.segment.id,
                span,
                replacement: to.to_owned(),
            });
        }
    }
    edits
}
