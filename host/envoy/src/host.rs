//! What the filter asks of Envoy. Nothing of it can fail in a way that the filter does not see.

/// Which headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// The request's.
    Request,
    /// The answer's.
    Response,
}

/// Which body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The request's.
    Request,
    /// The answer's.
    Response,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Many values.
    Histogram,
}

/// What is known of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Property {
    /// It is there.
    Found(Vec<u8>),
    /// Nobody has said anything of it.
    Absent,
    /// Envoy does not give it away.
    Unreadable,
}

/// What became of a value that was to be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// It is.
    Done,
    /// Another worker was faster.
    Changed,
    /// Envoy refuses.
    Failed,
}

/// Envoy, or what a test puts in its place. Each function does nothing where Envoy refuses, and says
/// so where something could pass for it.
pub trait Host {
    /// All headers: names in lower case, values as they are. `None` where they cannot be read, or
    /// not all of them.
    fn headers(&self, map: Map) -> Option<Vec<(String, Vec<u8>)>>;

    /// Sets a header, or takes it out. False where that cannot be done.
    fn set_header(&self, map: Map, name: &str, value: Option<&str>) -> bool;

    /// The first `len` bytes of what is there of a body, as far as it is there.
    fn body(&self, body: Body, len: usize) -> Option<Vec<u8>>;

    /// Puts `bytes` in the place of the first `len` bytes. False where that cannot be done.
    fn set_body(&self, body: Body, len: usize, bytes: &[u8]) -> bool;

    /// Answers in the upstream's place. False where that cannot be done.
    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> bool;

    /// A property of the stream.
    fn property(&self, path: &[&str]) -> Property;

    /// Milliseconds since the Unix epoch.
    fn unix_millis(&self) -> u64;

    /// Fills `bytes` with randomness. False where there is none.
    fn random(&self, bytes: &mut [u8]) -> bool;

    /// The number of a metric by its name; the first call makes it.
    fn metric(&self, kind: Metric, name: &str) -> Option<u32>;

    /// Adds to a counter or a gauge.
    fn add(&self, metric: u32, by: i64);

    /// Sets a gauge, or gives a histogram one more value.
    fn measure(&self, metric: u32, value: u64);

    /// What all workers share under a key, and the number that this state of it has. A key that
    /// nobody has set is empty.
    fn shared(&self, key: &str) -> Option<(Vec<u8>, u32)>;

    /// Sets it, unless it has another state by now.
    fn share(&self, key: &str, value: &[u8], state: u32) -> Shared;

    /// Writes a line to Envoy's log.
    fn log(&self, level: Level, line: &str);
}
