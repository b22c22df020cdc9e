//! An answer that is a stream of messages, each judged as a whole before it goes out.
//!
//! The host owns the sockets: it calls [`Mail::take`] with what has come and then
//! [`Policy::deliver`] until there is nothing left, and sends what that writes.

use std::collections::BTreeMap;

use caponier_core::{Action, Exchange};
use caponier_protocol::{ErrorKind, ErrorShape, Format, Limits, Messages, Piece, StreamedMessage};

use crate::refusal::Refusal;
use crate::{Cut, Guests, Outcome, Policy, RoutePlan, StageInput};

/// A stream of messages on its way.
#[derive(Debug)]
pub struct Mail {
    format: Format,
    messages: Messages,
    /// How much of the exchange is older than the stream: messages are not judged by one another.
    before: Before,
    is_over: bool,
}

#[derive(Debug)]
struct Before {
    findings: usize,
    action: Action,
    labels: BTreeMap<String, String>,
}

/// What came of one piece of a stream.
#[derive(Debug, Default)]
pub struct Delivery {
    /// What goes out.
    pub bytes: Vec<u8>,
    /// What was decided, if there was something to decide.
    pub outcome: Option<Outcome>,
    /// Why the message does not go out.
    pub refusal: Option<Refusal>,
}

impl Mail {
    /// The stream of an answer in this format; `None` where its events are not judged one by one.
    pub fn new(
        exchange: &mut Exchange,
        format: &Format,
        first_segment: u32,
        limits: &Limits,
    ) -> Option<Self> {
        let messages = format.messages(first_segment, limits)?;
        exchange.enter(format.answer_stage());
        Some(Self {
            format: format.clone(),
            messages,
            before: Before {
                findings: exchange.prior.len(),
                action: exchange.action,
                labels: exchange.labels.clone(),
            },
            is_over: false,
        })
    }

    /// Whether nothing more goes out: what else the upstream sends is of no interest.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes upstream bytes, cut anywhere.
    ///
    /// # Errors
    /// Where an event is too large; then [`Mail::cut`].
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        self.messages.feed(bytes).map_err(|_| Cut::Malformed)
    }

    /// Bytes of events that have come and are not judged yet.
    pub fn pending(&self) -> usize {
        self.messages.pending()
    }

    /// The upstream has come to its end.
    ///
    /// # Errors
    /// Where that is in the middle of an event; then [`Mail::cut`].
    pub fn end(&mut self) -> Result<(), Cut> {
        match self.messages.is_whole() {
            true => {
                self.is_over = true;
                Ok(())
            }
            false => Err(Cut::Upstream),
        }
    }

    /// Ends the stream; whoever waits for an answer gets an error.
    pub fn cut(&mut self, kind: ErrorKind, message: &str, out: &mut Vec<u8>) {
        self.fail(kind, message, out);
        self.is_over = true;
    }

    /// What [`Mail::cut`] would write now.
    pub fn fail(&self, kind: ErrorKind, message: &str, out: &mut Vec<u8>) {
        self.messages.fail(&ErrorShape::new(kind, message), out);
    }
}

impl<G: Guests> Policy<G> {
    /// Judges the next of what has come; `None` where nothing is left.
    ///
    /// # Errors
    /// Where it is no message; then [`Mail::cut`].
    pub fn deliver(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        mail: &mut Mail,
    ) -> Result<Option<Delivery>, Cut> {
        let piece = mail.messages.pop().map_err(|_| Cut::Malformed)?;
        Ok(piece.map(|piece| match piece {
            Piece::Silent(bytes) => Delivery {
                bytes,
                outcome: None,
                refusal: None,
            },
            Piece::Message(message) => self.message(plan, exchange, mail, *message),
        }))
    }

    fn message(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        mail: &Mail,
        mut message: StreamedMessage,
    ) -> Delivery {
        exchange.current.clear();
        exchange.prior.truncate(mail.before.findings);
        exchange.action = mail.before.action;
        exchange.labels.clone_from(&mail.before.labels);
        exchange.denial = None;
        let response = message.response();
        let input = StageInput {
            stage: mail.format.answer_stage(),
            segments: response.take(),
            gaps: response.gaps().to_vec(),
            tool_calls: response.tool_calls().to_vec(),
        };
        let outcome = self.evaluate(plan, exchange, input);
        let judged = match outcome.action() {
            Action::Deny => Err(Refusal::denied(&outcome.decision, outcome.kind)),
            _ => message
                .edited(&outcome.edits, &outcome.dropped)
                .map_err(Refusal::from),
        };
        let (bytes, refusal) = match judged {
            Ok(bytes) => (bytes, None),
            Err(refusal) => {
                let shape = ErrorShape::new(refusal.kind, refusal.message.as_str());
                let refusal = refusal.speaking(&mail.format);
                (message.denied(&shape), Some(refusal))
            }
        };
        Delivery {
            bytes,
            outcome: Some(outcome),
            refusal,
        }
    }
}
