//! Streams of messages: each event is one, and goes out as a whole.

use std::collections::VecDeque;

use caponier_core::{Gap, GapKind, SegmentEdit, Span};

use super::Asked;
use super::errors::error;
use super::response::read;
use crate::queue::Seen;
use crate::reading::Reading;
use crate::splice::{Splice, apply_into};
use crate::sse::{Block, Data, Sse};
use crate::stream::Events;
use crate::{EditError, ErrorShape, Limits, Malformed, Response, StreamLimits};

/// A stream of messages, cut into them.
pub struct Messages {
    events: Sse,
    /// Events that have come and are not handed on yet.
    waiting: VecDeque<Block>,
    asked: Asked,
    next_segment: u32,
    event_bytes: usize,
    limits: Limits,
    /// The answer that was asked for has come.
    is_answered: bool,
}

/// What a stream is made of.
#[derive(Debug)]
pub enum Piece {
    /// What clients read over.
    Silent(Vec<u8>),
    /// A message.
    Message(Box<StreamedMessage>),
}

/// One message of a stream.
pub struct StreamedMessage {
    bytes: Vec<u8>,
    data: Data,
    response: Response,
    /// The id of an answer, as it was written.
    answers: Option<String>,
}

impl Messages {
    pub(crate) fn new(asked: Asked, next_segment: u32, limits: &Limits) -> Self {
        Self {
            events: Sse::default(),
            waiting: VecDeque::new(),
            asked,
            next_segment,
            // A message is as large as what it answers with.
            event_bytes: StreamLimits::default().queued_bytes,
            limits: *limits,
            is_answered: false,
        }
    }

    /// Takes bytes of the upstream, cut anywhere. [`pop`](Self::pop) hands on what they complete.
    ///
    /// # Errors
    /// Where an event is larger than is read.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut blocks = Vec::new();
        self.events.feed(bytes, self.event_bytes, &mut blocks)?;
        self.waiting.extend(blocks);
        Ok(())
    }

    /// The next of what has come.
    ///
    /// # Errors
    /// An event that is no message, or that two parsers could read differently.
    pub fn pop(&mut self) -> Result<Option<Piece>, Malformed> {
        while let Some(block) = self.waiting.pop_front() {
            if let Some(piece) = self.piece(block)? {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    fn piece(&mut self, block: Block) -> Result<Option<Piece>, Malformed> {
        let Block {
            bytes,
            data,
            is_odd,
        } = block;
        let Some(data) = data.filter(|data| !data.text.is_empty()) else {
            // What says more than the standard's fields do has no message to be judged with.
            return Ok((!is_odd).then_some(Piece::Silent(bytes)));
        };
        let body = data.text.clone();
        let (mut response, answers) = read(&self.asked, body, self.next_segment, &self.limits)?;
        if is_odd {
            response.add_gap(Gap {
                kind: GapKind::Unrecognized,
                place: "event".to_owned(),
            });
        }
        self.next_segment = response.next_segment();
        let is_asked = answers.is_some() && answers == self.asked.id;
        self.is_answered |= is_asked;
        Ok(Some(Piece::Message(Box::new(StreamedMessage {
            bytes,
            data,
            response,
            answers,
        }))))
    }

    /// Bytes of events that have come and are not handed on yet.
    pub fn pending(&self) -> usize {
        self.waiting.iter().map(|block| block.bytes.len()).sum()
    }

    /// What tells the client that no answer comes any more; nothing where none is waited for.
    pub fn fail(&self, shape: &ErrorShape, out: &mut Vec<u8>) {
        if let (Some(id), false) = (&self.asked.id, self.is_answered) {
            let message = error(Some(id), shape);
            out.extend_from_slice(format!("event: message\ndata: {message}\n\n").as_bytes());
        }
    }

    /// Whether the stream ended between two events.
    pub fn is_whole(&self) -> bool {
        self.events.rest().is_none()
    }

    /// What to send while nothing else is to be sent.
    pub const fn keep_alive(&self) -> &'static [u8] {
        b": held\n\n"
    }
}

impl StreamedMessage {
    /// What is to be judged.
    pub fn response(&mut self) -> &mut Response {
        &mut self.response
    }

    /// The event with the edits applied and segments dropped. Without any, it is the very same
    /// bytes.
    ///
    /// # Errors
    /// The first edit that cannot be applied; nothing of the event is to be sent then.
    pub fn edited(&self, edits: &[SegmentEdit], drop: &[u32]) -> Result<Vec<u8>, EditError> {
        let splices = self.response.splices(edits, drop)?;
        let place = |splice: Splice| Splice::new(self.data.place(splice.span), splice.with);
        let splices: Vec<Splice> = splices.into_iter().map(place).collect();
        Ok(spliced(&self.bytes, &splices))
    }

    /// What goes out in the place of a message that is denied: an error for one that answers, and
    /// nothing for another.
    pub fn denied(&self, shape: &ErrorShape) -> Vec<u8> {
        let Some(id) = &self.answers else {
            return Vec::new();
        };
        let all = self.data.place(Span::new(0, self.data.text.len()));
        let splice = Splice::new(all, error(Some(id), shape));
        spliced(&self.bytes, &[splice])
    }
}

impl std::fmt::Debug for StreamedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamedMessage")
            .field("bytes", &self.bytes.len())
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Messages")
            .field("is_answered", &self.is_answered)
            .finish_non_exhaustive()
    }
}

fn spliced(bytes: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    apply_into(&mut out, bytes, splices);
    out
}

/// Messages are judged one by one, by [`Messages`]: in a stream of segments there is nothing to
/// read.
pub(crate) struct NoStream;

impl Events for NoStream {
    fn read(&mut self, _: &mut Reading<'_>) -> Result<(), Malformed> {
        Err(Malformed::sequence("a message in a stream of text"))
    }

    fn sent(&mut self, _: &[Seen]) {}

    fn is_complete(&self, _: Option<&[u8]>) -> bool {
        false
    }

    fn deny(&self, _: &mut Vec<u8>) {}

    fn fail(&self, _: &ErrorShape, _: &mut Vec<u8>) {}
}
