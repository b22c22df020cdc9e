//! Bodies of answers to clients.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::gateway::{Letters, Live};
use crate::metrics::Metrics;
use crate::upstream::UpstreamBody;

/// The body of an answer, and the mark that its request is not done yet.
pub(crate) struct Answer {
    inner: Inner,
    _flight: Option<Flight>,
}

enum Inner {
    Whole(Option<Bytes>),
    Passing(Box<Passing>),
    Live(Box<Live>),
    Letters(Box<Letters>),
}

impl Answer {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::of(Inner::Whole((!bytes.is_empty()).then_some(bytes)))
    }

    /// A body that goes through as it comes.
    pub(crate) fn passing(body: UpstreamBody, idle: Duration) -> Self {
        Self::of(Inner::Passing(Box::new(Passing {
            body,
            timer: IdleTimer::new(idle),
        })))
    }

    /// A stream under inspection.
    pub(crate) fn live(live: Live) -> Self {
        Self::of(Inner::Live(Box::new(live)))
    }

    /// A stream of messages, each judged before it goes out.
    pub(crate) fn letters(letters: Letters) -> Self {
        Self::of(Inner::Letters(Box::new(letters)))
    }

    fn of(inner: Inner) -> Self {
        Self {
            inner,
            _flight: None,
        }
    }

    /// Keeps the mark until the body is done.
    pub(crate) fn with(mut self, flight: Flight) -> Self {
        self._flight = Some(flight);
        self
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.inner {
            Inner::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Inner::Passing(passing) => passing.poll(cx),
            Inner::Live(live) => live
                .poll(cx)
                .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
            Inner::Letters(letters) => letters
                .poll(cx)
                .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.inner, Inner::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Inner::Passing(passing) => passing.body.size_hint(),
            Inner::Live(_) | Inner::Letters(_) => SizeHint::default(),
        }
    }
}

struct Passing {
    body: UpstreamBody,
    timer: IdleTimer,
}

impl Passing {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.timer.touch();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(io::Error::other(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if self.timer.poll(cx).is_ready() => {
                Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Fires once nothing has happened for a while. Being touched costs no more than reading a clock.
pub(crate) struct IdleTimer {
    limit: Duration,
    last: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl IdleTimer {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            last: Instant::now(),
            sleep: Box::pin(tokio::time::sleep(limit)),
        }
    }

    pub(crate) fn touch(&mut self) {
        self.last = Instant::now();
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let due = self.last + self.limit;
            if due <= Instant::now() {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(due.into());
        }
    }
}

/// A request that is being worked on.
pub(crate) struct Flight {
    metrics: Arc<Metrics>,
    is_answered: bool,
}

impl Flight {
    pub(crate) fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.inflight.inc();
        Self {
            metrics: Arc::clone(metrics),
            is_answered: false,
        }
    }

    /// There is an answer; what happens to its body is another matter.
    pub(crate) fn answered(&mut self) {
        self.is_answered = true;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.metrics.inflight.dec();
        if !self.is_answered {
            self.metrics.abandoned.inc();
        }
    }
}
