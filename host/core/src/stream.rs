//! How far a stream's text may go out.
//!
//! A channel is one segment that is still growing: a choice, a content block, one leaf of a tool
//! call's arguments. The machine keeps, per channel, what has not been released yet and a little
//! of what has (context for rules whose match began there), says when plugins must look again, and
//! derives from what they say how far the text may go.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::report::Hold;
use crate::{AppliedEdit, Finding, Segment, Span, StageReport};

/// Held text beyond this many bytes is not looked at again for every few bytes that come.
const EAGER: usize = 1024;
/// The most released text that is kept as context. A match that a rule's window covers never begins
/// in released text, so this serves word boundaries and context words only, and every byte of it is
/// read again at each look.
const CONTEXT: usize = 2 * 1024;

/// What a stream may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// The most bytes of one channel that may be held.
    pub hold: usize,
    /// The largest window that any rule of the chain declares.
    pub window: usize,
}

/// How much of one segment of a stream may be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The segment's id.
    pub segment: u32,
    /// Everything before this byte of the whole segment may go out.
    pub upto: usize,
}

/// What became final with one look.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Findings that will not change any more.
    pub findings: Vec<Finding>,
    /// Edits that will not change any more.
    pub edits: Vec<AppliedEdit>,
    /// How far each channel that was looked at may go out.
    pub releases: Vec<Release>,
    /// True where a channel holds more than the limit.
    pub exceeded: bool,
}

struct Channel {
    /// Id, role, kind and so on; `text` is the window, `offset` where it begins.
    window: Segment,
    /// End of the released text, in bytes of the whole segment.
    released: usize,
    /// End of the text that was inspected.
    inspected: usize,
    /// No look is needed before the text has come this far.
    due: usize,
    /// Whether the channel was inspected after it closed.
    done: bool,
    /// Findings about the whole segment that have been counted.
    counted: BTreeSet<(usize, Arc<str>)>,
}

impl Channel {
    fn base(&self) -> usize {
        usize::try_from(self.window.offset).unwrap_or(usize::MAX)
    }

    fn end(&self) -> usize {
        self.base().saturating_add(self.window.text.len())
    }

    fn is_due(&self) -> bool {
        if self.window.open {
            self.end() > self.inspected && self.end() >= self.due
        } else {
            !self.done
        }
    }

    /// The release point: what the holds leave, moved back to the start of whatever it would cut.
    fn release_point(&self, report: &StageReport) -> (usize, Option<u32>) {
        let id = self.window.id;
        let mut point = self.end();
        let mut wake = None;
        if self.window.open
            && let Some(first) = report
                .holds
                .iter()
                .filter(|hold: &&Hold| hold.segment == id)
                .min_by_key(|hold| (hold.start, hold.wake))
        {
            point = point.min(first.start);
            wake = first.wake;
        }
        let spans = || {
            let findings = report
                .findings
                .iter()
                .filter(|finding| finding.segment == id)
                .filter_map(|finding| finding.span);
            findings.chain(
                report
                    .edits
                    .iter()
                    .filter(|edit| edit.segment == id)
                    .map(|edit| edit.span),
            )
        };
        loop {
            let cut: Option<usize> = spans()
                .filter(|span| span.start < point && point < span.end)
                .map(|span| span.start)
                .min();
            match cut {
                Some(start) => point = start,
                None => break,
            }
        }
        (point.max(self.released), wake)
    }

    /// Marks everything before `point` as released, and forgets what is no longer of use.
    fn release(&mut self, point: usize, wake: Option<u32>, limits: &StreamLimits) {
        self.released = point;
        let held = self.end() - point;
        let wake = wake.map_or(usize::MAX, |wake| wake as usize);
        let patience = match held {
            0 => 1,
            1..=EAGER if wake == usize::MAX => 1,
            1..=EAGER => wake,
            _ => wake.min(held / 4),
        };
        self.due = self.end().saturating_add(patience.max(1));
        let base = self.base();
        let mut keep = point.saturating_sub(limits.window.min(CONTEXT)).max(base) - base;
        while !self.window.text.is_char_boundary(keep) {
            keep -= 1;
        }
        self.window.text.drain(..keep);
        self.window.offset += keep as u64;
        self.window.settled = point - self.base();
    }
}

/// The step machine of a stream.
pub struct Stream {
    limits: StreamLimits,
    channels: Vec<Channel>,
}

impl Stream {
    /// A stream with no channel yet.
    pub fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            channels: Vec::new(),
        }
    }

    /// A new channel. Its text may be empty.
    pub fn open(&mut self, segment: Segment) {
        let window = Segment {
            open: true,
            offset: 0,
            settled: 0,
            ..segment
        };
        self.channels.push(Channel {
            window,
            released: 0,
            inspected: 0,
            due: 1,
            done: false,
            counted: BTreeSet::new(),
        });
    }

    fn channel(&mut self, segment: u32) -> Option<&mut Channel> {
        self.channels
            .iter_mut()
            .rev()
            .find(|channel| channel.window.id == segment)
    }

    /// More text of a channel. Text for a channel that is closed or was never opened is refused.
    ///
    /// # Errors
    /// The segment's id.
    pub fn push(&mut self, segment: u32, text: &str) -> Result<(), u32> {
        match self.channel(segment) {
            Some(channel) if channel.window.open => {
                channel.window.text.push_str(text);
                Ok(())
            }
            _ => Err(segment),
        }
    }

    /// No more text will come for this channel.
    pub fn close(&mut self, segment: u32) {
        if let Some(channel) = self.channel(segment) {
            channel.window.open = false;
        }
    }

    /// No more text will come at all.
    pub fn close_all(&mut self) {
        for channel in &mut self.channels {
            channel.window.open = false;
        }
    }

    /// Bytes that are held now, over all channels.
    pub fn held(&self) -> usize {
        self.channels
            .iter()
            .map(|channel| channel.end() - channel.released)
            .sum()
    }

    /// The windows to inspect now: of every channel that has changed enough. Empty if none has.
    pub fn windows(&mut self) -> Vec<Segment> {
        let mut windows = Vec::new();
        for channel in self.channels.iter_mut().filter(|channel| channel.is_due()) {
            channel.inspected = channel.end();
            channel.done = !channel.window.open;
            windows.push(channel.window.clone());
        }
        windows
    }

    /// Takes what the chain made of the windows that [`Stream::windows`] gave.
    pub fn settle(&mut self, windows: &[Segment], report: &StageReport) -> Settled {
        let mut settled = Settled::default();
        for window in windows {
            let limits = self.limits;
            let Some(channel) = self.channel(window.id) else {
                continue;
            };
            let (point, wake) = channel.release_point(report);
            for finding in report
                .findings
                .iter()
                .filter(|finding| finding.segment == window.id)
            {
                let is_final = match finding.span {
                    Some(span) => span.end <= point,
                    None => channel
                        .counted
                        .insert((finding.order, finding.rule.clone())),
                };
                if is_final {
                    settled.findings.push(finding.clone());
                }
            }
            let is_final = |span: Span| span.end <= point;
            settled.edits.extend(
                report
                    .edits
                    .iter()
                    .filter(|edit| edit.segment == window.id && is_final(edit.span))
                    .cloned(),
            );
            channel.release(point, wake, &limits);
            settled.exceeded |= channel.end() - point > limits.hold;
            settled.releases.push(Release {
                segment: window.id,
                upto: point,
            });
        }
        self.channels
            .retain(|channel| channel.window.open || !channel.done);
        settled
    }
}

/// Shows no text.
impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("channels", &self.channels.len())
            .field("held", &self.held())
            .finish()
    }
}
