//! A streamed answer on its way to the client: pulled by the client, inspected as it passes.
//!
//! Nothing is read from the upstream before the client has taken what was released, so a slow
//! client costs no memory. A client that leaves drops this, and with it the upstream's connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use caponier_config::{DenyAs, StreamMode};
use caponier_core::{Action, Exchange};
use caponier_protocol::{ErrorKind, ErrorShape, StreamCodec, StreamEnd, StreamLimits, Update};
use caponier_runtime::{DenialKind, Step, StreamRun};
use http_body::Body as _;
use tokio::sync::oneshot;

use super::decide::{Accepted, Passage};
use super::echo::AnswerBody;
use super::refusal::Refusal;
use crate::answer::IdleTimer;
use crate::audit::Digests;
use crate::decode::Decoder;
use crate::metrics::Metrics;
use crate::state::ServerRuntime;

/// The most bytes that compressed events may come to.
const MAX_PLAIN: usize = 1 << 30;
/// The most that one piece of a compressed event stream may hold: a few bytes can stand for a billion.
const MAX_BURST: usize = 16 << 20;

/// What may move to the evaluation pool: exchange and run. Its end is recorded whatever happens.
pub(crate) struct Inspection {
    passage: Box<Passage>,
    exchange: Box<Exchange>,
    run: Option<StreamRun>,
    digests: Digests,
    /// What the gauge of held bytes was told.
    held: i64,
}

/// A streamed answer.
pub(crate) struct Live {
    runtime: ServerRuntime,
    state: State,
    codec: StreamCodec,
    source: Option<AnswerBody>,
    decoder: Option<Decoder>,
    timer: IdleTimer,
    deadline: Instant,
    inline: usize,
    as_error: bool,
    buffer: bool,
    has_ended: bool,
}

enum State {
    Reading(Box<Inspection>),
    Evaluating(oneshot::Receiver<(Box<Inspection>, Step)>),
    Done,
}

/// Why a stream ends before its end.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    Upstream,
    Malformed,
    Timeout,
    Overload,
}

impl Cut {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Upstream => "the upstream's answer broke off",
            Self::Malformed => "the upstream's answer is not a valid event stream",
            Self::Timeout => "the upstream did not go on in time",
            Self::Overload => "too much to evaluate",
        }
    }

    pub(super) fn kind(self) -> ErrorKind {
        match self {
            Self::Upstream | Self::Malformed => ErrorKind::BadGateway,
            Self::Timeout => ErrorKind::UpstreamTimeout,
            Self::Overload => ErrorKind::Unavailable,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Upstream => "broken",
            Self::Malformed => "malformed",
            Self::Timeout => "idle-timeout",
            Self::Overload => "overload",
        }
    }
}

impl Live {
    pub(crate) fn new(
        runtime: ServerRuntime,
        accepted: Accepted,
        source: AnswerBody,
        decoder: Option<Decoder>,
    ) -> Self {
        let Accepted {
            passage,
            mut exchange,
            next_segment,
            ..
        } = accepted;
        let run = passage
            .current
            .policy
            .open_stream(passage.plan(), &mut exchange);
        let config = Arc::clone(&passage.current.config);
        let route = passage.config();
        let (as_error, buffer) = route.map_or((false, false), |route| {
            (
                route.deny_as == DenyAs::Error,
                route.stream == StreamMode::Buffer,
            )
        });
        let (idle, total) = route.map_or_else(Default::default, |route| {
            (route.timeouts.idle, route.timeouts.total)
        });
        let codec = passage
            .format
            .stream(next_segment, &StreamLimits::default());
        passage.current.state.metrics.open_streams.inc();
        let deadline = passage.arrived + total;
        Self {
            runtime,
            state: State::Reading(Box::new(Inspection {
                passage,
                exchange,
                run: Some(run),
                digests: Digests::default(),
                held: 0,
            })),
            codec,
            source: Some(source),
            decoder,
            timer: IdleTimer::new(idle),
            deadline,
            inline: usize::try_from(config.limits.inline).unwrap_or(usize::MAX),
            as_error,
            buffer,
            has_ended: false,
        }
    }

    /// The next bytes for the client; `None` at the end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let out = match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Evaluating(mut waiting) => match Pin::new(&mut waiting).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Evaluating(waiting);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((inspection, step))) => self.apply(inspection, &step),
                    // The job died; its inspection has recorded itself on the way out.
                    Poll::Ready(Err(_)) => self.cut(None, Cut::Overload),
                },
                State::Reading(inspection) if self.has_ended => {
                    self.settle(inspection, cx);
                    return Poll::Ready(None);
                }
                State::Reading(inspection) => match self.read(inspection, cx) {
                    Poll::Ready(out) => out,
                    Poll::Pending => return Poll::Pending,
                },
            };
            if !out.is_empty() {
                return Poll::Ready(Some(out.into()));
            }
        }
    }

    /// Takes the upstream's next bytes and has them looked at.
    fn read(&mut self, inspection: Box<Inspection>, cx: &mut Context<'_>) -> Poll<Vec<u8>> {
        let frame = match &mut self.source {
            Some(source) => Pin::new(source).poll_frame(cx),
            None => Poll::Ready(None),
        };
        let frame = match frame {
            Poll::Pending => {
                if self.timer.poll(cx).is_ready() {
                    return Poll::Ready(self.cut(Some(inspection), Cut::Timeout));
                }
                self.state = State::Reading(inspection);
                return Poll::Pending;
            }
            Poll::Ready(frame) => frame,
        };
        self.timer.touch();
        if Instant::now() > self.deadline {
            return Poll::Ready(self.cut(Some(inspection), Cut::Timeout));
        }
        // Trailers before the protocol's own end, an error and a silent end are all the same cut.
        let data = match frame {
            Some(Ok(frame)) => frame.into_data().ok(),
            Some(Err(_)) | None => None,
        };
        match data {
            Some(data) => Poll::Ready(self.take(inspection, &data)),
            None => Poll::Ready(self.cut(Some(inspection), Cut::Upstream)),
        }
    }

    fn take(&mut self, mut inspection: Box<Inspection>, data: &[u8]) -> Vec<u8> {
        let fed = match &mut self.decoder {
            None => self.codec.feed(data).ok(),
            Some(decoder) => {
                let mut plain = Vec::new();
                match decoder.push(data, &mut plain) {
                    Ok(()) => self.codec.feed(&plain).ok(),
                    Err(_) => None,
                }
            }
        };
        let Some(updates) = fed else {
            return self.cut(Some(inspection), Cut::Malformed);
        };
        let Some(taken) = inspection.update(updates) else {
            return self.cut(Some(inspection), Cut::Malformed);
        };
        self.has_ended |= taken.has_ended;
        if self.buffer && !self.has_ended {
            self.state = State::Reading(inspection);
            return if taken.is_news {
                self.codec.keep_alive().to_vec()
            } else {
                Vec::new()
            };
        }
        if !taken.is_news && self.codec.held() == 0 {
            self.state = State::Reading(inspection);
            return Vec::new();
        }
        if inspection.pending() <= self.inline {
            let step = inspection.step();
            return self.apply(inspection, &step);
        }
        let (done, waiting) = oneshot::channel();
        let job = move || {
            let step = inspection.step();
            let _ = done.send((inspection, step));
        };
        // A full queue drops the job, and the inspection in it records itself.
        match self.runtime.pool().submit(Box::new(job)) {
            Ok(()) => {
                self.state = State::Evaluating(waiting);
                Vec::new()
            }
            Err(_) => self.cut(None, Cut::Overload),
        }
    }

    /// Lets out what a step released.
    fn apply(&mut self, mut inspection: Box<Inspection>, step: &Step) -> Vec<u8> {
        inspection.note(step);
        let mut out = Vec::new();
        if let Some(decision) = &step.denied {
            let Refusal { kind, message, .. } = Refusal::denied(decision, step.kind);
            if self.as_error || step.kind != DenialKind::Content {
                self.codec.fail(&ErrorShape::new(kind, message), &mut out);
            } else {
                self.codec.deny(&message, false, &mut out);
            }
            self.source = None;
            inspection.conclude();
            return out;
        }
        let sent = self.codec.release(&step.releases, &step.edits, &mut out);
        if sent == 0 && out.is_empty() && !self.has_ended && self.codec.held() > 0 {
            out.extend_from_slice(self.codec.keep_alive());
        }
        if self.has_ended {
            match self.codec.finish() {
                StreamEnd::Complete => {}
                StreamEnd::Cut { .. } => {
                    let cut = self.cut(Some(inspection), Cut::Malformed);
                    out.extend_from_slice(&cut);
                    return out;
                }
            }
        }
        self.state = State::Reading(inspection);
        out
    }

    /// Ends the stream with an error event; what was held is gone.
    fn cut(&mut self, inspection: Option<Box<Inspection>>, why: Cut) -> Vec<u8> {
        let mut out = Vec::new();
        let shape = ErrorShape::new(why.kind(), why.message());
        self.codec.fail(&shape, &mut out);
        self.source = None;
        self.state = State::Done;
        if let Some(mut inspection) = inspection {
            inspection.metrics().upstream_error(why.word());
            inspection.conclude();
        }
        out
    }

    /// After the protocol's own end: the upstream's connection may be used again if HTTP has come to
    /// its end too.
    fn settle(&mut self, mut inspection: Box<Inspection>, cx: &mut Context<'_>) {
        inspection.conclude();
        if let Some(mut source) = self.source.take() {
            for _ in 0..4 {
                match Pin::new(&mut source).poll_frame(cx) {
                    Poll::Ready(Some(Ok(_))) => {}
                    Poll::Ready(_) | Poll::Pending => break,
                }
            }
        }
    }
}

/// What came with some bytes.
struct Taken {
    is_news: bool,
    has_ended: bool,
}

impl Inspection {
    fn metrics(&self) -> &Metrics {
        &self.passage.current.state.metrics
    }

    fn update(&mut self, updates: Vec<Update>) -> Option<Taken> {
        let run = self.run.as_mut()?;
        let mut taken = Taken {
            is_news: !updates.is_empty(),
            has_ended: false,
        };
        for update in updates {
            match update {
                Update::Open(segment) => {
                    self.exchange.usage.segments += 1;
                    run.open(segment);
                }
                Update::Text { segment, text } => {
                    if !self.exchange.usage.reported {
                        self.exchange.usage.completion_tokens += (text.len() as u64).div_ceil(4);
                    }
                    run.text(segment, &text).ok()?;
                }
                Update::Close { segment } => run.close(segment),
                Update::ToolCall(call) => run.tool_call(call),
                Update::Gap(gap) => run.gap(gap),
                Update::Usage(tokens) => {
                    let usage = &mut self.exchange.usage;
                    (usage.prompt_tokens, usage.completion_tokens, usage.reported) =
                        (tokens.prompt, tokens.completion, true);
                }
                Update::End => {
                    taken.has_ended = true;
                    run.end();
                }
            }
        }
        Some(taken)
    }

    fn pending(&self) -> usize {
        self.run.as_ref().map_or(0, StreamRun::pending_bytes)
    }

    fn step(&mut self) -> Step {
        let policy = Arc::clone(&self.passage.current.policy);
        match &mut self.run {
            Some(run) => policy.step(self.passage.plan(), &mut self.exchange, run),
            None => Step::default(),
        }
    }

    fn note(&mut self, step: &Step) {
        let revision = Arc::clone(&self.passage.current);
        for finding in &step.findings {
            let action = revision
                .policy
                .action_of(caponier_core::Stage::Output, finding, &[]);
            revision.state.metrics.finding(&finding.rule, action);
            if self.passage.trail.is_on() {
                self.digests
                    .add(&revision.state.digest_key, finding, step.matched(finding));
            }
        }
        self.hold();
    }

    fn hold(&mut self) {
        let held = self
            .run
            .as_ref()
            .map_or(0, |run| i64::try_from(run.held()).unwrap_or(i64::MAX));
        if held != self.held {
            self.metrics().held.inc_by(held - self.held);
            self.held = held;
        }
    }

    /// Records the stream as a whole, once.
    fn conclude(&mut self) {
        let Some(run) = self.run.take() else { return };
        self.hold();
        let revision = Arc::clone(&self.passage.current);
        let outcome = revision.policy.finish(run);
        let usage = &self.exchange.usage;
        if usage.reported {
            revision
                .state
                .metrics
                .tokens(usage.prompt_tokens, usage.completion_tokens);
        }
        revision.state.metrics.open_streams.dec();
        let digests = std::mem::take(&mut self.digests);
        self.passage.write(&self.exchange, &outcome, &digests, None);
        debug_assert!(outcome.action() != Action::Deny || self.exchange.denial.is_some());
    }
}

impl Drop for Inspection {
    fn drop(&mut self) {
        self.conclude();
    }
}

/// A decoder for a compressed event stream.
pub(crate) fn decoder(
    encoding: Option<crate::decode::Encoding>,
) -> Result<Option<Decoder>, crate::decode::DecodeError> {
    encoding
        .map(|encoding| Decoder::bursting(encoding, MAX_PLAIN, MAX_BURST))
        .transpose()
}
