//! Reading a client's body: whole, within its limits, decompressed.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use caponier_config::{Config, ConnectionLimits, OverLimit};
use caponier_decide::check_charset;
use caponier_protocol::ErrorKind;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use super::refusal::Refusal;
use crate::clock::within;
use crate::decode::{Decoder, encoding};

/// How much of a refused body is taken in, and for how long.
const MAX_DISCARD: usize = 16 << 20;
const DISCARD_FOR: Duration = Duration::from_secs(1);

/// A body that was read.
pub(crate) enum Intake {
    /// All of it.
    Whole(Vec<u8>),
    /// More than the limit, and the configuration lets it pass uninspected.
    Over {
        /// What came so far.
        read: Bytes,
        /// What is still to come.
        rest: Incoming,
    },
}

/// Reads a body. What is refused stays where it is.
pub(crate) async fn read(
    headers: &HeaderMap,
    slot: &mut Option<Incoming>,
    config: &Config,
    connections: &ConnectionLimits,
) -> Result<Intake, Refusal> {
    let Some(body) = slot.as_mut() else {
        return Ok(Intake::Whole(Vec::new()));
    };
    let types = headers.get_all(CONTENT_TYPE).iter();
    check_charset(types.map(HeaderValue::as_bytes))?;
    let limit = usize::try_from(config.limits.body).unwrap_or(usize::MAX);
    let mut pace = Pace::new(connections);
    if let Some(encoding) = encoding(headers)? {
        let mut decoder = Decoder::new(encoding, limit)?;
        let mut plain = Vec::new();
        while let Some(data) = next(body, &mut pace).await? {
            decoder.push(&data, &mut plain)?;
        }
        decoder.finish(&mut plain)?;
        return Ok(Intake::Whole(plain));
    }
    let announced = body
        .size_hint()
        .exact()
        .and_then(|size| usize::try_from(size).ok());
    if config.limits.over_limit == OverLimit::Deny && announced.is_some_and(|size| size > limit) {
        return Err(too_large(limit));
    }
    let Some(first) = next(body, &mut pace).await? else {
        return Ok(Intake::Whole(Vec::new()));
    };
    if body.is_end_stream() && first.len() <= limit {
        return Ok(Intake::Whole(first.into()));
    }
    let mut gathered = BytesMut::with_capacity(announced.unwrap_or(0).min(limit).max(first.len()));
    gathered.extend_from_slice(&first);
    drop(first);
    while gathered.len() <= limit {
        match next(body, &mut pace).await? {
            Some(data) => gathered.extend_from_slice(&data),
            None => return Ok(Intake::Whole(gathered.freeze().into())),
        }
    }
    match (config.limits.over_limit, slot.take()) {
        (OverLimit::Allow, Some(rest)) => Ok(Intake::Over {
            read: gathered.freeze(),
            rest,
        }),
        (_, rest) => {
            *slot = rest;
            Err(too_large(limit))
        }
    }
}

/// What a body is said to be.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let types = headers.get_all(CONTENT_TYPE).iter();
    caponier_decide::content_type(types.map(HeaderValue::as_bytes))
}

/// Takes in what a client is still sending after it was refused: were the connection closed at
/// once, the client could not read the answer.
pub(crate) async fn discard(mut body: Incoming) {
    let mut left = MAX_DISCARD;
    let all = async {
        while left > 0 {
            match body.frame().await {
                Some(Ok(frame)) => {
                    left = left.saturating_sub(frame.data_ref().map_or(1, Bytes::len));
                }
                Some(Err(_)) | None => return,
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_FOR, all).await;
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        ErrorKind::TooLarge,
        format!("the body is larger than {limit} bytes; hint: send less, or raise limits.body"),
    )
}

async fn next(body: &mut Incoming, pace: &mut Pace) -> Result<Option<Bytes>, Refusal> {
    loop {
        let frame = match within(|| pace.patience, body.frame()).await {
            Err(_) => return Err(slow()),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => {
                return Err(Refusal::new(ErrorKind::Malformed, "the body broke off"));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            pace.take(data.len())?;
            return Ok(Some(data));
        }
    }
}

fn slow() -> Refusal {
    Refusal::new(ErrorKind::Malformed, "the body came too slowly").status(408)
}

/// How fast a body comes.
struct Pace {
    patience: Duration,
    rate: u64,
    began: Instant,
    bytes: u64,
}

impl Pace {
    fn new(connections: &ConnectionLimits) -> Self {
        Self {
            patience: connections.body_timeout,
            rate: connections.min_body_rate,
            began: Instant::now(),
            bytes: 0,
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.rate > 0 {
            let late = self.began.elapsed().saturating_sub(self.patience).as_secs();
            if self.bytes < late.saturating_mul(self.rate) {
                return Err(slow());
            }
        }
        Ok(())
    }
}
