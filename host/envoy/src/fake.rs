//! A host for tests: what Envoy would do, as far as a test can see it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::host::{Body, Host, Level, Map, Metric, Property, Shared};

type Headers = Vec<(String, Vec<u8>)>;

/// What a test gives and sees.
pub(crate) struct Fake {
    pub(crate) request: RefCell<Headers>,
    pub(crate) response: RefCell<Headers>,
    pub(crate) request_body: RefCell<Vec<u8>>,
    pub(crate) response_body: RefCell<Vec<u8>>,
    /// Status, headers and body of a local reply.
    pub(crate) answered: RefCell<Option<(u16, Headers, Vec<u8>)>>,
    pub(crate) properties: RefCell<HashMap<String, Vec<u8>>>,
    pub(crate) millis: Cell<u64>,
    pub(crate) lines: RefCell<Vec<String>>,
    pub(crate) metrics: RefCell<Vec<(String, i64)>>,
    shared: RefCell<HashMap<String, (Vec<u8>, u32)>>,
    /// How often another worker gets in between, each time adding one to a sum.
    pub(crate) races: Cell<u32>,
    /// Whether Envoy refuses to change bodies.
    pub(crate) is_stuck: Cell<bool>,
    /// Whether Envoy refuses to answer in the upstream's place.
    pub(crate) is_mute: Cell<bool>,
    /// Whether Envoy refuses to show headers, and to change them.
    pub(crate) is_blind: Cell<bool>,
    pub(crate) is_fixed: Cell<bool>,
    /// Whether Envoy refuses to share anything new.
    pub(crate) is_closed: Cell<bool>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            request: RefCell::default(),
            response: RefCell::default(),
            request_body: RefCell::default(),
            response_body: RefCell::default(),
            answered: RefCell::default(),
            properties: RefCell::default(),
            millis: Cell::new(1_800_000_000_000),
            lines: RefCell::default(),
            metrics: RefCell::default(),
            shared: RefCell::default(),
            races: Cell::new(0),
            is_stuck: Cell::new(false),
            is_mute: Cell::new(false),
            is_blind: Cell::new(false),
            is_fixed: Cell::new(false),
            is_closed: Cell::new(false),
        }
    }
}

impl Fake {
    /// With these request headers.
    pub(crate) fn asked(headers: &[(&str, &str)]) -> Self {
        let fake = Self::default();
        *fake.request.borrow_mut() = owned(headers);
        fake
    }

    /// The value of a metric.
    pub(crate) fn value(&self, name: &str) -> i64 {
        let metrics = self.metrics.borrow();
        metrics
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value)
            .sum()
    }

    /// The value of a response header.
    pub(crate) fn response_header(&self, name: &str) -> Option<String> {
        let headers = self.response.borrow();
        let (_, value) = headers.iter().find(|(known, _)| known == name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// How many values are shared.
    pub(crate) fn places(&self) -> usize {
        self.shared.borrow().len()
    }

    fn map(&self, map: Map) -> &RefCell<Headers> {
        match map {
            Map::Request => &self.request,
            Map::Response => &self.response,
        }
    }

    fn buffer(&self, body: Body) -> &RefCell<Vec<u8>> {
        match body {
            Body::Request => &self.request_body,
            Body::Response => &self.response_body,
        }
    }
}

pub(crate) fn owned(headers: &[(&str, &str)]) -> Headers {
    headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

impl Host for Fake {
    fn headers(&self, map: Map) -> Option<Headers> {
        (!self.is_blind.get()).then(|| self.map(map).borrow().clone())
    }

    fn set_header(&self, map: Map, name: &str, value: Option<&str>) -> bool {
        if self.is_fixed.get() {
            return false;
        }
        let mut headers = self.map(map).borrow_mut();
        headers.retain(|(known, _)| known != name);
        if let Some(value) = value {
            headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        true
    }

    fn body(&self, body: Body, len: usize) -> Option<Vec<u8>> {
        let buffer = self.buffer(body).borrow();
        Some(buffer[..len.min(buffer.len())].to_vec())
    }

    fn set_body(&self, body: Body, len: usize, bytes: &[u8]) -> bool {
        if self.is_stuck.get() {
            return false;
        }
        let mut buffer = self.buffer(body).borrow_mut();
        let end = len.min(buffer.len());
        buffer.splice(..end, bytes.iter().copied());
        true
    }

    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> bool {
        *self.answered.borrow_mut() = Some((status, owned(headers), body.to_vec()));
        !self.is_mute.get()
    }

    fn property(&self, path: &[&str]) -> Property {
        let path = path.join("/");
        if path.ends_with("/null") {
            return Property::Unreadable;
        }
        let value = self.properties.borrow().get(&path).cloned();
        value.map_or(Property::Absent, Property::Found)
    }

    fn unix_millis(&self) -> u64 {
        self.millis.get()
    }

    fn random(&self, bytes: &mut [u8]) -> bool {
        bytes.fill(7);
        true
    }

    fn metric(&self, _: Metric, name: &str) -> Option<u32> {
        let mut metrics = self.metrics.borrow_mut();
        metrics.push((name.to_owned(), 0));
        u32::try_from(metrics.len() - 1).ok()
    }

    fn add(&self, metric: u32, by: i64) {
        self.metrics.borrow_mut()[metric as usize].1 += by;
    }

    fn measure(&self, metric: u32, value: u64) {
        self.metrics.borrow_mut()[metric as usize].1 = i64::try_from(value).unwrap();
    }

    fn shared(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        Some(self.shared.borrow().get(key).cloned().unwrap_or_default())
    }

    fn share(&self, key: &str, value: &[u8], state: u32) -> Shared {
        let mut shared = self.shared.borrow_mut();
        let known = shared.entry(key.to_owned()).or_default();
        if self.is_closed.get() && key != "caponier/ledger" {
            return Shared::Failed;
        }
        if self.races.get() > 0 && known.0.len() > 36 {
            self.races.set(self.races.get() - 1);
            // Another worker adds one to the first value's first slice.
            known.0[36] = known.0[36].wrapping_add(1);
            known.1 += 1;
        }
        if known.1 != state {
            return Shared::Changed;
        }
        *known = (value.to_vec(), state + 1);
        Shared::Done
    }

    fn log(&self, _: Level, line: &str) {
        self.lines.borrow_mut().push(line.to_owned());
    }
}
