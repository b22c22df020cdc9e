//! One connection, and bodies on it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::client::TlsStream;

use super::{Client, Outgoing};

/// TCP, with TLS or without.
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection: both ends of what hyper makes of it, moved and polled together.
pub(crate) struct Link {
    pub(super) sender: SendRequest<Outgoing>,
    pub(super) connection: Connection<TokioIo<Wire>, Outgoing>,
    pub(super) is_closed: bool,
    /// Ends the wait for an answer. Kept, since to put a timer off costs less than to set one.
    pub(super) patience: Pin<Box<Sleep>>,
    /// The sweep after which it was used last.
    pub(super) used: u64,
}

impl Link {
    /// Lets the connection read and write. What it has to say of its end matters to nobody here:
    /// requests and bodies on it hear of it themselves.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.is_closed && Pin::new(&mut self.connection).poll(cx).is_ready() {
            self.is_closed = true;
        }
    }

    /// Whether another request may be sent on it.
    pub(super) fn is_reusable(&self) -> bool {
        !self.is_closed && self.sender.is_ready()
    }
}

/// The body of an upstream's answer. Dropped before its end, it closes the connection.
pub(crate) struct UpstreamBody {
    incoming: Incoming,
    link: Option<(Box<Link>, Arc<Client>)>,
}

impl UpstreamBody {
    pub(super) fn new(incoming: Incoming, link: Box<Link>, client: Arc<Client>) -> Self {
        Self {
            incoming,
            link: Some((link, client)),
        }
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        if let Some((mut link, client)) = self.link.take() {
            link.drive(cx);
            client.put_back(link);
        }
    }
}

impl Body for UpstreamBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        // Asking for a frame lets the connection read on, so it is driven once before and once after.
        for _ in 0..2 {
            if let Some((link, _)) = &mut this.link {
                link.drive(cx);
            }
            match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(None) => {
                    this.settle(cx);
                    return Poll::Ready(None);
                }
                Poll::Ready(frame) => return Poll::Ready(frame),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.link.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Passing { read, rest } => match read.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => Pin::new(rest).poll_frame(cx),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Passing { read, rest } => read.is_none() && rest.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.remaining() as u64))
            }
            Self::Passing { read, rest } => {
                let known = read.as_ref().map_or(0, |bytes| bytes.remaining() as u64);
                match rest.size_hint().exact() {
                    Some(more) => SizeHint::with_exact(known.saturating_add(more)),
                    None => SizeHint::default(),
                }
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
