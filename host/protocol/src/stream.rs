//! Streamed responses.

use std::collections::BTreeSet;

use caponier_core::{Gap, GapKind, Release, Segment, SegmentEdit, ToolCall};

use crate::framing::Framing;
use crate::queue::{Event, Queue, Seen};
use crate::reading::Reading;
use crate::{ErrorKind, ErrorShape, Malformed, StreamLimits, Tokens};

/// What bytes of a stream add.
#[derive(Clone, PartialEq)]
pub enum Update {
    /// A segment begins; it has no text yet.
    Open(Segment),
    /// A segment's text goes on.
    Text {
        /// The segment's id.
        segment: u32,
        /// What is added at its end.
        text: String,
    },
    /// A segment's text is complete.
    Close {
        /// The segment's id.
        segment: u32,
    },
    /// A tool call is complete.
    ToolCall(ToolCall),
    /// The upstream reports what it has used.
    Usage(Tokens),
    /// Something that is not text, or is not known. Each place is told once.
    Gap(Gap),
    /// The protocol's own end. Every segment has been closed before.
    End,
}

/// Shows everything but text.
impl std::fmt::Debug for Update {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(segment) => write!(f, "Open({segment:?})"),
            Self::Text { segment, text } => write!(f, "Text(@{segment}, {} bytes)", text.len()),
            Self::Close { segment } => write!(f, "Close(@{segment})"),
            Self::ToolCall(call) => write!(f, "{call:?}"),
            Self::Usage(tokens) => write!(f, "{tokens:?}"),
            Self::Gap(gap) => write!(f, "{gap:?}"),
            Self::End => f.write_str("End"),
        }
    }
}

/// How a stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// As the protocol says, with everything released.
    Complete,
    /// Before its end, or before everything was released.
    Cut {
        /// Events that were held, and are discarded.
        held: usize,
    },
}

/// What a wire format makes of the events of one stream.
pub(crate) trait Events: Send + Sync {
    /// How the stream is cut into events.
    fn framing(&self) -> Framing {
        Framing::events()
    }

    /// Reads the data of one event.
    fn read(&mut self, reading: &mut Reading<'_>) -> Result<(), Malformed>;

    /// The client has got events that tell it this.
    fn sent(&mut self, seen: &[Seen]);

    /// Whether the stream has come to its end; `rest` is what came after the last event.
    fn is_complete(&self, rest: Option<&[u8]>) -> bool;

    /// Writes an end in the upstream's place, as the format ends what was filtered.
    fn deny(&self, out: &mut Vec<u8>);

    /// Writes an error event.
    fn fail(&self, shape: &ErrorShape, out: &mut Vec<u8>);
}

/// Turns a streamed response into segments, and lets it out as far as they are released.
///
/// Events go out in their order, each as a whole, as soon as all of their text is released: as the
/// original bytes, or with nothing but the edited strings changed.
pub struct StreamCodec {
    framing: Framing,
    queue: Queue,
    events: Box<dyn Events>,
    limits: StreamLimits,
    /// Nothing more may be read or released.
    over: bool,
    /// An end has been written in the upstream's place.
    denied: bool,
    /// Places of gaps that have been told.
    told: BTreeSet<String>,
}

impl StreamCodec {
    pub(crate) fn new(events: Box<dyn Events>, first_segment: u32, limits: StreamLimits) -> Self {
        Self {
            framing: events.framing(),
            queue: Queue::new(first_segment, limits),
            events,
            limits,
            over: false,
            denied: false,
            told: BTreeSet::new(),
        }
    }

    /// Takes bytes of the upstream, cut anywhere.
    ///
    /// # Errors
    /// The first event that is not of the format. Nothing is released any more then; end the stream
    /// with [`fail`](Self::fail).
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Update>, Malformed> {
        let mut updates = Vec::new();
        if self.over {
            return Ok(updates);
        }
        match self.read(bytes, &mut updates) {
            Ok(()) => Ok(updates),
            Err(malformed) => {
                self.over = true;
                self.queue.clear();
                Err(malformed)
            }
        }
    }

    fn read(&mut self, bytes: &[u8], updates: &mut Vec<Update>) -> Result<(), Malformed> {
        let mut blocks = Vec::new();
        self.framing
            .feed(bytes, self.limits.event_bytes, &mut blocks)?;
        for block in blocks {
            let mut event = Event {
                bytes: block.bytes,
                ..Event::default()
            };
            if block.is_odd && self.told.insert("event".to_owned()) {
                updates.push(Update::Gap(Gap {
                    kind: GapKind::Unrecognized,
                    place: "event".to_owned(),
                }));
            }
            if let Some(data) = &block.data {
                self.events.read(&mut Reading {
                    data,
                    event: &mut event,
                    queue: &mut self.queue,
                    out: updates,
                    shadow: None,
                    told: &mut self.told,
                })?;
            }
            self.queue.push(event)?;
        }
        Ok(())
    }

    /// Takes release points and edits; appends the events that may go out to `out` and says how
    /// many. Edits count from the start of the whole segment, and come no later than the release
    /// of the text they change.
    ///
    /// An edit of a read-only segment cannot be honoured: then nothing goes out any more.
    pub fn release(
        &mut self,
        releases: &[Release],
        edits: &[SegmentEdit],
        out: &mut Vec<u8>,
    ) -> usize {
        if self.over {
            return 0;
        }
        if self.queue.settle(releases, edits).is_err() {
            self.over = true;
            self.queue.clear();
            return 0;
        }
        let mut seen = Vec::new();
        let count = self.queue.drain(out, &mut seen);
        self.events.sent(&seen);
        count
    }

    /// Ends the stream in the upstream's place; what was held is gone. What the client has not seen
    /// the end of is finished as the format says of what was filtered; or, `as_error`, the client
    /// gets an error event with the message, which nothing else carries.
    pub fn deny(&mut self, message: &str, as_error: bool, out: &mut Vec<u8>) {
        if as_error {
            self.fail(&ErrorShape::new(ErrorKind::Content, message), out);
        } else if self.stop() {
            self.events.deny(out);
        }
    }

    /// Ends the stream with an error event; what was held is gone.
    pub fn fail(&mut self, shape: &ErrorShape, out: &mut Vec<u8>) {
        if self.stop() {
            self.events.fail(shape, out);
        }
    }

    /// Lets nothing more out; `false` where an end has been written already.
    fn stop(&mut self) -> bool {
        self.over = true;
        self.queue.clear();
        !std::mem::replace(&mut self.denied, true)
    }

    /// The upstream has ended. What is still held is discarded.
    pub fn finish(&mut self) -> StreamEnd {
        let held = self.queue.len();
        let ended = self.events.is_complete(self.framing.rest());
        let complete = self.denied || (!self.over && held == 0 && ended);
        self.over = true;
        self.queue.clear();
        if complete {
            StreamEnd::Complete
        } else {
            StreamEnd::Cut { held }
        }
    }

    /// What to send in place of events that are held, so that no idle timeout fires.
    pub const fn keep_alive(&self) -> &'static [u8] {
        self.framing.keep_alive()
    }

    /// How many events wait for their release.
    pub fn held(&self) -> usize {
        self.queue.len()
    }

    /// The first segment id that is free.
    pub fn next_segment(&self) -> u32 {
        self.queue.next_segment()
    }
}

impl std::fmt::Debug for StreamCodec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamCodec")
            .field("held", &self.held())
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
