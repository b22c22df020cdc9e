//! What every wire format promises, whatever bytes come.
//!
//! The first byte of an input says what the rest is: `q` a request, `r` an answer, `s` a stream,
//! whose next byte says how it is cut. Inputs that are not of the format are refused, and that is
//! all that may come of them; what is read keeps the promises below.

use std::collections::BTreeMap;

use caponier_core::{Release, Segment, SegmentEdit, Span};
use caponier_protocol::{Format, Limits, Placed, StreamCodec, StreamEnd, StreamLimits, Update};

/// The boundary of the forms in the corpora.
const FORM: &str = "multipart/form-data; boundary=fuzz";

/// Small, so that inputs get there.
const LIMITS: Limits = Limits {
    depth: 32,
    values: 10_000,
    segments: 512,
};

/// Tries an input on a format.
pub fn check(format: &Format, input: &[u8]) {
    match input.split_first() {
        Some((b'q', body)) => request(format, body),
        Some((b'r', body)) => response(format, body),
        Some((b's', [seed, bytes @ ..])) => stream(format, *seed, bytes),
        _ => {}
    }
}

fn kind(format: &Format) -> &'static str {
    match format {
        Format::OpenAiFiles => FORM,
        _ => "application/json",
    }
}

fn request(format: &Format, body: &[u8]) {
    let read = || format.request_of(kind(format), body.to_vec(), &LIMITS);
    let Ok(parsed) = read() else { return };
    let edits = edits(parsed.segments(), parsed.next_segment());
    let same = parsed.edited(&[], &[], &[], &[]);
    assert_eq!(same.as_deref(), Ok(body), "nothing was edited");
    for edit in edits {
        let Ok(parsed) = read() else { continue };
        let _ = parsed.edited(&[edit], &[], &[], &[]);
    }
    let Ok(parsed) = read() else { return };
    let all: Vec<u32> = (0..parsed.next_segment()).collect();
    let _ = parsed.edited(&[], &all, &[], &[]);
}

fn response(format: &Format, body: &[u8]) {
    let read = || format.response(body.to_vec(), 7, &LIMITS);
    let Ok(parsed) = read() else { return };
    let edits = edits(parsed.segments(), parsed.next_segment());
    let same = parsed.edited(&[], &[]);
    assert_eq!(same.as_deref(), Ok(body), "nothing was edited");
    for edit in edits {
        let Ok(parsed) = read() else { continue };
        let _ = parsed.edited(&[edit], &[]);
    }
}

/// An edit of the first character of each segment that may be edited, and of all of it.
fn edits(segments: &[Placed], next: u32) -> Vec<SegmentEdit> {
    let mut edits = Vec::new();
    for Placed { segment, .. } in segments {
        assert!(segment.id < next && !segment.text.is_empty());
        assert!(segment.settled <= segment.text.len());
        if segment.is_read_only() {
            continue;
        }
        let first = segment.text.chars().next().map_or(0, char::len_utf8);
        for end in [first, segment.text.len()] {
            edits.push(SegmentEdit {
                segment: segment.id,
                span: Span::new(0, end),
                replacement: "\"x\\\n".to_owned(),
            });
        }
    }
    edits
}

/// What came of a stream.
#[derive(PartialEq, Debug)]
struct Told {
    texts: BTreeMap<u32, String>,
    gaps: Vec<String>,
    out: Vec<u8>,
    end: StreamEnd,
}

fn stream(format: &Format, seed: u8, bytes: &[u8]) {
    let whole = told(format, [bytes].into_iter());
    let mut rest = bytes;
    let mut state = u32::from(seed) | 1;
    let pieces = std::iter::from_fn(|| {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let size = (state >> 16) as usize % 9 + 1;
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    });
    let cut = told(format, pieces);
    assert_eq!(whole.is_some(), cut.is_some(), "refused however it is cut");
    if let (Some(whole), Some(cut)) = (whole, cut) {
        assert_eq!(whole, cut, "the same however it is cut");
        // An event that has not ended goes nowhere.
        assert!(bytes.starts_with(&whole.out), "nothing was edited");
    }
}

/// Lets everything go at once. `None` where the stream is refused.
fn told<'a>(format: &Format, pieces: impl Iterator<Item = &'a [u8]>) -> Option<Told> {
    let mut codec: StreamCodec = format.stream(3, &StreamLimits::default());
    let mut segments: BTreeMap<u32, Segment> = BTreeMap::new();
    let (mut out, mut gaps) = (Vec::new(), Vec::new());
    for piece in pieces {
        for update in codec.feed(piece).ok()? {
            match update {
                Update::Open(segment) => {
                    assert!(segment.open && segment.text.is_empty());
                    assert!(segments.insert(segment.id, segment).is_none());
                }
                Update::Text { segment, text } => {
                    let segment = segments.get_mut(&segment).expect("it was opened");
                    assert!(segment.open && !text.is_empty());
                    segment.text.push_str(&text);
                }
                Update::Close { segment } => {
                    let segment = segments.get_mut(&segment).expect("it was opened");
                    assert!(std::mem::replace(&mut segment.open, false));
                }
                Update::Gap(gap) => gaps.push(format!("{gap:?}")),
                Update::End => assert!(segments.values().all(|segment| !segment.open)),
                Update::ToolCall(_) | Update::Usage(_) => {}
            }
        }
        let releases: Vec<Release> = segments
            .values()
            .map(|segment| Release {
                segment: segment.id,
                upto: segment.text.len(),
            })
            .collect();
        codec.release(&releases, &[], &mut out);
    }
    let texts = segments.into_iter().map(|(id, segment)| (id, segment.text));
    Some(Told {
        texts: texts.collect(),
        gaps,
        out,
        end: codec.finish(),
    })
}
