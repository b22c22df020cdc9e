//! Events of a stream that wait until their text has been let go.
//!
//! What an event's strings say is appended to **carriers**: one for a choice's content, one for a
//! tool call's arguments. A carrier's text is shown as one segment, or — arguments — as its leaves
//! and the whole. An event goes out when every byte that it gave to a carrier is released, and all
//! events before it have gone.

mod leaf;
mod out;
mod part;
mod repeats;

use std::collections::{BTreeMap, VecDeque};

use caponier_core::{Kind, Release, Segment, SegmentEdit, Span};

use crate::json::{Form, LeafEvent, Leaves, escaped};
use crate::parts::{Label, leaf_attributes, leaf_splices, pieces};
use crate::stream::Update;
use crate::{Malformed, Problem, StreamLimits};
use leaf::Leaf;
use part::CarrierEdit;
pub(crate) use part::{Part, Seen, Shadow, Written};
use repeats::Repeats;

/// An event as it came, and what it gave to carriers.
#[derive(Default)]
pub(crate) struct Event {
    pub(crate) bytes: Vec<u8>,
    pub(crate) parts: Vec<Part>,
    /// What the client knows once it has the event.
    pub(crate) tells: Vec<Seen>,
    /// What repeats the text of the stream so far: it goes where any of that was edited.
    pub(crate) retells: Option<Shadow>,
}

/// A text that events append to.
struct Carrier {
    end: usize,
    released: usize,
    /// Up to where events have gone out.
    gone: usize,
    closed: bool,
    /// Segments whose text is not all released, in order.
    leaves: VecDeque<u32>,
    /// For arguments.
    lexed: Option<Lexed>,
    edits: Vec<CarrierEdit>,
    /// Something of it went out changed.
    edited: bool,
    /// Seals of it that have not gone out.
    seals: usize,
    /// Edits that have gone out.
    past: Vec<CarrierEdit>,
    /// Later events may repeat it.
    kept: bool,
}

struct Lexed {
    lexer: Leaves,
    /// The segment of the whole.
    whole: u32,
    label: Label<'static>,
    name: Option<String>,
    /// A leaf that has begun, without any text so far.
    begun: Option<(String, Form)>,
    /// The leaf that is open.
    open: Option<u32>,
}

/// The queue.
pub(crate) struct Queue {
    events: VecDeque<Event>,
    bytes: usize,
    carriers: BTreeMap<u32, Carrier>,
    leaves: BTreeMap<u32, Leaf>,
    next_carrier: u32,
    next_segment: u32,
    limits: StreamLimits,
    /// Something went out changed.
    edited: bool,
    repeats: Repeats,
}

impl Queue {
    pub(crate) fn new(first_segment: u32, limits: StreamLimits) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            carriers: BTreeMap::new(),
            leaves: BTreeMap::new(),
            next_carrier: 0,
            next_segment: first_segment,
            limits,
            edited: false,
            repeats: Repeats::default(),
        }
    }

    pub(crate) fn next_segment(&self) -> u32 {
        self.next_segment
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Opens a carrier that is one segment.
    pub(crate) fn open_text(
        &mut self,
        label: &Label<'_>,
        out: &mut Vec<Update>,
    ) -> Result<u32, Malformed> {
        let carrier = self.carrier();
        let segment = self.segment(carrier, label, None, false, out)?;
        if let Some(carrier) = self.carriers.get_mut(&carrier) {
            carrier.leaves.push_back(segment);
        }
        Ok(carrier)
    }

    /// Opens a carrier for a tool call's arguments.
    pub(crate) fn open_arguments(
        &mut self,
        label: Label<'static>,
        name: Option<String>,
        out: &mut Vec<Update>,
    ) -> Result<u32, Malformed> {
        let carrier = self.carrier();
        let structured = Label {
            kind: Kind::Structured,
            ..label.clone()
        };
        let whole = self.segment(carrier, &structured.named(name.as_deref()), None, true, out)?;
        if let Some(carrier) = self.carriers.get_mut(&carrier) {
            carrier.lexed = Some(Lexed {
                lexer: Leaves::new(),
                whole,
                label,
                name,
                begun: None,
                open: None,
            });
        }
        Ok(carrier)
    }

    fn carrier(&mut self) -> u32 {
        let id = self.next_carrier;
        self.next_carrier += 1;
        let carrier = Carrier {
            end: 0,
            released: 0,
            gone: 0,
            closed: false,
            leaves: VecDeque::new(),
            lexed: None,
            edits: Vec::new(),
            edited: false,
            seals: 0,
            past: Vec::new(),
            kept: false,
        };
        self.carriers.insert(id, carrier);
        id
    }

    fn segment(
        &mut self,
        carrier: u32,
        label: &Label<'_>,
        form: Option<Form>,
        whole: bool,
        out: &mut Vec<Update>,
    ) -> Result<u32, Malformed> {
        if self.leaves.len() >= self.limits.segments {
            let problem = Problem::TooManySegments(self.limits.segments);
            return Err(Malformed {
                place: String::new(),
                at: 0,
                problem,
            });
        }
        let id = self.next_segment;
        self.next_segment = id.saturating_add(1);
        out.push(Update::Open(Segment {
            open: true,
            ..label.segment(id, String::new())
        }));
        let leaf = Leaf {
            carrier,
            form,
            whole,
            pieces: VecDeque::new(),
            length: 0,
            released: 0,
            closed: false,
            number: (form == Some(Form::Number)).then(Default::default),
        };
        self.leaves.insert(id, leaf);
        Ok(id)
    }

    /// Appends what a string says to a carrier; `raw` is where it stands in its event, `written`
    /// how.
    pub(crate) fn append(
        &mut self,
        carrier: u32,
        text: &str,
        (raw, written): (Span, Written),
        shadow: Option<Shadow>,
        out: &mut Vec<Update>,
    ) -> Result<Part, Malformed> {
        let mut span = Span::new(0, 0);
        let mut direct = None;
        let mut arguments = false;
        if let Some(state) = self.carriers.get_mut(&carrier) {
            span = Span::new(state.end, state.end + text.len());
            state.end = span.end;
            arguments = state.lexed.is_some();
            direct = state
                .lexed
                .as_ref()
                .map(|lexed| lexed.whole)
                .or(state.leaves.back().copied());
        }
        if let Some(segment) = direct {
            if let Some(leaf) = self.leaves.get_mut(&segment) {
                leaf.length = span.end;
            }
            out.push(Update::Text {
                segment,
                text: text.to_owned(),
            });
        }
        for piece in pieces(text).filter(|_| arguments) {
            let mut events = Vec::new();
            if let Some(lexed) = self
                .carriers
                .get_mut(&carrier)
                .and_then(|carrier| carrier.lexed.as_mut())
            {
                lexed.lexer.feed(piece, &mut events);
            }
            self.lexed(carrier, events, out)?;
        }
        Ok(Part {
            carrier,
            raw,
            written,
            again: false,
            text: span,
            shadow,
        })
    }

    /// The carrier that has said just this, if the text was [kept](Self::keep).
    pub(crate) fn said(&self, label: &Label<'_>, text: &str, leaves: bool) -> Option<u32> {
        self.repeats.find(label, leaves, text)
    }

    /// Later events may repeat what a carrier says: what is changed in it is kept.
    pub(crate) fn repeatable(&mut self, carrier: u32) {
        if let Some(carrier) = self.carriers.get_mut(&carrier) {
            carrier.kept = true;
        }
    }

    /// Keeps the text of a carrier, which is complete: later events may repeat it.
    pub(crate) fn keep(
        &mut self,
        carrier: u32,
        label: &Label<'_>,
        text: String,
        leaves: bool,
    ) -> Result<(), Malformed> {
        self.repeatable(carrier);
        if self.repeats.keep(carrier, label, leaves, text) > self.limits.queued_bytes {
            return Err(Malformed::too_long(self.limits.queued_bytes));
        }
        Ok(())
    }

    /// What vouches for the text that a carrier has so far: it goes when that has been edited.
    pub(crate) fn seal(&mut self, carrier: u32, raw: Span) -> Part {
        let mut end = 0;
        if let Some(state) = self.carriers.get_mut(&carrier) {
            state.seals += 1;
            end = state.end;
        }
        Part {
            carrier,
            raw,
            written: Written::Seal,
            again: false,
            text: Span::new(end, end),
            shadow: None,
        }
    }

    /// Whether the arguments of a carrier are complete JSON.
    pub(crate) fn is_complete(&self, carrier: u32) -> bool {
        self.carriers
            .get(&carrier)
            .and_then(|carrier| carrier.lexed.as_ref())
            .is_none_or(|lexed| lexed.lexer.is_complete())
    }

    /// Nothing more comes to a carrier.
    pub(crate) fn close(&mut self, carrier: u32, out: &mut Vec<Update>) -> Result<(), Malformed> {
        let mut events = Vec::new();
        let mut direct = None;
        if let Some(state) = self.carriers.get_mut(&carrier) {
            if std::mem::replace(&mut state.closed, true) {
                return Ok(());
            }
            match &mut state.lexed {
                Some(lexed) => {
                    lexed.lexer.finish(&mut events);
                    direct = Some(lexed.whole);
                }
                None => direct = state.leaves.back().copied(),
            }
        }
        self.lexed(carrier, events, out)?;
        if let Some(segment) = direct {
            if let Some(leaf) = self.leaves.get_mut(&segment) {
                leaf.closed = true;
            }
            out.push(Update::Close { segment });
        }
        Ok(())
    }

    /// Turns what the lexer read into segments. A leaf begins with its first text: there is
    /// nothing to see in an empty one.
    fn lexed(
        &mut self,
        carrier: u32,
        events: Vec<LeafEvent>,
        out: &mut Vec<Update>,
    ) -> Result<(), Malformed> {
        for event in events {
            let Some(lexed) = self
                .carriers
                .get_mut(&carrier)
                .and_then(|carrier| carrier.lexed.as_mut())
            else {
                break;
            };
            match event {
                LeafEvent::Open { path, form, .. } => lexed.begun = Some((path, form)),
                LeafEvent::Text { text, at, length } => {
                    let begun = lexed.begun.take();
                    if let Some((path, form)) = begun {
                        let mut label = lexed.label.clone();
                        label.attributes.extend(leaf_attributes(path, form));
                        let name = lexed.name.clone();
                        let id = self.segment(
                            carrier,
                            &label.named(name.as_deref()),
                            Some(form),
                            false,
                            out,
                        )?;
                        if let Some(carrier) = self.carriers.get_mut(&carrier) {
                            carrier.leaves.push_back(id);
                            if let Some(lexed) = &mut carrier.lexed {
                                lexed.open = Some(id);
                            }
                        }
                    }
                    let open = self
                        .carriers
                        .get(&carrier)
                        .and_then(|carrier| carrier.lexed.as_ref()?.open);
                    let Some(segment) = open else { continue };
                    if let Some(leaf) = self.leaves.get_mut(&segment) {
                        leaf.grow(&text, Span::new(at, at + length));
                    }
                    out.push(Update::Text { segment, text });
                }
                LeafEvent::Close { .. } => {
                    lexed.begun = None;
                    if let Some(segment) = lexed.open.take() {
                        if let Some(leaf) = self.leaves.get_mut(&segment) {
                            leaf.closed = true;
                        }
                        out.push(Update::Close { segment });
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts an event at the end.
    pub(crate) fn push(&mut self, event: Event) -> Result<(), Malformed> {
        self.bytes += event.bytes.len();
        self.events.push_back(event);
        if self.bytes > self.limits.queued_bytes {
            return Err(Malformed::too_long(self.limits.queued_bytes));
        }
        Ok(())
    }

    /// Throws everything away that has not gone out.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.carriers.clear();
        self.leaves.clear();
        self.repeats = Repeats::default();
        self.bytes = 0;
    }

    /// Takes what may go out and what is changed in it. `Err` if an edit is of a text that is
    /// read-only: then nothing may go out.
    pub(crate) fn settle(&mut self, releases: &[Release], edits: &[SegmentEdit]) -> Result<(), ()> {
        let mut order: Vec<&SegmentEdit> = edits.iter().collect();
        order.sort_by_key(|edit| (edit.segment, edit.span));
        for edit in order {
            self.edit(edit)?;
        }
        for release in releases {
            if let Some(leaf) = self.leaves.get_mut(&release.segment) {
                leaf.released = leaf.released.max(release.upto.min(leaf.length));
            }
        }
        let carriers: Vec<u32> = self.carriers.keys().copied().collect();
        for carrier in carriers {
            self.advance(carrier);
        }
        let done = self.carriers.extract_if(.., |_, carrier| {
            let is_gone = carrier.gone >= carrier.end && carrier.seals == 0;
            carrier.closed && carrier.leaves.is_empty() && is_gone
        });
        for (id, mut carrier) in done.filter(|(_, carrier)| carrier.kept) {
            carrier.past.append(&mut carrier.edits);
            self.repeats.changed(id, carrier.past);
        }
        Ok(())
    }

    fn edit(&mut self, edit: &SegmentEdit) -> Result<(), ()> {
        // Text that has gone out cannot be changed.
        let Some(leaf) = self.leaves.get_mut(&edit.segment) else {
            return Ok(());
        };
        if leaf.whole {
            return Err(());
        }
        let span = Span::new(
            edit.span.start.max(leaf.released).min(leaf.length),
            edit.span.end.min(leaf.length),
        );
        if span.end < span.start || (span.is_empty() && !edit.span.is_empty()) {
            return Ok(());
        }
        if let Some((_, edits)) = &mut leaf.number {
            edits.push((span, edit.replacement.clone()));
            return Ok(());
        }
        let start = leaf.place(span.start, false).ok_or(())?;
        let end = if span.is_empty() {
            start
        } else {
            leaf.place(span.end, true).ok_or(())?
        };
        let with = match leaf.form {
            Some(Form::String | Form::Key) => escaped(&edit.replacement),
            _ => edit.replacement.clone(),
        };
        let carrier = leaf.carrier;
        if let Some(carrier) = self.carriers.get_mut(&carrier) {
            carrier.edits.push(CarrierEdit {
                span: Span::new(start, end.max(start)),
                with,
                written: false,
            });
        }
        Ok(())
    }

    /// Moves a carrier's release point as far as its segments let it.
    fn advance(&mut self, id: u32) {
        let Some(carrier) = self.carriers.get_mut(&id) else {
            return;
        };
        let mut upto = carrier
            .lexed
            .as_ref()
            .map_or(carrier.end, |lexed| lexed.lexer.told());
        if carrier.lexed.is_some() && carrier.closed {
            upto = carrier.end;
        }
        while let Some(&segment) = carrier.leaves.front() {
            let Some(leaf) = self.leaves.get_mut(&segment) else {
                carrier.leaves.pop_front();
                continue;
            };
            let all = leaf.released >= leaf.length;
            if !(all && leaf.closed) {
                let at = if leaf.number.is_some() {
                    0
                } else {
                    leaf.released
                };
                upto = upto.min(leaf.place(at, false).unwrap_or(0));
                leaf.forget();
                break;
            }
            if let Some((text, edits)) = leaf.number.take().filter(|(_, edits)| !edits.is_empty()) {
                let edits: Vec<(u32, Span, &str)> = edits
                    .iter()
                    .map(|(span, with)| (segment, *span, with.as_str()))
                    .collect();
                let start = leaf.pieces.front().map_or(0, |piece| piece.carrier.start);
                for splice in leaf_splices(&text, Form::Number, &edits).unwrap_or_default() {
                    let span = Span::new(splice.span.start + start, splice.span.end + start);
                    carrier.edits.push(CarrierEdit {
                        span,
                        with: splice.with,
                        written: false,
                    });
                }
            }
            self.leaves.remove(&segment);
            carrier.leaves.pop_front();
        }
        if let Some(lexed) = &carrier.lexed {
            match self.leaves.get(&lexed.whole) {
                Some(whole) if whole.closed && whole.released >= whole.length => {
                    self.leaves.remove(&lexed.whole);
                }
                Some(whole) => upto = upto.min(whole.released),
                None => {}
            }
        }
        carrier.edits.sort_by_key(|edit| edit.span);
        carrier.released = carrier.released.max(upto);
    }
}
