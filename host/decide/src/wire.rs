//! A streamed answer on the wire: upstream bytes in, client bytes out, decided on the way.
//!
//! The host owns the sockets, and calls [`Wire::take`] with what has come, [`Wire::step`] where
//! that says so, and sends what [`Wire::apply`] writes.

use caponier_core::Exchange;
use caponier_protocol::{
    ErrorKind, ErrorShape, Format, StreamCodec, StreamEnd, StreamLimits, Update,
};

use crate::refusal::Refusal;
use crate::{DenialKind, Guests, Outcome, Policy, RoutePlan, Step, StreamRun};

/// Why a stream ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The upstream went away.
    Upstream,
    /// What it sent is no stream of the format.
    Malformed,
}

impl Cut {
    /// For the client.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Upstream => "the upstream's answer broke off",
            Self::Malformed => "the upstream's answer is not a valid event stream",
        }
    }

    /// For metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Upstream => "broken",
            Self::Malformed => "malformed",
        }
    }
}

/// What is to be done after bytes were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: more must come.
    Wait,
    /// Nothing but a sign of life for the client.
    KeepAlive,
    /// [`Wire::step`].
    Step,
}

/// A streamed answer on its way.
#[derive(Debug)]
pub struct Wire {
    codec: StreamCodec,
    run: Option<StreamRun>,
    as_error: bool,
    is_whole: bool,
    has_ended: bool,
    is_over: bool,
}

impl Wire {
    /// A stream whose segments' ids begin with `first_segment`. `as_error`: a denial is an error
    /// event; `is_whole`: nothing is judged before all of it is there.
    pub fn new<G: Guests>(
        policy: &Policy<G>,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        format: &Format,
        first_segment: u32,
        (as_error, is_whole): (bool, bool),
    ) -> Self {
        Self {
            codec: format.stream(first_segment, &StreamLimits::default()),
            run: Some(policy.open_stream(plan, exchange)),
            as_error,
            is_whole,
            has_ended: false,
            is_over: false,
        }
    }

    /// Whether nothing more goes out: what else the upstream sends is of no interest.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the protocol's own end has come.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Bytes that are held back now.
    pub fn held(&self) -> usize {
        self.run.as_ref().map_or(0, StreamRun::held)
    }

    /// A sign of life for the client.
    pub fn keep_alive(&self) -> &'static [u8] {
        self.codec.keep_alive()
    }

    /// Takes upstream bytes, cut anywhere.
    ///
    /// # Errors
    /// Where they are no stream of the format; then [`Wire::cut`].
    pub fn take(&mut self, exchange: &mut Exchange, bytes: &[u8]) -> Result<Next, Cut> {
        if self.is_over {
            return Ok(Next::Wait);
        }
        let updates = self.codec.feed(bytes).map_err(|_| Cut::Malformed)?;
        let is_news = !updates.is_empty();
        self.update(exchange, updates).ok_or(Cut::Malformed)?;
        Ok(match (is_news, self.is_whole && !self.has_ended) {
            (true, true) => Next::KeepAlive,
            (false, true) => Next::Wait,
            (false, false) if self.codec.held() == 0 => Next::Wait,
            _ => Next::Step,
        })
    }

    fn update(&mut self, exchange: &mut Exchange, updates: Vec<Update>) -> Option<()> {
        let run = self.run.as_mut()?;
        for update in updates {
            match update {
                Update::Open(segment) => {
                    exchange.usage.segments += 1;
                    run.open(segment);
                }
                Update::Text { segment, text } => {
                    if !exchange.usage.reported {
                        exchange.usage.completion_tokens += (text.len() as u64).div_ceil(4);
                    }
                    run.text(segment, &text).ok()?;
                }
                Update::Close { segment } => run.close(segment),
                Update::ToolCall(call) => run.tool_call(call),
                Update::Gap(gap) => run.gap(gap),
                Update::Usage(tokens) => {
                    let usage = &mut exchange.usage;
                    (usage.prompt_tokens, usage.completion_tokens, usage.reported) =
                        (tokens.prompt, tokens.completion, true);
                }
                Update::End => {
                    self.has_ended = true;
                    run.end();
                }
            }
        }
        Some(())
    }

    /// Has what came looked at.
    pub fn step<G: Guests>(
        &mut self,
        policy: &Policy<G>,
        plan: &RoutePlan,
        exchange: &mut Exchange,
    ) -> Step {
        match &mut self.run {
            Some(run) => policy.step(plan, exchange, run),
            None => Step::default(),
        }
    }

    /// Writes what a step released, or the end that a denial is.
    ///
    /// # Errors
    /// Where the protocol's end has come and text is still held; then [`Wire::cut`].
    pub fn apply(&mut self, step: &Step, out: &mut Vec<u8>) -> Result<(), Cut> {
        if let Some(decision) = &step.denied {
            let Refusal { kind, message, .. } = Refusal::denied(decision, step.kind);
            if self.as_error || step.kind != DenialKind::Content {
                self.codec.fail(&ErrorShape::new(kind, message), out);
            } else {
                self.codec.deny(&message, false, out);
            }
            self.is_over = true;
            return Ok(());
        }
        let before = out.len();
        let sent = self.codec.release(&step.releases, &step.edits, out);
        if sent == 0 && out.len() == before && !self.has_ended && self.codec.held() > 0 {
            out.extend_from_slice(self.keep_alive());
        }
        if self.has_ended {
            self.is_over = true;
            if let StreamEnd::Cut { .. } = self.codec.finish() {
                return Err(Cut::Malformed);
            }
        }
        Ok(())
    }

    /// Ends the stream with an error event; what was held is gone.
    pub fn cut(&mut self, why: Cut, out: &mut Vec<u8>) {
        let shape = ErrorShape::new(ErrorKind::BadGateway, why.message());
        self.codec.fail(&shape, out);
        self.is_over = true;
    }

    /// What came of the stream as a whole, once.
    pub fn finish<G: Guests>(&mut self, policy: &Policy<G>) -> Option<Outcome> {
        let outcome = policy.finish(self.run.take()?);
        Some(outcome)
    }
}
