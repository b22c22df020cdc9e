//! What every wire format promises, whatever bytes come.
//!
//! The first byte of an input says what the rest is: `q` a request, `r` an answer, `s` a stream,
//! whose next byte says how it is cut. Inputs that are not of the format are refused, and that is
//! all that may come of them; what is read keeps the promises below.

use std::collections::BTreeMap;

use caponier_core::{Release, Segment, SegmentEdit, Span};
use caponier_protocol::{
    Format, Limits, Messages, Piece, Placed, Response, Store, StreamCodec, StreamEnd, StreamLimits,
    Update,
};
use serde_json::Value;

/// The boundary of the forms in the corpora.
const FORM: &str = "multipart/form-data; boundary=fuzz";

/// What texts begin with that are looked for once they are dropped. With a space it is no word that
/// stands outside of texts.
const MARKER: &str = "MARK ";

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
        Some((b's', [seed, bytes @ ..])) => match format.messages(3, &LIMITS) {
            Some(_) => mail(format, *seed, bytes),
            None => stream(format, *seed, bytes),
        },
        _ => {}
    }
}

/// Tries an input on an endpoint of a store.
pub fn check_store(store: Store, method: &str, path: &str, input: &[u8]) {
    let format = store.format(method, path).expect("the endpoint is known");
    check(&format, input);
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
    // A file that is read may be anything, and JSON by chance.
    let is_json =
        !matches!(format, Format::FileContent) && serde_json::from_slice::<Value>(body).is_ok();
    for edit in edits {
        let Ok(parsed) = read() else { continue };
        if let (Ok(left), true) = (parsed.edited(&[edit], &[]), is_json) {
            json(&left);
        }
    }
    for seed in [1, 3, 5, 7] {
        let Ok(parsed) = read() else { continue };
        dropped(parsed, seed, is_json);
    }
}

fn json(left: &[u8]) -> Value {
    serde_json::from_slice(left).expect("what is left is JSON")
}

/// Drops every other segment or so: what is left is JSON still, and does not say what was dropped.
fn dropped(parsed: Response, seed: u8, is_json: bool) {
    let mut number = numbers(seed);
    let (gone, stay): (Vec<&Placed>, Vec<&Placed>) =
        parsed.segments().iter().partition(|_| number() % 2 == 0);
    let ids: Vec<u32> = gone.iter().map(|placed| placed.segment.id).collect();
    // What a gap hides may say it still, and so may what stays.
    let is_told = !parsed.keeps(&ids) && parsed.gaps().is_empty();
    let texts = gone.iter().map(|placed| placed.segment.text.clone());
    let markers: Vec<String> = texts
        .filter(|text| is_told && text.starts_with(MARKER))
        .filter(|text| !stay.iter().any(|placed| placed.segment.text.contains(text)))
        .collect();
    if let (Ok(left), true) = (parsed.edited(&[], &ids), is_json) {
        let left = json(&left);
        for marker in markers {
            assert!(!holds(&left, &marker), "{marker} was dropped");
        }
    }
}

/// Whether it stands in a string or a key.
fn holds(value: &Value, marker: &str) -> bool {
    match value {
        Value::String(text) => text.contains(marker),
        Value::Array(items) => items.iter().any(|item| holds(item, marker)),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains(marker) || holds(value, marker)),
        _ => false,
    }
}

/// Numbers that a seed stands for.
fn numbers(seed: u8) -> impl FnMut() -> u32 {
    let mut state = u32::from(seed) | 1;
    move || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        state >> 16
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
    let cut = told(format, pieces(seed, bytes));
    assert_eq!(whole.is_some(), cut.is_some(), "refused however it is cut");
    if let (Some(whole), Some(cut)) = (whole, cut) {
        assert_eq!(whole, cut, "the same however it is cut");
        // An event that has not ended goes nowhere.
        assert!(bytes.starts_with(&whole.out), "nothing was edited");
    }
}

/// The bytes, cut.
fn pieces(seed: u8, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    let mut number = numbers(seed);
    std::iter::from_fn(move || {
        let size = number() as usize % 9 + 1;
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// What came of a stream of messages.
#[derive(PartialEq, Debug)]
struct Delivered {
    texts: Vec<(u32, String)>,
    gaps: Vec<String>,
    out: Vec<u8>,
    is_whole: bool,
}

fn mail(format: &Format, seed: u8, bytes: &[u8]) {
    let mut whole = delivered(format, [bytes].into_iter());
    let mut cut = delivered(format, pieces(seed, bytes));
    if bytes.contains(&b'\r') {
        // Where a line's end is cut in two, its second half may go out after a line that did not.
        for told in [&mut whole, &mut cut].into_iter().flatten() {
            told.out.retain(|byte| !b"\r\n".contains(byte));
        }
    }
    assert_eq!(whole, cut, "the same however it is cut");
    if let Some(whole) = whole {
        // An event that has not ended goes nowhere, and what is odd and says nothing is left out.
        assert!(is_part(&whole.out, bytes), "nothing was edited");
    }
}

/// Delivers each message unedited. `None` where one is refused.
fn delivered<'a>(format: &Format, pieces: impl Iterator<Item = &'a [u8]>) -> Option<Delivered> {
    let mut messages = format.messages(3, &LIMITS).expect("it has messages");
    let mut told = Delivered {
        texts: Vec::new(),
        gaps: Vec::new(),
        out: Vec::new(),
        is_whole: false,
    };
    for piece in pieces {
        messages.feed(piece).ok()?;
        take(&mut messages, &mut told)?;
    }
    told.is_whole = messages.is_whole();
    Some(told)
}

fn take(messages: &mut Messages, told: &mut Delivered) -> Option<()> {
    while let Some(piece) = messages.pop().ok()? {
        let mut message = match piece {
            Piece::Silent(bytes) => {
                told.out.extend(bytes);
                continue;
            }
            Piece::Message(message) => message,
        };
        let response: &mut Response = message.response();
        edits(response.segments(), response.next_segment());
        let gaps = response.gaps().iter().map(|gap| format!("{gap:?}"));
        told.gaps.extend(gaps);
        let texts = response.take().into_iter();
        told.texts.extend(texts.map(|one| (one.id, one.text)));
        told.out
            .extend(message.edited(&[], &[]).expect("nothing is edited"));
    }
    Some(())
}

/// Whether all of one stands in the other, in its order.
fn is_part(part: &[u8], whole: &[u8]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|byte| whole.any(|other| other == byte))
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
