//! How much later a client sees the first token because the chain looks at it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::client::{Client, chat};
use super::plain::plain;
use super::process::{GUARDED, Gateway, PLAIN, Setup};
use super::statistics::{median, millis};
use super::stream::event;
use super::texts::Texts;
use super::{Bench, Values, upstream};

/// What ends the first token, for the client to look for. A token that may be the beginning of a
/// value, as any bare word may be the beginning of a mail address, is held until the next one has
/// come, however fast the chain is: that is no matter of speed, so this one ends a sentence.
const FIRST: &str = "indeed.\\n\\n";

/// Milliseconds from when the model gives its first token to when the client has it, less the same
/// on a route without plugins.
pub(super) fn first(bench: &Bench) -> anyhow::Result<Values> {
    let given = Arc::new(Mutex::new(None));
    let clock = Arc::clone(&given);
    let upstream = upstream::start(Arc::new(move |_, connection| {
        upstream::head(connection)?;
        upstream::chunk(": the model thinks\n\n", connection)?;
        std::thread::sleep(Duration::from_millis(2));
        let first = event("Yes, indeed.\n\n");
        *clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        upstream::chunk(&first, connection)?;
        // A model takes its time for the next token: a first one that waits for it is seen here.
        std::thread::sleep(Duration::from_millis(20));
        for text in [" That", " is", " so."] {
            upstream::chunk(&event(text), connection)?;
        }
        let last = r#"{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
        upstream::chunk(&format!("data: {last}\n\ndata: [DONE]\n\n"), connection)?;
        upstream::end(connection)
    }))?;
    let gateway = Gateway::start(&Setup {
        directory: &bench.directory("token")?,
        cache: &bench.cache(),
        workers: 0,
        upstream,
        extra: "",
    })?;
    let mut texts = Texts::new(0xf157);
    let mut client = Client::connect(gateway.address)?;
    let mut wait = |path: &str| -> anyhow::Result<f64> {
        client.begin(path, &chat(&plain(bench, &mut texts, 400)?, true))?;
        client.until(FIRST.as_bytes())?;
        let seen = Instant::now();
        client.until(b"[DONE]")?;
        client.until(b"\r\n0\r\n\r\n")?;
        let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        let given = given.context("the model was not asked")?;
        Ok(millis(seen.saturating_duration_since(given)))
    };
    let mut added = Vec::new();
    let mut both = (Vec::new(), Vec::new());
    for round in 0..bench.times(210, 12) {
        let (guarded, plain) = if round % 2 == 0 {
            let guarded = wait(GUARDED)?;
            (guarded, wait(PLAIN)?)
        } else {
            let plain = wait(PLAIN)?;
            (wait(GUARDED)?, plain)
        };
        if round > 4 {
            added.push(guarded - plain);
            both.0.push(guarded);
            both.1.push(plain);
        }
    }
    tracing::debug!(
        guarded_ms = median(both.0),
        plain_ms = median(both.1),
        "first token"
    );
    Ok(vec![Some(median(added))])
}
