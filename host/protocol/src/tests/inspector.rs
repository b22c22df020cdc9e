//! The part that plugins and decision play in a stream.

use std::collections::BTreeMap;

use caponier_core::{Kind, Release, Segment, SegmentEdit, Span, Stage};

use crate::{Malformed, Placed, StreamCodec, StreamEnd, Update};

/// Plays the part of plugins and decision: finds one value, holds what could become it, and lets go
/// of everything else at once.
pub(in crate::tests) struct Inspector {
    pub(in crate::tests) codec: StreamCodec,
    pub(in crate::tests) updates: Vec<Update>,
    pub(in crate::tests) out: Vec<u8>,
    value: String,
    segments: BTreeMap<u32, (Segment, usize)>,
}

impl Inspector {
    pub(in crate::tests) fn new(codec: StreamCodec, value: &str) -> Self {
        Self {
            codec,
            updates: vec![],
            out: vec![],
            value: value.into(),
            segments: BTreeMap::new(),
        }
    }

    pub(in crate::tests) fn feed(&mut self, bytes: &[u8]) {
        self.try_feed(bytes).unwrap();
    }

    pub(in crate::tests) fn try_feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let updates = self.codec.feed(bytes)?;
        for update in &updates {
            match update {
                Update::Open(segment) => {
                    assert!(segment.open && segment.text.is_empty());
                    self.segments.insert(segment.id, (segment.clone(), 0));
                }
                Update::Text { segment, text } => {
                    let segment = &mut self.segments.get_mut(segment).unwrap().0;
                    assert!(segment.open && !text.is_empty());
                    segment.text.push_str(text);
                }
                Update::Close { segment } => self.segments.get_mut(segment).unwrap().0.open = false,
                _ => {}
            }
        }
        self.updates.extend(updates);
        let mut edits = Vec::new();
        let mut releases = Vec::new();
        for (segment, seen) in self.segments.values_mut() {
            let mut upto = segment.text.len();
            if !self.value.is_empty() && segment.kind != Kind::Structured {
                while let Some(found) = segment.text[*seen..].find(&self.value) {
                    let start = *seen + found;
                    *seen = start + self.value.len();
                    edits.push(SegmentEdit {
                        segment: segment.id,
                        span: Span::new(start, *seen),
                        replacement: "[\"gone\"]".into(),
                    });
                }
                if segment.open {
                    let tail = &segment.text[*seen..];
                    let held = tail
                        .char_indices()
                        .find(|(at, _)| self.value.starts_with(&tail[*at..]))
                        .map_or(0, |(at, _)| tail.len() - at);
                    upto -= held;
                }
            }
            releases.push(Release {
                segment: segment.id,
                upto,
            });
        }
        self.codec.release(&releases, &edits, &mut self.out);
        Ok(())
    }

    /// Every segment that has begun.
    pub(in crate::tests) fn opened(&self) -> Vec<Placed> {
        let place = |(segment, _): &(Segment, usize)| Placed {
            segment: segment.clone(),
            stage: Stage::Output,
        };
        self.segments.values().map(place).collect()
    }

    /// What it was told beside text.
    pub(in crate::tests) fn told(&self) -> Vec<String> {
        let is_text = |update: &&Update| {
            matches!(
                update,
                Update::Open(_) | Update::Text { .. } | Update::Close { .. }
            )
        };
        let told = self.updates.iter().filter(|update| !is_text(update));
        told.map(|update| format!("{update:?}")).collect()
    }

    /// The segments that are complete.
    pub(in crate::tests) fn closed(&self) -> Vec<Placed> {
        let mut opened = self.opened();
        opened.retain(|placed| !placed.segment.open);
        opened
    }
}

/// A stream of which nothing is edited leaves as it came, and says the same, wherever it is cut.
pub(in crate::tests) fn check_cuts(codec: impl Fn() -> StreamCodec, stream: &str) {
    let run = |cuts: &[usize]| {
        let mut inspector = Inspector::new(codec(), "");
        let mut begin = 0;
        for cut in cuts.iter().copied().chain([stream.len()]) {
            inspector.feed(&stream.as_bytes()[begin..cut]);
            begin = cut;
        }
        assert_eq!(inspector.out, stream.as_bytes(), "{cuts:?}");
        assert_eq!(inspector.codec.finish(), StreamEnd::Complete, "{cuts:?}");
        inspector.updates
    };
    let whole = run(&[]);
    for first in 0..stream.len() {
        assert!(run(&[first]) == whole, "{first}");
        for second in (first..stream.len()).step_by(7) {
            assert!(run(&[first, second]) == whole, "{first} {second}");
        }
    }
    let every: Vec<usize> = (1..stream.len()).collect();
    assert!(run(&every) == whole);
}

/// A text cut at these places.
pub(in crate::tests) fn pieces<'a>(text: &'a str, cuts: &[usize]) -> Vec<&'a str> {
    let mut at: Vec<usize> = cuts
        .iter()
        .map(|cut| cut % (text.len() + 1))
        .filter(|at| text.is_char_boundary(*at))
        .collect();
    at.extend([0, text.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// The JSON with one value in its strings, keys and numbers replaced.
pub(in crate::tests) fn replaced(value: serde_json::Value, from: &str) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => text.replace(from, "[\"gone\"]").into(),
        Value::Number(number) if number.to_string().contains(from) => {
            number.to_string().replace(from, "[\"gone\"]").into()
        }
        Value::Array(items) => items.into_iter().map(|item| replaced(item, from)).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, item)| (key.replace(from, "[\"gone\"]"), replaced(item, from)))
            .collect(),
        other => other,
    }
}
