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

/// Envoy, or what a test puts in its place. Each function does nothing where Envoy refuses.
pub trait Host {
    /// All headers: names in lower case, values as they are.
    fn headers(&self, map: Map) -> Vec<(String, Vec<u8>)>;

    /// Sets a header, or takes it out.
    fn set_header(&self, map: Map, name: &str, value: Option<&str>);

    /// The first `len` bytes of what is there of a body, as far as it is there.
    fn body(&self, body: Body, len: usize) -> Option<Vec<u8>>;

    /// Puts `bytes` in the place of the first `len` bytes. False where that cannot be done.
    fn set_body(&self, body: Body, len: usize, bytes: &[u8]) -> bool;

    /// Answers in the upstream's place. False where that cannot be done.
    fn respond(&self, status: u16, headers: &[(&str, &str)], body: &[u8]) -> bool;

    /// A property of the stream.
    fn property(&self, path: &[&str]) -> Option<Vec<u8>>;

    /// Milliseconds since the Unix epoch.
    fn unix_millis(&self) -> u64;

    /// Fills `bytes` with randomness. False where there is none.
    fn random(&self, bytes: &mut [u8]) -> bool;

    /// Writes a line to Envoy's log.
    fn log(&self, level: Level, line: &str);
}
