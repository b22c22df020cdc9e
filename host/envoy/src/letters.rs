//! An answer that is a stream of messages: each is judged before it goes out.

use caponier_decide::{Cut, Guests, Mail};
use caponier_protocol::ErrorKind;

use crate::filter::{Filter, Flow, Letters, Sent, State};
use crate::host::{Body, Host, Map};

impl<H: Host, G: Guests> Filter<H, G> {
    /// The answer is such a stream.
    pub(crate) fn open_letters(&mut self, sent: Sent, mail: Mail, status: u16) -> Flow {
        let passage = &sent.passage;
        self.host.set_header(Map::Response, "content-length", None);
        self.sign(passage.action, &passage.id);
        self.root.metrics.change(&self.host, "streams_open", 1);
        self.count(Some(passage.route), passage.action, status);
        self.state = State::Letters(Box::new(Letters { sent, mail }));
        Flow::Continue
    }

    /// More of it is there: `size` bytes at hand.
    pub(crate) fn more_letters(
        &mut self,
        mut letters: Box<Letters>,
        size: usize,
        is_end: bool,
    ) -> Flow {
        let mut out = Vec::new();
        if !letters.mail.is_over() && size > 0 {
            let taken = match self.host.body(Body::Response, size) {
                Some(bytes) => letters.mail.take(&bytes),
                None => Err(Cut::Upstream),
            };
            let judged = taken.and_then(|()| self.judge_letters(&mut letters, &mut out));
            if let Err(why) = judged {
                self.cut_letters(&mut letters, why, &mut out);
            }
        }
        if is_end
            && !letters.mail.is_over()
            && let Err(why) = letters.mail.end()
        {
            self.cut_letters(&mut letters, why, &mut out);
        }
        let is_nothing = size == 0 && out.is_empty();
        if is_nothing || self.host.set_body(Body::Response, size, &out) {
            match is_end {
                true => self.close_letters(),
                false => self.state = State::Letters(letters),
            }
            return Flow::Continue;
        }
        // What was not judged must not go out, now or with what comes next.
        self.root.metrics.change(&self.host, "streams_open", -1);
        Flow::Pause
    }

    fn judge_letters(&self, letters: &mut Letters, out: &mut Vec<u8>) -> Result<(), Cut> {
        let Letters { sent, mail } = letters;
        let Some((_, _, plan)) = self.root.route(sent.passage.route) else {
            return Err(Cut::Malformed);
        };
        let policy = &self.root.policy;
        while let Some(delivery) = policy.deliver(plan, &mut sent.exchange, mail)? {
            out.extend_from_slice(&delivery.bytes);
            if let Some(outcome) = &delivery.outcome {
                self.record(&sent.exchange, outcome, delivery.refusal.as_ref());
            }
        }
        Ok(())
    }

    fn cut_letters(&self, letters: &mut Letters, why: Cut, out: &mut Vec<u8>) {
        self.root.metrics.upstream_error(&self.host, why.word());
        letters.mail.cut(ErrorKind::BadGateway, why.message(), out);
    }

    /// Nothing more of it comes.
    pub(crate) fn close_letters(&mut self) {
        self.root.metrics.change(&self.host, "streams_open", -1);
        self.state = State::Over;
    }
}
