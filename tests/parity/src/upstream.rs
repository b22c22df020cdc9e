//! A model API that records what it gets and says what a case wants it to say.
//!
//! A stream goes out in step with what comes out at the other end: after a piece with the end of an
//! event it waits until the client has got something for it. So both hosts read the same pieces,
//! and may be held to the same bytes.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::case::{Answer, Case, events, said, whole};
use crate::http::{Head, Peer};

/// How long an event may take to come out, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(3);

/// One request as it reached the upstream.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    /// With the query.
    pub path: String,
    /// Those that a client may set, in the order of their names.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: Vec<u8>,
}

/// One run of a case, known by its number at both ends.
pub struct Exchange {
    answer: Answer,
    received: Mutex<Vec<Received>>,
    /// Bytes that the client has got; `usize::MAX` once it wants no more.
    got: Mutex<usize>,
    moved: Condvar,
}

impl Exchange {
    /// The client got some bytes.
    pub fn progress(&self, bytes: &[u8]) {
        let mut got = lock(&self.got);
        let is_over = [&b"content_filter"[..], b"\"error\""]
            .iter()
            .any(|word| bytes.windows(word.len()).any(|part| part == *word));
        *got = if is_over {
            usize::MAX
        } else {
            got.saturating_add(bytes.len())
        };
        self.moved.notify_all();
    }

    /// The client has what it wanted.
    pub fn finish(&self) {
        *lock(&self.got) = usize::MAX;
        self.moved.notify_all();
    }

    /// What reached the upstream.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *lock(&self.received))
    }

    fn wait_beyond(&self, before: usize) {
        let got = lock(&self.got);
        let stands_still = |got: &mut usize| *got <= before && *got != usize::MAX;
        drop(self.moved.wait_timeout_while(got, PATIENCE, stands_still));
    }
}

type Exchanges = Arc<Mutex<HashMap<u64, Arc<Exchange>>>>;

/// A running upstream.
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    exchanges: Exchanges,
}

impl Upstream {
    /// Listens until the process ends.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let exchanges = Exchanges::default();
        let shared = Arc::clone(&exchanges);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let exchanges = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &exchanges));
            }
        });
        Ok(Self { address, exchanges })
    }

    /// Expects a request with this number.
    pub fn expect(&self, number: u64, case: &Case) -> Arc<Exchange> {
        let exchange = Arc::new(Exchange {
            answer: case.answer.clone(),
            received: Mutex::default(),
            // Where all is held to the end, nothing comes out that could be waited for.
            got: Mutex::new(if case.is_held_whole() { usize::MAX } else { 0 }),
            moved: Condvar::new(),
        });
        lock(&self.exchanges).insert(number, Arc::clone(&exchange));
        exchange
    }

    /// Expects it no more.
    pub fn forget(&self, number: u64) {
        lock(&self.exchanges).remove(&number);
    }
}

/// A connection that breaks off is a host that wants no more.
fn serve(stream: TcpStream, exchanges: &Exchanges) {
    let Ok(mut peer) = Peer::new(stream) else {
        return;
    };
    while let Ok(Some(head)) = peer.head() {
        let (body, _) = peer.body(&head, &mut |_| {});
        let number = head.get("x-case").and_then(|text| text.parse().ok());
        let exchange = number.and_then(|number: u64| lock(exchanges).get(&number).cloned());
        let done = match exchange {
            Some(exchange) => answer(&mut peer, &exchange, &head, body),
            None => send(&mut peer, 404, "text/plain", b"no such case"),
        };
        if done.is_err() {
            return;
        }
    }
}

fn answer(peer: &mut Peer, exchange: &Exchange, head: &Head, body: Vec<u8>) -> io::Result<()> {
    let echoed = said(&body);
    let mut headers: Vec<(String, String)> = head
        .headers
        .iter()
        .filter(|(name, _)| is_the_clients(name))
        .cloned()
        .collect();
    headers.sort();
    lock(&exchange.received).push(Received {
        path: head.path().to_owned(),
        headers,
        body,
    });
    match &exchange.answer {
        Answer::Echo(None) => {
            let body = whole(&[("content", &echoed)]);
            send(peer, 200, "application/json", &body)
        }
        Answer::Echo(Some(manner)) => stream(peer, exchange, &events(&echoed, *manner), manner.cut),
        Answer::Whole(status, body) => send(peer, *status, "application/json", body),
        Answer::Stream(events, cut) => stream(peer, exchange, events, *cut),
    }
}

/// What neither the connection nor a host between is free to set.
fn is_the_clients(name: &str) -> bool {
    matches!(name, "authorization" | "content-type" | "x-custom") || name.starts_with("x-caponier")
}

fn send(peer: &mut Peer, status: u16, kind: &str, body: &[u8]) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    peer.send(&[head.as_bytes(), body].concat())
}

fn stream(
    peer: &mut Peer,
    exchange: &Exchange,
    events: &[Vec<u8>],
    cut: Option<usize>,
) -> io::Result<()> {
    peer.send(b"HTTP/1.1 200 Said\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
    let mut ends = Vec::new();
    let mut size = 0;
    for event in events {
        size += event.len();
        ends.push(size);
    }
    let bytes = events.concat();
    let mut at = 0;
    while at < size {
        let next = match cut {
            Some(cut) => (at + cut).min(size),
            None => ends.iter().copied().find(|end| *end > at).unwrap_or(size),
        };
        let before = *lock(&exchange.got);
        peer.send_chunk(bytes.get(at..next).unwrap_or_default())?;
        if ends.iter().any(|end| (at + 1..=next).contains(end)) {
            exchange.wait_beyond(before);
        }
        at = next;
    }
    peer.send(b"0\r\n\r\n")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
