//! What one host made of a case, in a form that compares.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Result;
use crate::case::Case;
use crate::hosts::Host;
use crate::http::{Head, Peer};
use crate::upstream::{Exchange, Received};

/// What the hosts say on an answer that a client may rely on.
const HEADERS: [&str; 4] = [
    "content-type",
    "retry-after",
    "x-caponier-action",
    "x-caponier-revision",
];

/// The letters of a token's nonce, and how many there are.
const NONCE: (&[u8], usize) = (b"abcdefghijkmnpqrstuvwxyz23456789", 8);

/// What a host says while it holds text back.
const KEEP_ALIVE: &[u8] = b": held\n\n";

/// What came of a case in one host.
#[derive(Debug, Default)]
pub struct Observed {
    /// The exchange's id in audit records.
    pub exchange: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_whole: bool,
    received: Vec<Received>,
    records: Vec<Value>,
}

/// Runs a case through a host.
///
/// # Errors
/// Where there is no answer at all.
pub fn observe(host: &Host, case: &Case, number: u64, exchange: &Exchange) -> Result<Observed> {
    let mut peer = Peer::connect(host.address)?;
    let mut head = format!(
        "POST {} HTTP/1.1\r\nhost: model.example\r\nx-case: {number}\r\nx-custom: kept\r\nauthorization: Bearer of-the-caller\r\nconnection: close\r\n",
        case.path
    );
    let is_typed = case.headers.iter().any(|(name, _)| *name == "content-type");
    if !is_typed {
        head.push_str("content-type: application/json\r\n");
    }
    for (name, value) in &case.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // A host may refuse before the body has come to its end: that is no failure of sending.
    match case.upload {
        None => {
            head.push_str(&format!("content-length: {}\r\n\r\n", case.body.len()));
            drop(peer.send(&[head.as_bytes(), &case.body].concat()));
        }
        Some(size) => {
            head.push_str("transfer-encoding: chunked\r\n\r\n");
            peer.send(head.as_bytes())?;
            let mut chunks = case.body.chunks(size.max(1));
            let sent = chunks.try_for_each(|chunk| peer.send_chunk(chunk));
            drop(sent.and_then(|()| peer.send_chunk(b"")));
        }
    }
    let head = peer.head()?.ok_or("no answer")?;
    let (body, is_whole) = peer.body(&head, &mut |piece| exchange.progress(piece));
    exchange.finish();
    let mut observed = Observed {
        exchange: head
            .get("x-caponier-exchange")
            .unwrap_or_default()
            .to_owned(),
        status: head.status(),
        headers: known(&head),
        body,
        is_whole,
        received: exchange.received(),
        records: Vec::new(),
    };
    observed.hide_what_is_new(case);
    if case.is_cut_by_chance() {
        observed.leave_signs_of_life_out();
    }
    Ok(observed)
}

fn known(head: &Head) -> Vec<(String, String)> {
    let values = HEADERS.iter().filter_map(|name| {
        let value = head.get(name)?;
        Some(((*name).to_owned(), value.to_owned()))
    });
    values.collect()
}

impl Observed {
    /// Adds what the host's audit log says, in its order.
    pub fn add(&mut self, mut record: Value) {
        if let Some(members) = record.as_object_mut() {
            for name in ["time", "exchange", "timings"] {
                members.remove(name);
            }
        }
        self.records.push(record);
        let mut ordinals = BTreeMap::new();
        for record in &mut self.records {
            let findings = record.get_mut("findings").and_then(Value::as_array_mut);
            for finding in findings.into_iter().flatten() {
                let Some(digest) = finding.get_mut("digest") else {
                    continue;
                };
                if let Some(text) = digest.as_str() {
                    let next = ordinals.len();
                    let ordinal = *ordinals.entry(text.to_owned()).or_insert(next);
                    *digest = format!("digest {ordinal}").into();
                }
            }
        }
    }

    /// The strongest action that was taken.
    pub fn action(&self) -> &str {
        let actions = self
            .records
            .iter()
            .filter_map(|record| record.get("action")?.as_str());
        let rank = |action: &&str| {
            ["allow", "flag", "redact", "deny"]
                .iter()
                .position(|known| known == action)
        };
        actions.max_by_key(rank).unwrap_or("none")
    }

    /// How many findings there are.
    pub fn findings(&self) -> usize {
        let all = self
            .records
            .iter()
            .filter_map(|record| record.get("findings")?.as_array());
        all.map(Vec::len).sum()
    }

    /// What differs, in words.
    pub fn differences(&self, other: &Self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        let mut compare = |what, one: String, another: String| {
            if one != another {
                found.push((what, apart(&one, &another)));
            }
        };
        let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
        compare("status", self.status.to_string(), other.status.to_string());
        compare(
            "headers",
            format!("{:?}", self.headers),
            format!("{:?}", other.headers),
        );
        compare("end", self.is_whole.to_string(), other.is_whole.to_string());
        compare("client", shown(&self.body), shown(&other.body));
        let count = |observed: &Self| observed.received.len().to_string();
        compare("requests upstream", count(self), count(other));
        for (one, another) in self.received.iter().zip(&other.received) {
            compare("path upstream", one.path.clone(), another.path.clone());
            compare(
                "headers upstream",
                format!("{:?}", one.headers),
                format!("{:?}", another.headers),
            );
            compare("body upstream", shown(&one.body), shown(&another.body));
        }
        let stages = |observed: &Self| {
            let stages = observed
                .records
                .iter()
                .filter_map(|record| record.get("stage")?.as_str());
            stages.collect::<Vec<_>>().join(", ")
        };
        compare("stages", stages(self), stages(other));
        for (one, another) in self.records.iter().zip(&other.records) {
            let (Some(one), Some(another)) = (one.as_object(), another.as_object()) else {
                continue;
            };
            for (name, value) in one {
                let part = PARTS
                    .iter()
                    .find(|part| *part == name)
                    .copied()
                    .unwrap_or("record");
                let theirs = another.get(name).map_or_else(String::new, Value::to_string);
                compare(part, value.to_string(), theirs);
            }
            compare("record", one.len().to_string(), another.len().to_string());
        }
        found
    }

    /// Takes the comments out that say that a stream goes on: there is one for each read that
    /// releases nothing.
    fn leave_signs_of_life_out(&mut self) {
        let mut rest = std::mem::take(&mut self.body);
        while let Some(at) = position(&rest, KEEP_ALIVE) {
            let after = rest.split_off(at + KEEP_ALIVE.len());
            self.body
                .extend_from_slice(rest.get(..at).unwrap_or_default());
            rest = after;
        }
        self.body.append(&mut rest);
    }

    /// Writes the nonces of this exchange's tokens as stars: whatever a host put in a text as a
    /// token that nobody sent to it.
    fn hide_what_is_new(&mut self, case: &Case) {
        let mut nonces: Vec<Vec<u8>> = Vec::new();
        for text in self
            .received
            .iter()
            .map(|received| &received.body)
            .chain([&self.body])
        {
            for nonce in nonces_in(text) {
                if !nonces.contains(&nonce) && !contains(&case.body, &nonce) {
                    nonces.push(nonce);
                }
            }
        }
        let own = self.exchange.as_bytes();
        if !own.is_empty() && contains(&self.body, own) {
            // An answer of the host's own is named after the exchange, and says when it was made.
            hide(&mut self.body, own);
            hide_number(&mut self.body, b"\"created\":");
        }
        for nonce in &nonces {
            for received in &mut self.received {
                hide(&mut received.body, nonce);
            }
            hide(&mut self.body, nonce);
            hide_in_pieces(&mut self.body, nonce);
        }
    }
}

/// Parts of a record that have a name of their own in reports.
const PARTS: [&str; 8] = [
    "action", "reason", "status", "findings", "dropped", "coverage", "faults", "usage",
];

/// Where two texts part, with what stands there.
fn apart(one: &str, another: &str) -> String {
    let same = one
        .bytes()
        .zip(another.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let around = |text: &str| {
        let bytes = text.as_bytes();
        let part = bytes.get(same.saturating_sub(60)..(same + 160).min(bytes.len()));
        String::from_utf8_lossy(part.unwrap_or_default()).into_owned()
    };
    format!(
        "at {same} of {} and {}:\n      {}\n      {}",
        one.len(),
        another.len(),
        around(one),
        around(another)
    )
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|window| window == part)
}

/// The nonces of everything in a text that looks like a token: `[EMAIL_1_abcdefgh]`.
fn nonces_in(text: &[u8]) -> Vec<Vec<u8>> {
    let (letters, size) = NONCE;
    let mut found = Vec::new();
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b']') {
        let Some(nonce) = at.checked_sub(size).and_then(|start| text.get(start..at)) else {
            continue;
        };
        let before = text.get(..at - size).unwrap_or_default();
        let is_token = before.ends_with(b"_") && nonce.iter().all(|byte| letters.contains(byte));
        if is_token {
            found.push(nonce.to_vec());
        }
    }
    found
}

fn hide(text: &mut [u8], nonce: &[u8]) {
    let places: Vec<usize> = text
        .windows(nonce.len())
        .enumerate()
        .filter(|(_, window)| *window == nonce)
        .map(|(at, _)| at)
        .collect();
    for at in places {
        if let Some(place) = text.get_mut(at..at + nonce.len()) {
            place.fill(b'*');
        }
    }
}

/// Hides the digits that follow a name.
fn hide_number(text: &mut [u8], name: &[u8]) {
    if let Some(at) = position(text, name) {
        let digits = text.iter_mut().skip(at + name.len());
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        digits.for_each(|digit| *digit = b'*');
    }
}

/// Hides a nonce whose letters are spread over the events of a stream.
fn hide_in_pieces(body: &mut [u8], nonce: &[u8]) {
    const BEFORE: &[u8] = b"\"content\":\"";
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(found) = position(body.get(at..).unwrap_or_default(), BEFORE) {
        at += found + BEFORE.len();
        while let Some(byte) = body.get(at).filter(|byte| **byte != b'"') {
            let width = if *byte == b'\\' { 2 } else { 1 };
            places.push(at);
            at += width;
        }
    }
    let mut text: Vec<u8> = places
        .iter()
        .filter_map(|at| body.get(*at).copied())
        .collect();
    hide(&mut text, nonce);
    for (at, byte) in places.into_iter().zip(text) {
        if let Some(place) = body.get_mut(at).filter(|_| byte == b'*') {
            *place = b'*';
        }
    }
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_hidden_wherever_they_stand() {
        let (one, other) = ("abcdefgh", "23456789");
        let told = |nonce: &str| {
            let (first, last) = nonce.split_at(3);
            let mut observed = Observed {
                body: format!(
                    "{{\"content\":\"[EMAIL_1_{first}\"}} {{\"content\":\"{last}] \\\"[EMAIL_1_zzzzzzzz]\"}}"
                )
                .into_bytes(),
                received: vec![Received {
                    path: String::new(),
                    headers: Vec::new(),
                    body: format!("to [EMAIL_1_{nonce}]").into_bytes(),
                }],
                ..Observed::default()
            };
            let forged = serde_json::json!("[EMAIL_1_zzzzzzzz]");
            let case = Case::new("", &forged, crate::case::Answer::Echo(None));
            observed.hide_what_is_new(&case);
            observed
        };
        assert_eq!(told(one).differences(&told(other)), []);
        let text = String::from_utf8(told(one).body).unwrap();
        assert!(
            text.contains("zzzzzzzz") && text.contains("*****]"),
            "{text}"
        );
    }

    #[test]
    fn equal_texts_have_equal_digests_whatever_the_key() {
        let record = |one: &str, other: &str| serde_json::json!({"findings": [{"digest": one}, {"digest": other}, {"digest": one}]});
        let with = |value| {
            let mut observed = Observed::default();
            observed.add(value);
            observed
        };
        let first = with(record("a", "b"));
        assert_eq!(first.differences(&with(record("x", "y"))), []);
        assert_eq!(first.differences(&with(record("x", "x"))).len(), 1);
        assert_eq!(first.findings(), 3);
    }
}
