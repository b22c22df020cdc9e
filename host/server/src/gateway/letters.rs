//! A stream of messages on its way to the client: pulled by the client, each message judged before
//! it goes out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use caponier_core::Exchange;
use caponier_decide::Mail;
use http_body::Body as _;
use tokio::sync::oneshot;

use super::decide::{Accepted, Passage};
use super::echo::AnswerBody;
use super::stream::Cut;
use crate::answer::IdleTimer;
use crate::decode::Decoder;
use crate::state::{Current, ServerRuntime};

/// A stream of messages.
pub(crate) struct Letters {
    runtime: ServerRuntime,
    state: State,
    source: Option<AnswerBody>,
    decoder: Option<Decoder>,
    timer: IdleTimer,
    deadline: Instant,
    inline: usize,
    current: Current,
}

enum State {
    Reading(Box<Post>),
    /// With what is said where the job does not come back.
    Judging(oneshot::Receiver<(Box<Post>, Vec<u8>)>, Vec<u8>),
    Done,
}

/// What may move to the evaluation pool.
struct Post {
    passage: Box<Passage>,
    exchange: Box<Exchange>,
    mail: Mail,
}

impl Post {
    /// Everything that has come, judged. A message that is none ends the stream.
    fn work(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let policy = Arc::clone(&self.passage.current.policy);
        loop {
            // Each message has a record of its own.
            if self.passage.trail.renew().is_err() {
                self.cut(Cut::Overload, &mut out);
                return out;
            }
            let plan = self.passage.plan();
            match policy.deliver(plan, &mut self.exchange, &mut self.mail) {
                Ok(None) => return out,
                Ok(Some(delivery)) => {
                    out.extend_from_slice(&delivery.bytes);
                    if let Some(outcome) = &delivery.outcome {
                        let refusal = delivery.refusal.as_ref();
                        self.passage.record(&self.exchange, outcome, refusal);
                    }
                }
                Err(_) => {
                    self.cut(Cut::Malformed, &mut out);
                    return out;
                }
            }
        }
    }

    fn cut(&mut self, why: Cut, out: &mut Vec<u8>) {
        self.mail.cut(why.kind(), why.message(), out);
        let metrics = &self.passage.current.state.metrics;
        metrics.upstream_error(why.word());
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.passage.current.state.metrics.open_streams.dec();
    }
}

impl Letters {
    pub(crate) fn new(
        runtime: ServerRuntime,
        accepted: Accepted,
        mail: Mail,
        source: AnswerBody,
        decoder: Option<Decoder>,
    ) -> Self {
        let Accepted {
            passage, exchange, ..
        } = accepted;
        let limits = &passage.current.config.limits;
        let inline = usize::try_from(limits.inline).unwrap_or(usize::MAX);
        let timeouts = passage.config().map(|route| &route.timeouts);
        let (idle, total) =
            timeouts.map_or_else(Default::default, |timeouts| (timeouts.idle, timeouts.total));
        passage.current.state.metrics.open_streams.inc();
        let deadline = passage.arrived + total;
        let current = Arc::clone(&passage.current);
        Self {
            runtime,
            state: State::Reading(Box::new(Post {
                passage,
                exchange,
                mail,
            })),
            source: Some(source),
            decoder,
            timer: IdleTimer::new(idle),
            deadline,
            inline,
            current,
        }
    }

    /// The next bytes for the client; `None` at the end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            let out = match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Poll::Ready(None),
                State::Judging(mut waiting, last) => match Pin::new(&mut waiting).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Judging(waiting, last);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok((post, out))) => {
                        self.go_on(post);
                        out
                    }
                    // The job died: nothing that it held goes out.
                    Poll::Ready(Err(_)) => self.overload(last),
                },
                State::Reading(post) => match self.read(post, cx) {
                    Poll::Ready(out) => out,
                    Poll::Pending => return Poll::Pending,
                },
            };
            if !out.is_empty() {
                return Poll::Ready(Some(out.into()));
            }
        }
    }

    fn go_on(&mut self, post: Box<Post>) {
        if !post.mail.is_over() {
            self.state = State::Reading(post);
        }
    }

    /// Takes the upstream's next bytes and has them judged.
    fn read(&mut self, mut post: Box<Post>, cx: &mut Context<'_>) -> Poll<Vec<u8>> {
        let frame = match &mut self.source {
            Some(source) => Pin::new(source).poll_frame(cx),
            None => Poll::Ready(None),
        };
        let frame = match frame {
            Poll::Pending => {
                if self.timer.poll(cx).is_ready() {
                    return Poll::Ready(self.cut(&mut post, Cut::Timeout));
                }
                self.state = State::Reading(post);
                return Poll::Pending;
            }
            Poll::Ready(frame) => frame,
        };
        self.timer.touch();
        if Instant::now() > self.deadline {
            return Poll::Ready(self.cut(&mut post, Cut::Timeout));
        }
        let taken = match frame {
            // Its end is the connection's.
            None => post.mail.end(),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => self.take(&mut post, &data),
                Err(_trailers) => Ok(()),
            },
            Some(Err(_)) => Err(caponier_decide::Cut::Upstream),
        };
        Poll::Ready(match taken {
            Ok(()) => self.judge(post),
            Err(caponier_decide::Cut::Upstream) => self.cut(&mut post, Cut::Upstream),
            Err(caponier_decide::Cut::Malformed) => self.cut(&mut post, Cut::Malformed),
        })
    }

    fn take(&mut self, post: &mut Post, data: &[u8]) -> Result<(), caponier_decide::Cut> {
        let Some(decoder) = &mut self.decoder else {
            return post.mail.take(data);
        };
        let mut plain = Vec::new();
        decoder
            .push(data, &mut plain)
            .map_err(|_| caponier_decide::Cut::Malformed)?;
        post.mail.take(&plain)
    }

    /// Has what is complete judged, where a message of its size may be.
    fn judge(&mut self, mut post: Box<Post>) -> Vec<u8> {
        if post.mail.pending() <= self.inline {
            let out = post.work();
            self.go_on(post);
            return out;
        }
        let mut last = Vec::new();
        let why = Cut::Overload;
        post.mail.fail(why.kind(), why.message(), &mut last);
        let (done, waiting) = oneshot::channel();
        let job = move || {
            let out = post.work();
            let _ = done.send((post, out));
        };
        // A full queue drops the job, and with it what has come.
        match self.runtime.pool().submit(Box::new(job)) {
            Ok(()) => {
                self.state = State::Judging(waiting, last);
                Vec::new()
            }
            Err(_) => self.overload(last),
        }
    }

    /// Ends the stream where a job is lost, with what was to be said then.
    fn overload(&mut self, last: Vec<u8>) -> Vec<u8> {
        self.source = None;
        let metrics = &self.current.state.metrics;
        metrics.upstream_error(Cut::Overload.word());
        last
    }

    /// Ends the stream; whoever waits for an answer gets an error.
    fn cut(&mut self, post: &mut Post, why: Cut) -> Vec<u8> {
        let mut out = Vec::new();
        post.cut(why, &mut out);
        self.source = None;
        out
    }
}
